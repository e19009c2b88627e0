"""The one scheduler: what comes round by the clock and belongs to no event. Run exactly one.

Asks for a task in each tenant, under a key that names the round: two schedulers by mistake ask for the same task.
"""

import logging
import threading
from datetime import datetime

from sqlalchemy.exc import OperationalError

from portal.app.jobs import ROUNDS, worker_process
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.logs import configure_logging
from portal.kernel.principal import NO_TENANT, Principal
from portal.kernel.tasks import schedule
from portal.tenancy import list_clinics

log = logging.getLogger("jobs.schedule")
EVERY_SECONDS = 30


def ask_for_rounds(database: Database, *, now: datetime) -> None:
    """Ask, in each tenant, for the work of the rounds that have come."""
    with database.transaction(Principal.system(tenant_id=NO_TENANT, purpose="schedule")) as session:
        tenants = [clinic.id for clinic in list_clinics(session)]
    for tenant in tenants:
        with database.transaction(Principal.system(tenant_id=tenant, purpose="schedule")) as session:
            for kind, every in ROUNDS.items():
                number = int(now.timestamp() // every.total_seconds())
                schedule(session, kind=kind, subject_id=new_id(), key=f"round:{kind}:{number}", due_at=now)


def main() -> None:
    """Until ended."""
    configure_logging()
    database = worker_process().database
    while True:
        try:
            ask_for_rounds(database, now=utc_now())
        except OperationalError as error:
            log.warning("scheduler waits for the database", exc_info=error)
        threading.Event().wait(EVERY_SECONDS)


if __name__ == "__main__":
    main()
