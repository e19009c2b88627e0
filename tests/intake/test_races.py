"""Two tabs, two phones, at the very same moment."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from portal.eligibility import CoverageStatement, coverage_of, record_coverage
from portal.intake import StepConflict, complete_intake, save_step, start_intake
from portal.kernel.db import Database, PortalSession
from tests.factories.consent import publish_telehealth, sign_telehealth
from tests.factories.intake import ANSWERS
from tests.factories.people import People
from tests.support.clock import Clock
from tests.support.race import at_once

MANY = range(6)


@pytest.fixture
def act(people: People, database: Database) -> Callable[[Callable[[PortalSession], Any]], Any]:
    def run(work: Callable[[PortalSession], Any]) -> Any:
        with database.transaction(people.patient_principal()) as session:
            return work(session)

    return run


def test_many_starts_are_one_intake(people: People, clock: Clock, act: Any) -> None:
    ids = at_once(lambda n: act(lambda s: start_intake(s, patient_id=people.patient_id, now=clock.now).id), MANY)
    assert len(set(ids)) == 1, ids


def test_of_many_saves_of_one_step_one_wins_and_the_others_are_told(people: People, clock: Clock, act: Any) -> None:
    intake = act(lambda s: start_intake(s, patient_id=people.patient_id, now=clock.now).id)

    def save(number: int) -> str:
        answers = {"concern": "skin", "reason": f"Words of tab {number}"}
        act(lambda s: save_step(s, intake_id=intake, step="reason", answers=answers, version=0, now=clock.now).id)
        return "saved"

    results = at_once(save, MANY, told=StepConflict)
    assert results.count("saved") == 1
    assert sum(isinstance(one, StepConflict) for one in results) == len(MANY) - 1


def test_many_sendings_are_one_event(people: People, clock: Clock, act: Any, database: Database) -> None:
    intake = act(lambda s: start_intake(s, patient_id=people.patient_id, now=clock.now).id)
    for step, answers in ANSWERS.items():
        act(
            lambda s, at=step, given=answers: (
                save_step(s, intake_id=intake, step=at, answers=given, version=0, now=clock.now).id
            )
        )
    results = at_once(lambda n: act(lambda s: complete_intake(s, intake_id=intake, now=clock.now).id), MANY)
    assert set(results) == {intake}
    with database.transaction(people.clinic.system("tasks")) as session:
        sent = session.execute(text("SELECT count(*) FROM kernel.outbox_event WHERE name = 'intake.completed'"))
        assert sent.scalar() == 1


def test_many_signatures_are_one(people: People, clock: Clock, database: Database, worker_database: Database) -> None:
    publish_telehealth(worker_database, people.clinic, now=clock.now)
    ids = at_once(
        lambda n: sign_telehealth(
            database, people.clinic, account_id=people.account, patient_id=people.patient_id, now=clock.now
        ),
        MANY,
    )
    assert len(set(ids)) == 1, ids


def test_of_many_statements_one_coverage_is_current(people: People, clock: Clock, act: Any) -> None:
    def state(number: int) -> Any:
        said = CoverageStatement(kind="insurance", payer=f"Payer {number}")
        return act(lambda s: record_coverage(s, patient_id=people.patient_id, statement=said, now=clock.now).payer)

    payers = at_once(state, MANY)
    assert {f"Payer {number}" for number in MANY} == set(payers)
    assert act(lambda s: coverage_of(s, patient_id=people.patient_id).payer) in payers
