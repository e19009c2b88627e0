"""The relay: from the outbox to the queue, and again when the queue forgot.

Wakes on NOTIFY, and by itself every few seconds. Each pass: events not yet relayed become one task for each subscribed
handler; tasks that are due, and tasks enqueued so long ago that Redis must have lost them, are enqueued. Several relays
may run: rows are taken with SKIP LOCKED. It sees opaque ids only. What still stands in the queue is not sent again: a
worker with more to do than a sweep's time would otherwise be buried in repeats of its own work.
"""

import logging
import select
import signal
from datetime import datetime, timedelta
from types import FrameType

import psycopg
from redis.exceptions import ConnectionError as RedisConnectionError
from rq import Queue
from sqlalchemy import or_
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from jobs.queues import connect, enqueue, open_queue, waiting
from portal.app.registry import load_contexts
from portal.kernel.clock import utc_now
from portal.kernel.config import load_settings
from portal.kernel.db import Database, PortalSession
from portal.kernel.events import OutboxEvent, Task
from portal.kernel.ids import new_id
from portal.kernel.logs import configure_logging
from portal.kernel.principal import NO_TENANT, Principal
from portal.kernel.tasks import reactions_to
from portal.notifications import SEND_CODE

log = logging.getLogger("jobs.relay")
BATCH = 200
EVERY_SECONDS = 2.0


def relay_events(session: PortalSession, *, now: datetime) -> int:
    """Turn waiting events into tasks; returns how many events."""
    rows = session.scalars(
        sql_select(OutboxEvent)
        .where(OutboxEvent.relayed_at.is_(None))
        .order_by(OutboxEvent.occurred_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        for reaction in reactions_to(row.name):
            session.execute(
                insert(Task)
                .values(
                    tenant_id=row.tenant_id,
                    id=new_id(),
                    kind=reaction.kind,
                    subject_id=row.id,
                    event_id=row.id,
                    key=f"{row.id}:{reaction.kind}",
                    due_at=row.occurred_at,
                    state="pending",
                    attempts=0,
                    fence=0,
                )
                .on_conflict_do_nothing(index_elements=["tenant_id", "key"])
            )
        row.relayed_at = now
    session.flush()
    return len(rows)


def due_tasks(session: PortalSession, *, now: datetime, sweep: timedelta) -> list[Task]:
    """Tasks to enqueue now: due and never enqueued, or enqueued so long ago that the queue must have lost them."""
    lost = now - sweep
    return list(
        session.scalars(
            sql_select(Task)
            .where(
                Task.state.in_(("pending", "running")),
                Task.due_at <= now,
                or_(Task.enqueued_at.is_(None), Task.enqueued_at < lost),
            )
            .order_by(Task.due_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    )


def relay_once(database: Database, queue: Queue, *, now: datetime, sweep: timedelta) -> int:
    """One pass; returns how many events and tasks it moved."""
    everywhere = Principal.system(tenant_id=NO_TENANT, purpose="relay")
    with database.transaction(everywhere) as session:
        events = relay_events(session, now=now)
    with database.transaction(everywhere) as session:
        tasks = due_tasks(session, now=now, sweep=sweep)
        already = waiting(queue) if any(task.enqueued_at for task in tasks) else set()
        for task in tasks:
            # Sent before it is marked: lost in between, it is sent again, and the task's row makes that harmless.
            if task.id not in already:
                attempt, awaited = int(now.timestamp()), task.kind == SEND_CODE
                enqueue(queue, tenant_id=task.tenant_id, task_id=task.id, attempt=attempt, awaited=awaited)
            task.enqueued_at = now
    return events + len(tasks)


class Relay:
    """The process."""

    def __init__(self) -> None:
        self.stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> None:
        """Until asked to stop; a lost database or queue is tried again."""
        settings = load_settings()
        url = settings.database_url.get_secret_value()
        database = Database(url, pool_size=2)
        queue = open_queue(connect(settings.redis_url))
        sweep = timedelta(seconds=settings.sweep_seconds)
        listener: psycopg.Connection | None = None
        while not self.stopping:
            try:
                if listener is None or listener.closed:
                    listener = psycopg.connect(_plain(database), autocommit=True)
                    listener.execute("LISTEN outbox")
                if relay_once(database, queue, now=utc_now(), sweep=sweep) < BATCH:
                    _wait(listener)
            except (OperationalError, psycopg.OperationalError, RedisConnectionError) as error:
                log.warning("relay waits for database or queue", exc_info=error)
                listener = None
                select.select([], [], [], EVERY_SECONDS)


def _plain(database: Database) -> str:
    return database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _wait(listener: psycopg.Connection) -> None:
    for _ in listener.notifies(timeout=EVERY_SECONDS, stop_after=1):
        pass


def main() -> None:
    """Start the relay."""
    configure_logging()
    load_contexts()
    Relay().run()


if __name__ == "__main__":
    main()
