"""Emergency access is judged by somebody else, and the patient sees it; nobody besides them does."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from portal.kernel.db import Database, PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import (
    BreakGlass,
    DecidedAlready,
    OwnEmergency,
    judge_emergency,
    patient_by_id,
)
from tests.factories.charting import Encounter
from tests.factories.identity import staff_member
from tests.factories.patients import make_patient
from tests.patients.emergencies import WORDS, allergies, find, open_by_hand, open_it, opening
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
Browsers = Callable[[], PolicedClient]


def test_it_waits_until_somebody_else_decides_and_the_patient_sees_it(
    client: PolicedClient, new_client: Browsers, encounter: Encounter, doctor: UUID, officer: UUID
) -> None:
    open_by_hand(client.sign_in(doctor))
    client.get(client.clinic.path(f"staff/patients/{encounter.patient_id}/history"))
    reviewer = new_client().sign_in(officer)
    queue = reviewer.get(client.clinic.path("staff/"), follow=True)
    assert "Dr. Emergency" in queue.text
    case = reviewer.get(queue.links()["Maria Gomez"])
    assert WORDS in case.text
    assert "Notes and history" in case.text
    assert reviewer.submit(case, {"finding": "appropriate", "remark": ""}).status == 422
    assert "Dr. Emergency" in reviewer.get(client.clinic.path("staff/emergency-access")).text
    answers = [reviewer.submit(case, {"finding": "appropriate", "remark": "It was."}) for _ in range(2)]
    assert [one.status for one in answers] == [303, 303]
    again = reviewer.post(queue.links()["Maria Gomez"], {"finding": "inappropriate", "remark": "No."})
    assert again.status == 409
    queue = reviewer.get(client.clinic.path("staff/emergency-access"))
    assert "Nothing waits." in queue.text
    assert "Appropriate" in queue.text
    person = new_client().sign_in(encounter.patient_account)
    page = person.get(client.clinic.path(f"p/{encounter.patient_id}/access"))
    assert "Somebody has opened this record in an emergency" in page.text
    assert "Dr. Emergency Clinician" in page.text
    assert page.text.count("Emergency access") >= 2
    assert WORDS not in page.text


def test_nobody_judges_what_they_did(
    encounter: Encounter, doctor: UUID, officer: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    both = (Role.CLINICIAN, Role.PRIVACY_OFFICER)
    with session_as(opening(clinic, doctor, *both)) as session:
        case = open_it(session, encounter.patient_id, clock).id
    judged = {"emergency_id": case, "finding": "appropriate", "remark": "Sure", "now": clock.now}
    with session_as(opening(clinic, doctor, *both)) as session, pytest.raises(OwnEmergency):
        judge_emergency(session, **judged)
    with pytest.raises(ProgrammingError), session_as(opening(clinic, doctor, *both)) as session:
        mine = session.get_one(BreakGlass, (clinic.id, case))
        mine.finding, mine.remark, mine.decided_at, mine.decided_by = "appropriate", "Sure", clock.now, officer
        session.flush()
    with session_as(opening(clinic, officer, Role.PRIVACY_OFFICER)) as session:
        judge_emergency(session, **judged)
        with pytest.raises(DecidedAlready):
            judge_emergency(session, **judged)


def test_the_privacy_officer_sees_nothing_of_health(
    encounter: Encounter, officer: UUID, session_as: SessionAs, clinic: Clinic
) -> None:
    with session_as(opening(clinic, officer, Role.PRIVACY_OFFICER).acting(purpose="care")) as session:
        assert patient_by_id(session, patient_id=encounter.patient_id) is not None
        assert allergies(session) == []


def test_the_emergencies_of_others_are_nobodys_but_the_reviewers_and_the_patients(
    encounter: Encounter, doctor: UUID, worker_database: Database, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    with session_as(opening(clinic, doctor)) as session:
        open_it(session, encounter.patient_id, clock)
    colleague = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)
    stranger, _ = make_patient(worker_database, clinic, now=clock.now, given_name="Sam")
    seen = {
        opening(clinic, colleague): 0,
        opening(clinic, stranger, Role.PATIENT): 0,
        opening(clinic, colleague, Role.FRONT_DESK): 0,
        encounter.as_patient(): 1,
    }
    for who, count in seen.items():
        with session_as(who) as session:
            assert len(session.scalars(select(BreakGlass)).all()) == count


def test_who_judges_reads_whether_sensitive_notes_were_asked_for(
    client: PolicedClient, new_client: Browsers, encounter: Encounter, doctor: UUID, officer: UUID
) -> None:
    browser = client.sign_in(doctor)
    given = {"reason": "danger", "sentence": WORDS, "wants_sensitive": "y"}
    assert browser.submit(find(browser), given, button="Open the record for 60 minutes").status == 303
    reviewer = new_client().sign_in(officer)
    case = reviewer.get(reviewer.get(client.clinic.path("staff/emergency-access")).links()["Maria Gomez"])
    assert "What is marked as sensitive Asked for" in case.text
