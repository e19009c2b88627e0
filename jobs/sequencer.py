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
    export_checkpoints,
    sequence_leaves,
)
from portal.integrations.checkpoints import FileCheckpointStore
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
            with database.transaction(us) as session:
                export_checkpoints(session, store=store, now=now)
        except (CheckpointConflict, OSError) as error:
            log.error("checkpoints of clinic %s could not be exported", tenant, exc_info=error)
    return done


def main() -> None:
    """Until asked to stop; a lost database is tried again."""
    configure_logging()
    load_contexts()
    settings = load_settings()
    signer = Signer.load(Path(settings.audit_key_file))
    store = FileCheckpointStore(settings.audit_checkpoint_dir)
    store.keep_key(str(signer.key))
    database = Database(settings.database_url.get_secret_value(), pool_size=2)
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping.is_set():
        try:
            sequence_once(database, signer=signer, store=store, now=utc_now())
        except OperationalError as error:
            log.warning("sequencer waits for the database", exc_info=error)
        stopping.wait(settings.audit_checkpoint_seconds)


if __name__ == "__main__":
    main()
