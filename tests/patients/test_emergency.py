"""Emergency access: one record, for an hour, with a reason; by the database itself."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.kernel.db import Database, PortalSession
from portal.kernel.errors import NotFound
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import (
    AccessGrant,
    BreakGlass,
    GrantRefused,
    ReasonMissing,
    SeenAnyway,
    emergency_in_force,
    grant_access,
    patient_by_id,
)
from portal.patients.operations import emergency
from tests.factories.charting import Encounter
from tests.factories.identity import staff_member
from tests.factories.patients import make_patient
from tests.patients.emergencies import WORDS, allergies, find, open_by_hand, open_it, opening
from tests.support.client import BASE, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside
from tests.support.race import at_once
from tests.support.sign_in import start_test_session

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
Browsers = Callable[[], PolicedClient]


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
    def open_now(_number: int) -> UUID:
        with database.transaction(opening(clinic, doctor)) as session:
            return open_it(session, encounter.patient_id, clock).id

    opened = at_once(open_now, range(4))
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
