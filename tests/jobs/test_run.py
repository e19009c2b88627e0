"""What happens to a task that is run twice, fails, or is left by a worker that died."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from jobs.run import LEASE, Patience, execute
from portal.kernel import tasks
from portal.kernel.db import Database, PortalSession
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.kernel.events import Task
from portal.kernel.ids import new_id
from portal.kernel.principal import Principal
from portal.kernel.tasks import register_outside, schedule, scheduled
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once

PATIENCE = Patience(attempts=3, wait=timedelta(seconds=10))


@dataclass
class Partner:
    """A call to the outside under the test's control."""

    kind: str = "tests.call"
    purpose: str = "tests"
    answers: list[Any] = field(default_factory=list)
    calls: list[bool] = field(default_factory=list)
    settled: list[Any] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    during: Any = None

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> str:
        return "request"

    def call(self, request: str, *, again: bool, now: datetime) -> Any:
        self.calls.append(again)
        answer = self.answers.pop(0) if self.answers else "answer"
        if self.during is not None:
            during, self.during = self.during, None
            during()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def settle(self, session: PortalSession, subject_id: UUID, answer: Any, *, now: datetime) -> None:
        self.settled.append(answer)

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None:
        self.given_up.append(code)


@pytest.fixture
def partner() -> Iterator[Partner]:
    one = Partner()
    register_outside(one)
    yield one
    del tasks._outside["tests.call"]


@pytest.fixture
def inside() -> Iterator[list[UUID]]:
    """Work inside our walls that notes what it was run for; `boom` makes it fail."""
    ran: list[UUID] = []

    def work(session: PortalSession, subject_id: UUID, *, now: datetime) -> None:
        ran.append(subject_id)

    scheduled(kind="tests.inside", purpose="tests")(work)
    yield ran
    del tasks._scheduled["tests.inside"]


def ask(database: Database, clinic: Clinic, clock: Clock, kind: str) -> UUID:
    with database.transaction(clinic.system("tests")) as session:
        schedule(session, kind=kind, subject_id=new_id(), key=str(new_id()), due_at=clock.now)
        return session.scalars(select(Task).order_by(Task.id.desc()).limit(1)).one().id


def state_of(database: Database, clinic: Clinic, task_id: UUID) -> Task:
    with database.transaction(clinic.system("tests")) as session:
        return session.get_one(Task, (clinic.id, task_id))


def run(database: Database, clinic: Clinic, clock: Clock, task_id: UUID) -> str:
    return execute(database, PATIENCE, tenant_id=clinic.id, task_id=task_id, now=clock.now)


def test_work_inside_our_walls_is_done_once_however_often_it_is_run(
    worker_database: Database, clinic: Clinic, clock: Clock, inside: list[UUID]
) -> None:
    task_id = ask(worker_database, clinic, clock, "tests.inside")
    at_once(lambda _: run(worker_database, clinic, clock, task_id), range(6))
    assert len(inside) == 1
    assert state_of(worker_database, clinic, task_id).state == "done"


def test_a_second_copy_leaves_a_call_that_is_under_way_alone(
    worker_database: Database, clinic: Clinic, clock: Clock, partner: Partner
) -> None:
    task_id = ask(worker_database, clinic, clock, partner.kind)
    states: list[str] = []
    partner.during = lambda: states.append(run(worker_database, clinic, clock, task_id))
    assert run(worker_database, clinic, clock, task_id) == "done"
    assert states == ["running"]
    assert partner.calls == [False]


def test_an_orphan_that_answers_late_changes_nothing(
    worker_database: Database, clinic: Clinic, clock: Clock, partner: Partner
) -> None:
    """The worker was killed, its horse lives on: after the lease a second run looks first, and its answer counts."""
    task_id = ask(worker_database, clinic, clock, partner.kind)
    partner.answers = ["late", "second"]

    def second_run() -> None:
        clock.now += LEASE + timedelta(seconds=1)
        run(worker_database, clinic, clock, task_id)

    partner.during = second_run
    run(worker_database, clinic, clock, task_id)
    assert partner.calls == [False, True]
    assert partner.settled == ["second"]


def test_a_claim_that_never_settled_is_told_to_the_next_call(
    worker_database: Database, clinic: Clinic, clock: Clock, partner: Partner
) -> None:
    task_id = ask(worker_database, clinic, clock, partner.kind)

    class Killed(BaseException):
        """As kill -9 leaves it: no exception handler of ours runs."""

    def die() -> None:
        raise Killed

    partner.during = die
    with suppress(Killed):
        run(worker_database, clinic, clock, task_id)
    assert state_of(worker_database, clinic, task_id).state == "running"
    clock.now += LEASE + timedelta(seconds=1)
    assert run(worker_database, clinic, clock, task_id) == "done"
    assert partner.calls == [False, True]


def test_an_unreachable_partner_is_tried_again_later_and_then_given_up(
    worker_database: Database, clinic: Clinic, clock: Clock, partner: Partner
) -> None:
    task_id = ask(worker_database, clinic, clock, partner.kind)
    partner.answers = [PartnerUnavailable(), PartnerUnavailable(), PartnerUnavailable()]
    waits = []
    for _ in range(3):
        run(worker_database, clinic, clock, task_id)
        task = state_of(worker_database, clinic, task_id)
        waits.append((task.due_at - clock.now).total_seconds())
        clock.now = max(clock.now, task.due_at)
    assert waits[:2] == [10, 20]
    assert (task.state, task.attempts, task.last_error) == ("dead", 3, "partner-unavailable")
    assert partner.given_up == ["partner-unavailable"]
    assert partner.calls == [False, False, False]


def test_a_doubt_makes_the_next_try_look_first(
    worker_database: Database, clinic: Clinic, clock: Clock, partner: Partner
) -> None:
    task_id = ask(worker_database, clinic, clock, partner.kind)
    partner.answers = [PartnerUncertain(), "found"]
    run(worker_database, clinic, clock, task_id)
    clock.advance(minutes=1)
    assert run(worker_database, clinic, clock, task_id) == "done"
    assert partner.calls == [False, True]


def test_a_refusal_is_final(worker_database: Database, clinic: Clinic, clock: Clock, partner: Partner) -> None:
    task_id = ask(worker_database, clinic, clock, partner.kind)
    partner.answers = [PartnerRefused(code="no-such-number")]
    assert run(worker_database, clinic, clock, task_id) == "dead"
    assert partner.given_up == ["no-such-number"]


def test_a_task_of_another_tenant_is_not_there(
    worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock, inside: list[UUID]
) -> None:
    task_id = ask(worker_database, clinic, clock, "tests.inside")
    assert run(worker_database, other_clinic, clock, task_id) == "missing"
    assert inside == []


def test_work_that_this_process_does_not_know_waits_as_a_failure(
    worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    task_id = ask(worker_database, clinic, clock, "tests.unknown")
    assert run(worker_database, clinic, clock, task_id) == "pending"
    assert state_of(worker_database, clinic, task_id).last_error == "KeyError"


def test_the_same_work_asked_for_twice_is_one_task(worker_database: Database, clinic: Clinic, clock: Clock) -> None:
    with worker_database.transaction(Principal.system(tenant_id=clinic.id, purpose="tests")) as session:
        for _ in range(2):
            schedule(session, kind="tests.inside", subject_id=new_id(), key="the-same", due_at=clock.now)
        assert len(session.scalars(select(Task).where(Task.key == "the-same")).all()) == 1
