"""Given-up work: seen and tried again by the clinic's administrator."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.kernel.db import Database
from portal.kernel.events import Task
from portal.kernel.ids import new_id
from tests.factories.visits import BookedVisit
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


def _task(worker: Database, clinic: Clinic, *, now: datetime, state: str = "dead") -> UUID:
    with worker.transaction(clinic.system("tasks")) as session:
        finished = now if state == "dead" else None
        task = Task(
            kind="visits.confirm", subject_id=new_id(), key=str(new_id()), due_at=now - timedelta(hours=1), state=state,
            attempts=5, fence=3, last_error="OperationalError", finished_at=finished,
        )  # fmt: skip
        session.add(task)
        return task.id


def _state(worker: Database, clinic: Clinic, task_id: UUID) -> Task:
    with worker.transaction(clinic.system("tasks")) as session:
        return session.scalars(select(Task).where(Task.id == task_id)).one()


@pytest.fixture
def admin(client: PolicedClient, booked: BookedVisit, run_tasks: Callable[..., int]) -> PolicedClient:
    run_tasks()
    return client.sign_in(booked.admin)


def test_a_given_up_task_is_seen_and_tried_again(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    task = _task(worker_database, clinic, now=clock.now)
    page = admin.get(clinic.path("staff/operations"))
    assert "visits.confirm" in page.text
    assert "OperationalError" in page.text
    assert str(_state(worker_database, clinic, task).subject_id) not in page.html
    back = admin.post(clinic.path(f"staff/operations/{task}/retry"))
    assert back.location == clinic.path("staff/operations")
    again = _state(worker_database, clinic, task)
    assert (again.state, again.attempts, again.due_at, again.finished_at) == ("pending", 0, clock.now, None)
    assert again.fence == 3  # the number of claims never goes back: an older claim's answer stays worthless


def test_trying_again_twice_changes_nothing(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    task = _task(worker_database, clinic, now=clock.now, state="done")
    admin.post(clinic.path(f"staff/operations/{task}/retry"))
    assert _state(worker_database, clinic, task).state == "done"
    assert "not in the list any more" in admin.get(clinic.path("staff/operations")).text


def test_all_of_them_are_tried_again_at_once(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    tasks = [_task(worker_database, clinic, now=clock.now) for _ in range(3)]
    page = admin.get(clinic.path("staff/operations"))
    after = admin.submit(page, button="Try all of these again", follow=True)
    assert "will be tried again now" in after.text
    assert {_state(worker_database, clinic, one).state for one in tasks} == {"pending"}


def test_work_that_is_late_is_told(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    assert "late" not in admin.get(clinic.path("staff/operations")).text
    _task(worker_database, clinic, now=clock.now, state="pending")
    assert "1 task is late" in admin.get(clinic.path("staff/operations")).text


def test_another_clinics_task_is_neither_seen_nor_tried(
    admin: PolicedClient, clinic: Clinic, other_clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    foreign = _task(worker_database, other_clinic, now=clock.now)
    assert str(foreign) not in admin.get(clinic.path("staff/operations")).html
    admin.post(clinic.path(f"staff/operations/{foreign}/retry"))
    assert _state(worker_database, other_clinic, foreign).state == "dead"


@pytest.mark.parametrize("who", ["desk", "clinician", "account"])
def test_only_the_administrator_may(
    client: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, booked: BookedVisit, who: str
) -> None:
    task = _task(worker_database, clinic, now=clock.now)
    browser = client.sign_in(getattr(booked, who))
    assert browser.get(clinic.path("staff/operations")).status == 403
    assert browser.post(clinic.path(f"staff/operations/{task}/retry")).status == 403
    assert _state(worker_database, clinic, task).state == "dead"
