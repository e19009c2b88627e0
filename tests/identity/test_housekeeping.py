"""What identity forgets, and what it keeps."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from portal.identity import start_session
from portal.identity.models import Attempt, LoginSession, OneTimeCode
from portal.kernel.db import Database
from portal.kernel.principal import Principal
from portal.kernel.tasks import schedule
from tests.conftest import SystemSession
from tests.factories.identity import patient_sign_in, phone_number
from tests.identity.support import RunTasks, ask
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def forget(system: SystemSession, run_tasks: RunTasks, clock: Clock) -> Callable[[], None]:
    def run() -> None:
        with system("tasks") as session:
            schedule(session, kind="identity.forget", subject_id=uuid4(), key=f"forget:{clock.now}", due_at=clock.now)
        run_tasks()

    return run


def test_old_attempts_codes_and_sessions_are_forgotten_and_live_ones_kept(
    client: PolicedClient,
    system: SystemSession,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    forget: Callable[[], None],
) -> None:
    account = patient_sign_in(worker_database, clinic, now=clock.now)
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")

    def begin() -> None:
        ask(client, phone_number())
        with worker_database.transaction(visitor) as session:
            start_session(session, account_id=account, device="", address="", now=clock.now)

    begin()
    forget()
    assert counts(system) == [1, 1, 1]
    clock.advance(hours=3)
    forget()
    assert counts(system) == [0, 0, 1]
    clock.now += timedelta(days=31)
    begin()
    forget()
    assert counts(system) == [1, 1, 1]


def counts(system: SystemSession) -> list[int]:
    with system("identity") as session:
        return [len(session.scalars(select(model)).all()) for model in (Attempt, OneTimeCode, LoginSession)]
