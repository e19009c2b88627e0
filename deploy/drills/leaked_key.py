"""Somebody may have a copy of KEY_FILE: a new key-encryption key, then new data keys, and the old ones open nothing."""

import base64
import secrets
import sys
from pathlib import Path
from uuid import UUID

from deploy.console import var_folder
from deploy.drills.drill import Drill, on_the_demo
from deploy.lock import AlreadyRunning, lock
from portal.app.processes import make_process
from portal.kernel.crypto import UnableToUnwrap
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import patient_by_id


def rehearse(drill: Drill) -> None:
    """See docs/security/runbooks/leaked-key.md. Nothing else may hold the keys meanwhile: they are changed on disk."""
    clinician = drill.hire("Drill Leaked Key", Role.CLINICIAN)
    [patient] = drill.patients(1, of=clinician)
    worker = drill.process_of("portal_worker")
    key_file = worker.settings.key_file
    assert key_file is not None
    leaked = key_file.with_name("leaked.key")
    leaked.write_bytes(key_file.read_bytes())

    drill.step(f"A new line is put before the old one in {key_file}")
    fresh = base64.b64encode(secrets.token_bytes(32))
    key_file.write_bytes(fresh + b"\n" + leaked.read_bytes())
    ran = drill.command("keys", "rotate", "--kek")
    drill.check("every data key is wrapped by the new key", holds=ran.code == 0)
    drill.step("The old line is taken out; on a server all processes are restarted before and after")
    key_file.write_bytes(fresh + b"\n")
    ran = drill.command("keys", "rotate", "--clinic", drill.clinic.slug, "--settle-seconds", "0")
    drill.check("values and files are sealed under a new data key", holds=ran.code == 0)

    drill.restart()
    drill.check("records open with the new key", holds=_opens(drill, key_file, patient))
    drill.check("what leaked opens nothing", holds=not _opens(drill, leaked, patient))
    leaked.unlink()
    drill.leave(clinician)


def _opens(drill: Drill, key_file: Path, patient_id: UUID) -> bool:
    """Whether a process with these keys reads what is sealed."""
    settings = drill.process_of("portal_worker").settings.model_copy(update={"key_file": key_file})
    database = make_process(settings, pool_size=1).database
    try:
        with database.transaction(Principal.system(tenant_id=drill.clinic.id, purpose="provisioning")) as session:
            found = patient_by_id(session, patient_id=patient_id)
            return found is not None and bool(found.email)
    except UnableToUnwrap:
        return False
    finally:
        database.engine.dispose()


def main() -> int:
    """Only while nothing runs from this folder: running processes would hold the old key."""
    try:
        held = lock(var_folder())
    except AlreadyRunning as error:
        sys.exit(f"{error} This drill changes keys on disk, so end it first.")
    with held:
        return on_the_demo(rehearse)


if __name__ == "__main__":
    sys.exit(main())
