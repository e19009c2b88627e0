"""An intake read whole, for the clinician's page: the same as its parts, in one query."""

import pytest

from portal.intake import answers_for_reading, intake_file, photos_of, reported
from portal.kernel.db import Database
from tests.budgets.measured import statements
from tests.factories.intake import ANSWERS, make_intake
from tests.factories.people import People
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def two(database: Database, clinic: Clinic, clock: Clock, people: People) -> list[object]:
    """Ids of an intake, and of a later one that is not sent yet."""
    who = {"account_id": people.account, "patient_id": people.patient_id}
    later = {**ANSWERS, "reason": {"concern": "skin", "reason": "It is back"}}
    return [
        make_intake(database, clinic, **who, now=clock.now),
        make_intake(database, clinic, **who, now=clock.advance(days=2), answers=later, send=False),
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_is_what_its_parts_are(database: Database, people: People, two: list[object], which: int) -> None:
    with database.transaction(people.clinician_principal()) as session:
        with statements(database) as seen:
            file = intake_file(session, patient_id=people.patient_id, intake_id=two[which])
        assert file is not None and len(seen) == 1
        assert file.progress.intake_id == two[which]
        assert file.told == reported(session, intake_id=two[which])
        assert file.answers == answers_for_reading(session, intake_id=two[which])
        assert file.photos == photos_of(session, intake_id=two[which])
        assert len(file.answers) > 5


def test_without_an_id_the_latest_is_read(database: Database, people: People, two: list[object]) -> None:
    with database.transaction(people.clinician_principal()) as session:
        file = intake_file(session, patient_id=people.patient_id, intake_id=None)
        assert file is not None
        assert (file.told.reason, file.progress.state) == ("It is back", "in_progress")


def test_who_has_no_grant_and_who_told_nothing_get_none(database: Database, people: People, two: list[object]) -> None:
    with database.transaction(people.colleague_principal()) as session:
        assert intake_file(session, patient_id=people.patient_id, intake_id=two[0]) is None
    with database.transaction(people.stranger_principal()) as session:
        assert intake_file(session, patient_id=people.stranger_id, intake_id=None) is None
