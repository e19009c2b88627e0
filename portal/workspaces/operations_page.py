"""Work that was given up, and trying it again. Names nobody: kinds of work, error codes and times only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from portal.kernel.db import PortalSession
from portal.kernel.events import Task

SHOWN = 100
#: Work that is due for longer than this says that no worker runs, or that it cannot keep up.
BEHIND = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Work that should have been done by now."""

    count: int
    oldest: datetime | None


def dead_tasks(session: PortalSession) -> tuple[Sequence[Task], int]:
    """Tasks that were given up, the latest first, at most a hundred; and how many there are."""
    given_up = select(Task).where(Task.state == "dead").order_by(Task.finished_at.desc(), Task.id)
    rows = session.scalars(given_up.limit(SHOWN)).all()
    if len(rows) < SHOWN:
        return rows, len(rows)
    return rows, int(session.scalar(select(func.count()).select_from(Task).where(Task.state == "dead")) or 0)


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


def retry_all(session: PortalSession, *, now: datetime) -> int:
    """Ask for the given-up tasks that the page shows again; returns how many."""
    given_up = select(Task).where(Task.state == "dead").order_by(Task.finished_at.desc(), Task.id).limit(SHOWN)
    tasks = session.scalars(given_up.with_for_update(skip_locked=True)).all()
    for task in tasks:
        _again(task, now)
    session.flush()
    return len(tasks)


def _again(task: Task, now: datetime) -> None:
    task.state, task.attempts, task.due_at = "pending", 0, now
    task.enqueued_at, task.claimed_at, task.finished_at = None, None, None
