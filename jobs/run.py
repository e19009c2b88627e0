"""Runs one task: inside our walls in one transaction, to the outside by claim, call and settle.

A task may be run twice at once (an orphaned work-horse does). Inside, the row's lock makes the second wait and find it
done. Outside, the claim's fencing number makes the second's answer worthless, and a claim that never settled is told
to the next call (`again`), so that a partner without idempotency keys is looked up first.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.app.jobs import worker_process
from portal.kernel.clock import utc_now
from portal.kernel.config import Settings
from portal.kernel.db import Database, PortalSession
from portal.kernel.errors import PartnerRefused, PortalError
from portal.kernel.events import OutboxEvent, Task, read_event
from portal.kernel.logs import Code
from portal.kernel.principal import Principal
from portal.kernel.tasks import Outside, Reaction, Scheduled, work_of

log = logging.getLogger("jobs.run")
LEASE = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often a task is tried and how long it waits between tries (doubling)."""

    attempts: int
    wait: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Patience":
        return cls(attempts=settings.job_attempts, wait=timedelta(seconds=settings.job_retry_seconds))

    def next_try(self, attempts: int, now: datetime) -> datetime:
        return now + self.wait * int(2 ** (attempts - 1))


def run_task(tenant_id: str, task_id: str, *unknown: object) -> str:
    """What RQ calls. Returns the task's state; unknown arguments of a newer relay are passed over."""
    process = worker_process()
    return execute(
        process.database, Patience.of(process.settings), tenant_id=UUID(tenant_id), task_id=UUID(task_id), now=utc_now()
    )


def execute(database: Database, patience: Patience, *, tenant_id: UUID, task_id: UUID, now: datetime) -> str:
    """Run a task once; returns the state that it is in afterwards."""
    lookup = Principal.system(tenant_id=tenant_id, purpose="tasks")
    with database.transaction(lookup) as session:
        task = session.get(Task, (tenant_id, task_id))
        if task is None or task.state not in {"pending", "running"} or task.due_at > now:
            return task.state if task else "missing"
        kind = task.kind
    try:
        work = work_of(kind)
        principal = Principal.system(tenant_id=tenant_id, purpose=work.purpose)
        if isinstance(work, Reaction | Scheduled):
            return _run_inside(database, principal, work, task_id=task_id, now=now)
        return _run_outside(database, principal, work, task_id=task_id, now=now)
    except Exception as error:
        return _failed(database, lookup, patience, kind=kind, task_id=task_id, error=error, now=now)


def _locked(session: PortalSession, task_id: UUID) -> Task:
    return session.scalars(select(Task).where(Task.id == task_id).with_for_update()).one()


def _run_inside(
    database: Database, principal: Principal, work: Reaction | Scheduled, *, task_id: UUID, now: datetime
) -> str:
    with database.transaction(principal) as session:
        task = _locked(session, task_id)
        if task.state != "pending":
            return task.state
        if isinstance(work, Reaction):
            row = session.get_one(OutboxEvent, (session.tenant_id, task.subject_id))
            work.run(session, read_event(row.name, row.payload), now=now)
        else:
            work.run(session, task.subject_id, now=now)
        task.state, task.finished_at = "done", now
    return "done"


def _run_outside(
    database: Database, principal: Principal, work: Outside[Any, Any], *, task_id: UUID, now: datetime
) -> str:
    with database.transaction(principal) as session:
        task = _locked(session, task_id)
        again = task.state == "running"
        if task.state not in {"pending", "running"} or (again and task.claimed_at and now - task.claimed_at < LEASE):
            return task.state
        task.fence += 1
        task.claimed_at = now
        fence, subject_id = task.fence, task.subject_id
        request = work.claim(session, subject_id, now=now)
        # A retry after a failure that may have reached the partner must look before it sends, too.
        again = again or task.last_error == "partner-uncertain"
        task.state, task.finished_at = ("running", None) if request is not None else ("done", now)
        if request is None:
            return "done"
    answer = work.call(request, again=again, now=now)
    with database.transaction(principal) as session:
        task = _locked(session, task_id)
        if task.fence != fence or task.state != "running":
            return task.state
        work.settle(session, subject_id, answer, now=now)
        task.state, task.finished_at, task.last_error = "done", now, None
    return "done"


def _failed(
    database: Database,
    lookup: Principal,
    patience: Patience,
    *,
    kind: str,
    task_id: UUID,
    error: Exception,
    now: datetime,
) -> str:
    code = error.code if isinstance(error, PortalError) else type(error).__name__
    log.warning("task failed: %s %s", Code(kind), task_id, exc_info=error)
    with database.transaction(lookup) as session:
        task = _locked(session, task_id)
        if task.state not in {"pending", "running"}:
            return task.state
        task.attempts += 1
        task.last_error = code
        task.claimed_at = None
        given_up = task.attempts >= patience.attempts or isinstance(error, PartnerRefused)
        if given_up:
            task.state, task.finished_at = "dead", now
            subject_id = task.subject_id
        else:
            task.state, task.due_at, task.enqueued_at = "pending", patience.next_try(task.attempts, now), None
            return "pending"
    try:
        work = work_of(kind)
    except KeyError:
        return "dead"
    if not isinstance(work, Reaction | Scheduled):
        with database.transaction(Principal.system(tenant_id=lookup.tenant_id, purpose=work.purpose)) as session:
            work.failed(session, subject_id, code=code, now=now)
    return "dead"
