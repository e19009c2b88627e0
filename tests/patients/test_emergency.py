"""Emergency access: one record, for an hour, with a reason, and somebody else judges it; by the database itself."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.charting import record_allergy
from portal.charting.models import Allergy
from portal.kernel.db import Database, PortalSession
from portal.kernel.errors import NotFound
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import (
    AccessGrant,
    BreakGlass,
    DecidedAlready,
    GrantRefused,
    OwnEmergency,
    ReasonMissing,
    SeenAnyway,
    emergency_in_force,
    grant_access,
    judge_emergency,
    open_in_emergency,
    patient_by_id,
)
from portal.patients.operations import emergency
from tests.factories.charting import Encounter, make_encounter
from tests.factories.identity import staff_member
from tests.factories.patients import BORN, make_patient
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside
from tests.support.sign_in import start_test_session

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
Browsers = Callable[[], PolicedClient]
WORDS = "Found unconscious at the station."


@pytest.fixture
def encounter(worker_database: Database, session_as: SessionAs, clinic: Clinic, clock: Clock) -> Encounter:
    """A patient with an allergy, whom another clinician treats."""
    made = make_encounter(worker_database, clinic, now=clock.now)
    with session_as(made.as_clinician()) as session:
        record_allergy(session, patient_id=made.patient_id, display="Penicillin", now=clock.now)
    return made


@pytest.fixture
def doctor(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    """A clinician who does not know the patient."""
    return staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Dr. Emergency")


@pytest.fixture
def officer(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(
        worker_database, clinic, Role.PRIVACY_OFFICER, now=clock.now, name="Pat Private", email="pat@example.org"
    )


def opening(clinic: Clinic, account: UUID, *roles: Role) -> Principal:
    held = roles or (Role.CLINICIAN,)
    return Principal.of(tenant_id=clinic.id, user_id=account, roles=held).acting(purpose="break-glass")


def open_it(session: PortalSession, patient: UUID, clock: Clock, **values: Any) -> BreakGlass:
    known: dict[str, Any] = {"reason": "treatment", "sentence": WORDS, "now": clock.now}
    return open_in_emergency(session, patient_id=patient, **(known | values))


def allergies(session: PortalSession) -> list[str]:
    return [one.display for one in session.scalars(select(Allergy))]


def find(browser: PolicedClient) -> Page:
    """The page on which the patient was found."""
    page = browser.get(browser.clinic.path("staff/emergency"))
    who = {"family_name": "gomez", "birth_date-day": BORN.day, "birth_date-month": BORN.month}
    return browser.submit(page, {**who, "birth_date-year": BORN.year}, button="Find")


def open_by_hand(browser: PolicedClient) -> Page:
    given = {"reason": "treatment", "sentence": WORDS}
    return browser.submit(find(browser), given, button="Open the record for 60 minutes")


def test_a_clinician_opens_one_record_for_an_hour(
    encounter: Encounter, doctor: UUID, worker_database: Database, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    _, another = make_patient(worker_database, clinic, now=clock.now, given_name="Sam")
    who = Principal.of(tenant_id=clinic.id, user_id=doctor, roles=[Role.CLINICIAN])
    with session_as(who) as session:
        assert allergies(session) == []
        assert patient_by_id(session, patient_id=encounter.patient_id) is None
    with session_as(opening(clinic, doctor)) as session:
        opened = open_it(session, encounter.patient_id, clock)
        assert opened.until == clock.now + timedelta(minutes=60)
    with session_as(who) as session:
        assert allergies(session) == ["Penicillin"]
        assert patient_by_id(session, patient_id=another) is None
    clock.advance(minutes=60)
    with session_as(who) as session:
        assert allergies(session) == []


@pytest.mark.parametrize("values", [{"reason": "curious"}, {"reason": ""}, {"sentence": "  "}])
def test_nothing_opens_without_a_reason(
    encounter: Encounter, doctor: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock, values: dict[str, str]
) -> None:
    with session_as(opening(clinic, doctor)) as session:
        with pytest.raises(ReasonMissing):
            open_it(session, encounter.patient_id, clock, **values)
        assert session.scalars(select(BreakGlass)).all() == []


def test_whoever_sees_the_record_anyway_opens_nothing(
    encounter: Encounter, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    with session_as(opening(clinic, encounter.clinician)) as session, pytest.raises(SeenAnyway):
        open_it(session, encounter.patient_id, clock)


def test_opened_again_it_is_the_same_hour(
    encounter: Encounter, doctor: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    with session_as(opening(clinic, doctor)) as session:
        first = open_it(session, encounter.patient_id, clock).id
    clock.advance(minutes=30)
    with session_as(opening(clinic, doctor)) as session:
        assert open_it(session, encounter.patient_id, clock).id == first
    clock.advance(minutes=31)
    with session_as(opening(clinic, doctor)) as session:
        assert open_it(session, encounter.patient_id, clock).id != first


def test_opened_by_two_browsers_at_once_it_is_one(
    encounter: Encounter, doctor: UUID, database: Database, clinic: Clinic, clock: Clock
) -> None:
    opened: list[UUID] = []
    ready = threading.Barrier(4)

    def open_now() -> None:
        with database.transaction(opening(clinic, doctor)) as session:
            ready.wait(10)
            opened.append(open_it(session, encounter.patient_id, clock).id)

    threads = [threading.Thread(target=open_now) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert len(opened) == 4
    assert len(set(opened)) == 1
    with database.transaction(opening(clinic, doctor)) as session:
        assert len(session.scalars(select(BreakGlass)).all()) == 1
        grants = session.scalars(select(AccessGrant).where(AccessGrant.user_id == doctor)).all()
        assert [one.basis for one in grants] == ["break-glass"]


def test_opened_by_another_browser_between_two_reads_it_is_that_one(
    encounter: Encounter,
    doctor: UUID,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with session_as(opening(clinic, doctor)) as session:
        first = open_it(session, encounter.patient_id, clock).id
    too_early = [None]

    def read_before_the_other(session: PortalSession, **which: Any) -> Any:
        return too_early.pop() if too_early else emergency_in_force(session, **which)

    monkeypatch.setattr(emergency, "emergency_in_force", read_before_the_other)
    with session_as(opening(clinic, doctor)) as session:
        assert open_it(session, encounter.patient_id, clock).id == first


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER, Role.PATIENT])
def test_who_is_no_clinician_opens_nothing(
    encounter: Encounter, doctor: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock, role: Role
) -> None:
    with pytest.raises((ProgrammingError, NotFound)), session_as(opening(clinic, doctor, role)) as session:
        open_it(session, encounter.patient_id, clock)


def test_a_record_of_another_clinic_stays_closed(
    encounter: Encounter,
    worker_database: Database,
    session_as: SessionAs,
    clinic: Clinic,
    other_clinic: Clinic,
    clock: Clock,
) -> None:
    stranger = staff_member(worker_database, other_clinic, Role.CLINICIAN, now=clock.now)
    with session_as(opening(other_clinic, stranger)) as session, pytest.raises(NotFound):
        open_it(session, encounter.patient_id, clock)
    row = {"patient_id": encounter.patient_id, "user_id": stranger, "reason": "treatment", "sentence": WORDS}
    times = {"since": clock.now, "until": clock.now}
    with pytest.raises(IntegrityError), session_as(opening(other_clinic, stranger)) as session:
        session.add(BreakGlass(**row, **times))
        session.flush()


def test_a_grant_needs_its_emergency_and_is_no_longer_than_it(
    encounter: Encounter, doctor: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    known: dict[str, Any] = {"patient_id": encounter.patient_id, "user_id": doctor, "basis": "break-glass"}
    with session_as(opening(clinic, doctor)) as session:
        opened = open_it(session, encounter.patient_id, clock)
        for reason, minutes in ((str(encounter.visit_id), 60), (str(opened.id), 61)):
            until = clock.now + timedelta(minutes=minutes)
            with pytest.raises(GrantRefused):
                grant_access(session, **known, reason=reason, until=until, now=clock.now)
        with pytest.raises(GrantRefused):
            grant_access(session, **(known | {"basis": "care-team"}), reason="x", until=None, now=clock.now)
    with pytest.raises(IntegrityError), session_as(opening(clinic, doctor)) as session:
        session.execute(update(BreakGlass).values(until=clock.now + timedelta(minutes=90)))


def test_a_second_factor_is_asked_for_before_anybody_is_looked_for(
    app: Flask, client: PolicedClient, encounter: Encounter, doctor: UUID
) -> None:
    token = start_test_session(app, client.clinic.id, doctor, stepped_up=False)
    with client.browser.session_transaction(base_url=BASE) as session:
        session["_user_id"] = token
    page = client.get(client.clinic.path("staff/emergency"))
    assert page.status == 303
    assert "step-up?action=break-glass" in page.location


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER])
def test_the_page_is_the_clinicians(client: PolicedClient, worker_database: Database, clock: Clock, role: Role) -> None:
    client.sign_in(staff_member(worker_database, client.clinic, role, now=clock.now))
    assert client.get(client.clinic.path("staff/emergency")).status == 403


def test_a_clinician_finds_the_person_says_why_and_is_told_on_each_page(
    client: PolicedClient, encounter: Encounter, doctor: UUID, clock: Clock
) -> None:
    browser = client.sign_in(doctor)
    history = client.clinic.path(f"staff/patients/{encounter.patient_id}/history")
    assert browser.get(history).status == 404
    found = find(browser)
    assert "Maria Gomez" in found.text
    incomplete = browser.submit(found, {"sentence": WORDS}, button="Open the record for 60 minutes")
    assert incomplete.status == 422
    assert WORDS in incomplete.text
    answer = open_by_hand(browser)
    assert answer.location == history
    for path in (history, client.clinic.path("staff/my-day"), client.clinic.path("staff/calendar")):
        assert "You see the record of Maria Gomez by emergency access" in browser.get(path).text
    assert "Penicillin" in browser.get(history).text
    page = browser.get(history)
    for _ in range(2):
        assert browser.submit(page, button="End it now").status == 303
    assert browser.get(history).status == 404
    assert "by emergency access" not in browser.get(client.clinic.path("staff/my-day")).text


def test_a_form_sent_twice_opens_once(client: PolicedClient, encounter: Encounter, doctor: UUID) -> None:
    browser = client.sign_in(doctor)
    found = find(browser)
    given = {"reason": "danger", "sentence": WORDS}
    answers = [browser.submit(found, given, button="Open the record for 60 minutes") for _ in range(2)]
    assert answers[0].location == answers[1].location


def test_nobody_else_is_found(client: PolicedClient, encounter: Encounter, doctor: UUID) -> None:
    browser = client.sign_in(doctor)
    page = browser.get(client.clinic.path("staff/emergency"))
    who = {"family_name": "Gomez", "birth_date-day": 1, "birth_date-month": 1, "birth_date-year": 1990}
    nobody = browser.submit(page, who, button="Find")
    assert "Nobody with this last name" in nobody.text
    forged = {"reason": "danger", "sentence": WORDS, "patient": str(encounter.patient_id)}
    refused = browser.submit(page, {**who, **forged})
    assert refused.status == 422
    assert browser.get(client.clinic.path(f"staff/patients/{encounter.patient_id}/history")).status == 404


def test_what_was_written_when_the_hour_ended_is_sent_after_opening_again(
    client: PolicedClient, encounter: Encounter, doctor: UUID, clock: Clock
) -> None:
    browser = client.sign_in(doctor)
    open_by_hand(browser)
    history = client.clinic.path(f"staff/patients/{encounter.patient_id}/history")
    page = browser.get(history)
    clock.advance(minutes=61)
    browser.sign_in(doctor)
    ended = browser.submit(page, {"allergy": "Latex"})
    assert ended.status == 404
    assert "Latex" in ended.html
    assert "Open a record in an emergency" in ended.links()
    open_by_hand(browser)
    assert browser.submit(ended, button="Send it again").status == 303
    assert "Latex" in browser.get(history).text


def test_the_privacy_officer_is_told_at_once_without_a_word_about_the_patient(
    client: PolicedClient,
    encounter: Encounter,
    doctor: UUID,
    officer: UUID,
    run_tasks: Callable[..., int],
    outside: Outside,
) -> None:
    open_by_hand(client.sign_in(doctor))
    run_tasks()
    (mail,) = [one for one in outside.mail.sent if one.to == "pat@example.org"]
    said = f"{mail.subject} {mail.text}"
    assert client.clinic.path("staff/emergency-access") in said
    for secret in ("Gomez", "Maria", WORDS, "Penicillin", str(encounter.patient_id)):
        assert secret not in said


def test_a_clinic_without_a_privacy_officer_tells_its_administrators(
    client: PolicedClient,
    encounter: Encounter,
    doctor: UUID,
    worker_database: Database,
    clock: Clock,
    run_tasks: Callable[..., int],
    outside: Outside,
) -> None:
    staff_member(worker_database, client.clinic, Role.CLINIC_ADMIN, now=clock.now, email="ada@example.org")
    open_by_hand(client.sign_in(doctor))
    run_tasks()
    assert [one.to for one in outside.mail.sent] == ["ada@example.org"]


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
