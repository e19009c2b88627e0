"""Once a day: drops what is older than each clinic's jurisdiction keeps the audit record for, whole ranges only.

The one process that may, under a role of its own. What it dropped is itself recorded, in the same transaction.
"""

import logging
import signal
import threading
from datetime import datetime
from types import FrameType

from sqlalchemy.exc import DBAPIError

from portal.app.registry import load_contexts
from portal.audit import drop_old_records, record_event, retention_years
from portal.kernel.clock import utc_now
from portal.kernel.config import load_settings
from portal.kernel.db import Database
from portal.kernel.logs import configure_logging
from portal.kernel.principal import NO_TENANT, Principal
from portal.tenancy import list_clinics

log = logging.getLogger("jobs.retention")
EVERY_SECONDS = 24 * 3600


def drop_once(database: Database, *, now: datetime) -> int:
    """One pass over all clinics; returns how many records went. One clinic's trouble does not stop another."""
    with database.session(Principal.visitor(tenant_id=NO_TENANT)) as session:
        clinics = list_clinics(session)
    total = 0
    for clinic in clinics:
        try:
            with database.transaction(Principal.system(tenant_id=clinic.id, purpose="retention")) as session:
                years = retention_years(session, jurisdiction=clinic.jurisdiction)
                dropped = drop_old_records(session, years=years, now=now)
                if dropped:
                    record_event(session, what="audit.dropped")
        except DBAPIError as error:
            log.error("old records of clinic %s could not be dropped", clinic.id, exc_info=error)
        else:
            total += dropped
    return total


def main() -> None:
    """Until asked to stop."""
    configure_logging()
    load_contexts()
    database = Database(load_settings().database_url.get_secret_value(), pool_size=1, statement_seconds=600)
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping.is_set():
        try:
            drop_once(database, now=utc_now())
        except DBAPIError as error:
            log.warning("retention waits for the database", exc_info=error)
        stopping.wait(EVERY_SECONDS)


if __name__ == "__main__":
    main()
