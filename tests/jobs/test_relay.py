"""From the outbox to the queue, and again when the queue forgot. Real Redis, real RQ."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from redis import Redis
from rq import Queue

from jobs.queues import open_queue
from portal.kernel import events, tasks
from portal.kernel.db import Database, PortalSession
from portal.kernel.events import Event, emit
from portal.kernel.ids import new_id
from portal.kernel.tasks import on, schedule
from portal.notifications import queue_code
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import relay_all

SWEEP = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SomethingHappened(Event):
    """An event of these tests."""

    name: ClassVar[str] = "tests.something_happened"
    thing_id: UUID


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    redis = Redis.from_url(redis_url)
    redis.flushdb()
    yield open_queue(redis)
    redis.flushdb()
    redis.close()


@pytest.fixture
def two_handlers() -> Iterator[None]:
    def react(session: PortalSession, event: SomethingHappened, *, now: datetime) -> None:
        """Nothing to do."""

    for kind in ("tests.first", "tests.second"):
        on(SomethingHappened, kind=kind, purpose="tests")(react)
    yield
    for kind in ("tests.first", "tests.second"):
        del tasks._reactions[kind]


def jobs_of(queue: Queue, clinic: Clinic) -> list[tuple[str, ...]]:
    return [tuple(job.args) for job in queue.jobs if job.args[0] == str(clinic.id)]


def test_an_event_becomes_one_job_for_each_handler_and_carries_ids_only(
    database: Database, relay_database: Database, queue: Queue, clinic: Clinic, clock: Clock, two_handlers: None
) -> None:
    with database.transaction(clinic.system("tests")) as session:
        emit(session, SomethingHappened(thing_id=new_id()), now=clock.now)
    relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
    relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
    jobs = jobs_of(queue, clinic)
    assert len(jobs) == 2
    for tenant_id, task_id in jobs:
        assert str(UUID(tenant_id)) == tenant_id
        assert str(UUID(task_id)) == task_id


def test_nothing_leaves_before_commit(
    database: Database, relay_database: Database, queue: Queue, clinic: Clinic, clock: Clock, two_handlers: None
) -> None:
    with database.transaction(clinic.system("tests")) as session:
        emit(session, SomethingHappened(thing_id=new_id()), now=clock.now)
        relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
        assert jobs_of(queue, clinic) == []
        session.rollback()
    relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
    assert jobs_of(queue, clinic) == []


def test_work_that_is_not_due_stays_in_the_database(
    database: Database, relay_database: Database, queue: Queue, clinic: Clinic, clock: Clock
) -> None:
    with database.transaction(clinic.system("tests")) as session:
        schedule(session, kind="tests.x", subject_id=new_id(), key="later", due_at=clock.now + timedelta(hours=1))
    relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
    assert jobs_of(queue, clinic) == []
    relay_all(relay_database, queue, now=clock.advance(hours=1), sweep=SWEEP)
    assert len(jobs_of(queue, clinic)) == 1


def test_redis_emptied_while_work_waits_loses_nothing(
    database: Database, relay_database: Database, queue: Queue, clinic: Clinic, clock: Clock
) -> None:
    with database.transaction(clinic.system("tests")) as session:
        for number in range(5):
            schedule(session, kind="tests.x", subject_id=new_id(), key=f"w{number}", due_at=clock.now)
    relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
    assert len(jobs_of(queue, clinic)) == 5
    queue.connection.flushdb()
    relay_all(relay_database, queue, now=clock.advance(seconds=30), sweep=SWEEP)
    assert jobs_of(queue, clinic) == []
    relay_all(relay_database, queue, now=clock.advance(seconds=31), sweep=SWEEP)
    assert len(jobs_of(queue, clinic)) == 5


def test_what_still_stands_in_the_queue_is_not_sent_again(
    database: Database, relay_database: Database, queue: Queue, clinic: Clinic, clock: Clock
) -> None:
    """A worker that is behind gets each task once; the one that was lost from the queue alone comes back."""
    with database.transaction(clinic.system("tests")) as session:
        for number in range(5):
            schedule(session, kind="tests.x", subject_id=new_id(), key=f"s{number}", due_at=clock.now)
    relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
    asked = sorted(jobs_of(queue, clinic))
    lost = queue.jobs[-1]
    lost.delete()
    for _ in range(3):
        relay_all(relay_database, queue, now=clock.advance(seconds=61), sweep=SWEEP)
        assert sorted(jobs_of(queue, clinic)) == asked


def test_a_code_for_which_somebody_waits_goes_before_what_stands_there(
    database: Database, relay_database: Database, queue: Queue, clinic: Clinic, clock: Clock
) -> None:
    with database.transaction(clinic.system("tests")) as session:
        for number in range(3):
            schedule(session, kind="tests.x", subject_id=new_id(), key=f"b{number}", due_at=clock.now)
    relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
    before = jobs_of(queue, clinic)
    with database.transaction(clinic.system("tests")) as session:
        queue_code(
            session,
            code_id=new_id(),
            channel="sms",
            target="+16175550100",
            code="123456",
            valid_for=timedelta(minutes=10),
            language="en",
            zone="UTC",
            now=clock.now,
        )
    relay_all(relay_database, queue, now=clock.now, sweep=SWEEP)
    assert jobs_of(queue, clinic)[1:] == before


def test_an_event_of_an_older_or_newer_process_is_still_read() -> None:
    event = events.read_event("tests.something_happened", {"thing_id": str(new_id()), "added_later": 1})
    assert isinstance(event, SomethingHappened)
