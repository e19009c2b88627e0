"""Work that was given up, and trying it again. Names nobody: kinds of work, error codes and times only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from portal.kernel.db import Page, Place, PortalSession, page_of
from portal.kernel.events import Task

#: Work that is due for longer than this says that no worker runs, or that it cannot keep up.
BEHIND = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Work that should have been done by now."""

    count: int
    oldest: datetime | None


_GIVEN_UP = select(Task).where(Task.state == "dead")


def dead_tasks(session: PortalSession, *, after: Place | None = None) -> Page[Task]:
    """A page of the tasks that were given up, the latest first."""
    return page_of(session, _GIVEN_UP, by=Task.finished_at, newest=True, after=after)


def backlog(session: PortalSession, *, now: datetime) -> Backlog:
    """What waits although it is due."""
    row = session.execute(
        select(func.count(), func.min(Task.due_at)).where(
            Task.state.in_(("pending", "running")), Task.due_at < now - BEHIND
        )
    ).one()
    return Backlog(count=row[0], oldest=row[1])


def retry_task(session: PortalSession, *, task_id: UUID, now: datetime) -> bool:
    """Ask for a given-up task again, as if it had never been tried. False: it is not given up (any more)."""
    task = session.scalar(select(Task).where(Task.id == task_id, Task.state == "dead").with_for_update())
    if task is None:
        return False
    _again(task, now)
    session.flush()
    return True


def retry_all(session: PortalSession, *, after: Place | None = None, now: datetime) -> int:
    """Ask for the given-up tasks of a page again; returns how many. Who else asks for one at this moment has it."""
    shown = [task.id for task in dead_tasks(session, after=after).rows]
    theirs = _GIVEN_UP.where(Task.id.in_(shown)).with_for_update(skip_locked=True)
    tasks = session.scalars(theirs, execution_options={"populate_existing": True}).all()
    for task in tasks:
        _again(task, now)
    session.flush()
    return len(tasks)


def _again(task: Task, now: datetime) -> None:
    task.state, task.attempts, task.due_at = "pending", 0, now
    task.enqueued_at, task.claimed_at, task.finished_at = None, None, None
