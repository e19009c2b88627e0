"""The sequencer: brings the audit leaves of every clinic into their logs, signs and exports checkpoints.

The one process that holds the signing key. A second one does no harm: a clinic's log is locked while it grows. Killed
at any point, it goes on from what is committed.
"""

import logging
import signal
import threading
from datetime import datetime
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import OperationalError

from portal.app.registry import load_contexts
from portal.audit import (
    BATCH,
    CheckpointConflict,
    CheckpointStore,
    Signer,
    mark_exported,
    sequence_leaves,
    unexported,
)
from portal.integrations.checkpoints import SecondPlace, second_place
from portal.kernel.clock import utc_now
from portal.kernel.config import load_settings
from portal.kernel.db import Database
from portal.kernel.logs import configure_logging
from portal.kernel.principal import NO_TENANT, Principal
from portal.tenancy import list_clinics

log = logging.getLogger("jobs.sequencer")


def sequence_once(database: Database, *, signer: Signer, store: CheckpointStore, now: datetime) -> int:
    """One pass over all clinics; returns how many leaves it brought in. One clinic's conflict does not stop others."""
    with database.session(Principal.visitor(tenant_id=NO_TENANT)) as session:
        tenants = [clinic.id for clinic in list_clinics(session)]
    done = 0
    for tenant in tenants:
        us = Principal.system(tenant_id=tenant, purpose="sequencing")
        count = BATCH
        while count == BATCH:
            with database.transaction(us) as session:
                count = sequence_leaves(session, signer=signer, now=now)
            done += count
        try:
            export_once(database, us, store=store, now=now)
        except (CheckpointConflict, OSError) as error:
            log.error("checkpoints of clinic %s could not be exported", tenant, exc_info=error)
    return done


def export_once(database: Database, us: Principal, *, store: CheckpointStore, now: datetime) -> int:
    """Copy a clinic's checkpoints to the second place, oldest first; returns how many. Raises CheckpointConflict."""
    with database.session(us) as session:
        waiting = unexported(session)
    for checkpoint in waiting:
        store.keep(tenant_id=us.tenant_id, number=checkpoint.number, note=checkpoint.note)
        with database.transaction(us) as session:
            mark_exported(session, number=checkpoint.number, now=now)
    return len(waiting)


def _kept_key(store: SecondPlace, signer: Signer) -> bool:
    """The public key lies beside the checkpoints; a place that is away is asked again, and no log waits for it."""
    try:
        store.keep_key(str(signer.key))
    except (CheckpointConflict, OSError) as error:
        log.error("the public key could not be laid beside the checkpoints", exc_info=error)
        return False
    return True


def main() -> None:
    """Until asked to stop; a lost database is tried again."""
    configure_logging()
    load_contexts()
    settings = load_settings()
    signer = Signer.load(Path(settings.audit_key_file))
    store = second_place(settings)
    database = Database(settings.database_url.get_secret_value(), pool_size=2)
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    has_key = False
    while not stopping.is_set():
        try:
            has_key = has_key or _kept_key(store, signer)
            sequence_once(database, signer=signer, store=store, now=utc_now())
        except OperationalError as error:
            log.warning("sequencer waits for the database", exc_info=error)
        stopping.wait(settings.audit_checkpoint_seconds)


if __name__ == "__main__":
    main()
