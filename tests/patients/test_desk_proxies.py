"""The desk lets somebody act for a patient, on proof, and ends it; who holds it is told by a message."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import grants_on, my_patients
from portal.patients.rules import of_age_at
from tests.factories.identity import patient_sign_in, phone_number, staff_member
from tests.factories.patients import make_patient
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside

GIVE = "Give this access"


@pytest.fixture
def patient(worker_database: Database, clinic: Clinic, clock: Clock) -> tuple[UUID, UUID]:
    """An account and its patient."""
    return make_patient(worker_database, clinic, now=clock.now, target="+16175550123")


@pytest.fixture
def desk(client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock) -> PolicedClient:
    return client.sign_in(staff_member(worker_database, clinic, now=clock.now))


def address(clinic: Clinic, patient: UUID) -> str:
    return clinic.path(f"staff/patients/{patient}/proxies/new")


def filled(clock: Clock, contact: str, **values: Any) -> dict[str, Any]:
    last = (clock.now + timedelta(days=30)).date()
    until = {"until-day": last.day, "until-month": last.month, "until-year": last.year}
    return {"contact": contact, "proof": "carer", "parts": ["appointments", "bills"], "seen": "y", **until, **values}


def give(desk: PolicedClient, patient: UUID, clock: Clock, contact: str, **values: Any) -> Page:
    page = desk.get(address(desk.clinic, patient))
    return desk.submit(page, filled(clock, contact, **values), button=GIVE)


def test_the_desk_lets_a_carer_act_who_is_told_and_signs_in_with_that_contact(
    desk: PolicedClient,
    patient: tuple[UUID, UUID],
    worker_database: Database,
    database: Database,
    clock: Clock,
    run_tasks: Callable[..., int],
    outside: Outside,
) -> None:
    number = phone_number()
    answer = give(desk, patient[1], clock, number)
    assert answer.location == desk.clinic.path(f"staff/patients/{patient[1]}/access")
    shown = desk.get(answer.location)
    assert "A carer" in shown.text
    assert f"•••• {number[-4:]}" in shown.text
    assert "Coverage and bills" in shown.text
    run_tasks()
    (message,) = [one for one in outside.sms.sent if one.to == number]
    assert "you can now act for somebody" in message.text
    for secret in ("Gomez", "Maria", str(patient[1])):
        assert secret not in message.text
    account = patient_sign_in(worker_database, desk.clinic, now=clock.now, target=number)
    who = Principal.of(tenant_id=desk.clinic.id, user_id=account, roles=[Role.PATIENT])
    with database.transaction(who) as session:
        assert [one.id for one in my_patients(session)] == [patient[1]]
    desk.submit(shown, button="End this access")
    run_tasks()
    assert "you no longer act for somebody" in outside.sms.sent[-1].text
    with database.transaction(who) as session:
        assert my_patients(session) == []


def test_given_anew_it_is_one_and_nobody_is_told_that_it_ended(
    desk: PolicedClient, patient: tuple[UUID, UUID], clock: Clock, run_tasks: Callable[..., int], outside: Outside
) -> None:
    number = phone_number()
    give(desk, patient[1], clock, number)
    clock.advance(minutes=1)
    give(desk, patient[1], clock, number, parts=["health"])
    page = desk.get(desk.clinic.path(f"staff/patients/{patient[1]}/access"))
    assert page.text.count("A carer") == 1
    assert "Coverage and bills" not in page.text
    run_tasks()
    assert not any("no longer" in one.text for one in outside.sms.sent)


def test_a_parent_acts_until_the_child_is_of_age(
    desk: PolicedClient, worker_database: Database, database: Database, clock: Clock
) -> None:
    born = clock.now.date().replace(year=clock.now.year - 17, day=1, month=1)
    _, child = make_patient(worker_database, desk.clinic, now=clock.now, birth_date=born)
    far = {"until-year": clock.now.year + 9, "until-day": 1, "until-month": 6}
    assert give(desk, child, clock, "mum@example.org", proof="parent", **far).status == 303
    clerk = staff_member(worker_database, desk.clinic, now=clock.now)
    who = Principal.of(tenant_id=desk.clinic.id, user_id=clerk, roles=[Role.FRONT_DESK])
    with database.transaction(who) as session:
        (proxy,) = [one for one in grants_on(session, patient_id=child) if one.basis == "proxy"]
        assert proxy.until == of_age_at(born, "US-MA", "America/New_York")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"proof": "parent"}, "This patient is of age"),
        ({"contact": "+16175550123"}, "The patient signs in with this contact"),
        ({"contact": "nobody"}, "Write a phone number"),
        ({"parts": []}, "Choose at least one part"),
        ({"until-year": 2001}, "Give a day from today on"),
        ({"until-year": 2099}, "Give a day from today on"),
        ({"seen": ""}, "Ask for the proof first"),
        ({"parts": ["details"]}, ""),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_comes_back(
    desk: PolicedClient, patient: tuple[UUID, UUID], clock: Clock, wrong: dict[str, Any], says: str
) -> None:
    page = desk.get(address(desk.clinic, patient[1]))
    given = filled(clock, "mum@example.org") | wrong
    answer = desk.submit(page, {name: one for name, one in given.items() if one != ""}, button=GIVE)
    assert answer.status == 422
    assert says in answer.text
    assert given["contact"] in answer.html
    assert "A carer" not in desk.get(desk.clinic.path(f"staff/patients/{patient[1]}/access")).text


def test_a_form_sent_twice_tells_once(
    desk: PolicedClient, patient: tuple[UUID, UUID], clock: Clock, run_tasks: Callable[..., int], outside: Outside
) -> None:
    page = desk.get(address(desk.clinic, patient[1]))
    given = filled(clock, "mum@example.org")
    assert [desk.submit(page, given, button=GIVE).status for _ in range(2)] == [303, 303]
    run_tasks()
    assert len(outside.mail.sent) == 1


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.PRIVACY_OFFICER])
def test_only_the_desk_gives_it(
    client: PolicedClient, patient: tuple[UUID, UUID], worker_database: Database, clock: Clock, role: Role
) -> None:
    client.sign_in(staff_member(worker_database, client.clinic, role, now=clock.now))
    assert client.get(address(client.clinic, patient[1])).status == 403
    assert client.post(address(client.clinic, patient[1]), filled(clock, "me@example.org")).status == 403


def test_a_patient_of_another_clinic_is_not_found(
    desk: PolicedClient, worker_database: Database, other_clinic: Clinic, clock: Clock
) -> None:
    _, foreign = make_patient(worker_database, other_clinic, now=clock.now)
    assert desk.get(address(desk.clinic, foreign)).status == 404
