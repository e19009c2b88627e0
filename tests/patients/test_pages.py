"""Registering, taking up a record, one's own details, and the desk's pages."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import email_address, patient_sign_in, phone_number, staff_member
from tests.factories.patients import make_patient, make_record
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

PERSON = {
    "given_name": "José",
    "family_name": "Núñez Ibarra",
    "birth_date-day": "31",
    "birth_date-month": "3",
    "birth_date-year": "1984",
}
BORN = {name: value for name, value in PERSON.items() if name.startswith("birth")}


@pytest.fixture
def phone() -> str:
    return phone_number()


@pytest.fixture
def account(worker_database: Database, clinic: Clinic, clock: Clock, phone: str) -> UUID:
    return patient_sign_in(worker_database, clinic, now=clock.now, target=phone)


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, now=clock.now)


@pytest.fixture
def at_desk(client: PolicedClient, desk: UUID) -> PolicedClient:
    return client.sign_in(desk)


def register(client: PolicedClient, **values: str) -> Page:
    page = client.get(client.clinic.path("register"))
    assert page.status == 200, page.text
    return client.submit(page, PERSON | values)


def test_a_person_registers_and_acts_for_the_record(client: PolicedClient, account: UUID, phone: str) -> None:
    answer = register(client.sign_in(account))
    assert answer.status == 303, answer.errors
    patient = answer.location.rstrip("/").rsplit("/", 1)[-1]
    page = client.get(client.clinic.path(f"p/{patient}/details"))
    assert "José Núñez Ibarra" in page.text
    assert phone in page.text
    assert "José Núñez Ibarra" in client.get(client.clinic.path("people")).text


def test_registering_keeps_what_was_typed_when_something_is_wrong(client: PolicedClient, account: UUID) -> None:
    answer = register(client.sign_in(account), **{"birth_date-year": "2190"})
    assert answer.status == 422
    assert "date of birth" in answer.errors
    assert "Núñez Ibarra" in answer.html
    assert register(client, family_name="").status == 422
    assert "Núñez" not in client.get(client.clinic.path("people")).text


def test_the_same_registration_sent_twice_makes_one_record(client: PolicedClient, account: UUID) -> None:
    page = client.sign_in(account).get(client.clinic.path("register"))
    first, second = client.submit(page, PERSON), client.submit(page, PERSON)
    assert first.location == second.location
    assert client.get(client.clinic.path("people")).text.count("José") == 1


def test_staff_do_not_register_as_patients(at_desk: PolicedClient) -> None:
    assert at_desk.get(at_desk.clinic.path("register")).status == 403


def test_register_asks_to_sign_in_first(client: PolicedClient) -> None:
    answer = client.get(client.clinic.path("register"))
    assert answer.status == 303
    assert "/sign-in" in answer.location


def claim(client: PolicedClient, **values: str) -> Page:
    page = client.get(client.clinic.path("claim"))
    return client.submit(page, {"name": "Maria Gomez"} | BORN | values)


def test_a_record_is_taken_up_with_contact_and_date_of_birth(
    client: PolicedClient, account: UUID, phone: str, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    record = make_record(worker_database, clinic, now=clock.now, phone=phone)
    answer = claim(client.sign_in(account))
    assert answer.location == clinic.path(f"p/{record}/")
    assert client.get(clinic.path(f"p/{record}/details")).status == 200


def test_a_wrong_date_of_birth_and_a_missing_record_answer_alike(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    account: UUID,
    phone: str,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
) -> None:
    record = make_record(worker_database, clinic, now=clock.now, phone=phone)
    wrong = claim(client.sign_in(account), **{"birth_date-day": "30"})
    nobody = claim(new_client().sign_in(patient_sign_in(worker_database, clinic, now=clock.now)))
    assert (wrong.status, wrong.location) == (nobody.status, nobody.location)
    assert wrong.location == clinic.path("claim/received")
    assert client.get(wrong.location).status == 200
    assert client.get(clinic.path(f"p/{record}/details")).status == 404


def test_two_records_that_fit_go_to_the_desk(
    client: PolicedClient, account: UUID, phone: str, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    for name in ("Maria", "Mariana"):
        make_record(worker_database, clinic, now=clock.now, phone=phone, given_name=name)
    assert claim(client.sign_in(account)).location == clinic.path("claim/received")


def test_a_record_that_somebody_holds_is_not_taken_from_them(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    email = email_address()
    _, record = make_patient(worker_database, clinic, now=clock.now, email=email)
    thief = patient_sign_in(worker_database, clinic, now=clock.now, target=email, channel="email")
    assert claim(client.sign_in(thief)).location == clinic.path("claim/received")
    assert client.get(clinic.path(f"p/{record}/details")).status == 404


def test_three_wrong_claims_an_hour(
    client: PolicedClient, account: UUID, phone: str, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    make_record(worker_database, clinic, now=clock.now, phone=phone)
    client.sign_in(account)
    for day in ("1", "2", "3"):
        assert claim(client, **{"birth_date-day": day}).status == 303
    right = claim(client)
    assert right.status == 429
    assert "wait an hour" in right.text
    clock.advance(minutes=61)
    client.sign_in(account)
    assert claim(client).location != clinic.path("claim/received")


def test_the_desk_decides_a_doubtful_claim(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    account: UUID,
    desk: UUID,
    phone: str,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
) -> None:
    record = make_record(worker_database, clinic, now=clock.now, phone=phone)
    claim(client.sign_in(account), **{"birth_date-day": "30"})
    front = new_client().sign_in(desk)
    assert "1 person says" in front.get(clinic.path("staff/patients")).text
    listed = front.get(clinic.path("staff/claims"))
    page = front.get(listed.links()["Maria Gomez"])
    assert front.submit(page, {"patient": "somebody"}).status == 422
    assert front.submit(page, {"patient": str(record)}).status == 303
    assert "No claim waits" in front.get(clinic.path("staff/claims")).text
    again = front.get(page.url)
    assert "Decided" in again.text
    assert client.get(clinic.path(f"p/{record}/details")).status == 200


def test_a_refused_claim_opens_nothing(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    account: UUID,
    desk: UUID,
    phone: str,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
) -> None:
    record = make_record(worker_database, clinic, now=clock.now, phone=phone)
    claim(client.sign_in(account), **{"birth_date-day": "30"})
    front = new_client().sign_in(desk)
    page = front.get(front.get(clinic.path("staff/claims")).links()["Maria Gomez"])
    assert front.submit(page, {"patient": "none"}).status == 303
    assert front.post(page.url, {"patient": str(record)}).status == 409
    assert client.get(clinic.path(f"p/{record}/details")).status == 404


def invited_path(outside: Any, run_tasks: Callable[..., int]) -> str:
    run_tasks()
    text: str = outside.sms.sent[-1].text
    return text[text.index("https://localhost") :].split()[0].removeprefix("https://localhost")


def test_an_invitation_leads_to_the_record_by_the_contact_on_file(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    account: UUID,
    desk: UUID,
    phone: str,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    outside: Any,
    run_tasks: Callable[..., int],
) -> None:
    record = make_record(worker_database, clinic, now=clock.now, phone=phone)
    front = client.sign_in(desk)
    page = front.get(clinic.path(f"staff/patients/{record}"))
    assert front.submit(page, button="Send an invitation").status == 303
    path = invited_path(outside, run_tasks)
    message = outside.sms.sent[-1]
    assert message.to == phone
    assert "Gomez" not in message.text

    visitor = new_client()
    asked = visitor.get(path)
    assert asked.status == 200
    assert "Gomez" not in asked.html
    stranger = new_client().sign_in(patient_sign_in(worker_database, clinic, now=clock.now))
    assert stranger.submit(stranger.get(path), button="Open my record").status == 404
    assert stranger.get(clinic.path(f"p/{record}/details")).status == 404

    asks = visitor.submit(asked, button="Send me a code", follow=True)
    run_tasks()
    sent = outside.sms.sent[-1]
    assert sent.to == phone
    code = next(word for word in sent.text.replace(".", " ").split() if word.isdecimal() and len(word) == 6)
    signed_in = visitor.submit(asks, {"code": code}, button="Continue")
    assert signed_in.location == path.partition("?")[0]
    opened = visitor.submit(visitor.get(path), button="Open my record")
    assert opened.location == clinic.path(f"p/{record}/")
    assert visitor.get(path).status == 404
    held = front.submit(page, button="Send an invitation")
    assert "Signed up" in front.get(clinic.path(f"staff/patients/{record}")).text
    assert held.status in {303, 422}


def test_an_invitation_ends(
    client: PolicedClient,
    account: UUID,
    desk: UUID,
    phone: str,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    outside: Any,
    run_tasks: Callable[..., int],
) -> None:
    record = make_record(worker_database, clinic, now=clock.now, phone=phone)
    client.sign_in(desk)
    client.submit(client.get(clinic.path(f"staff/patients/{record}")), button="Send an invitation")
    path = invited_path(outside, run_tasks)
    clock.advance(days=8)
    assert client.get(path).status == 404


def test_an_invitation_needs_a_contact(
    at_desk: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    record = make_record(worker_database, clinic, now=clock.now)
    page = at_desk.get(clinic.path(f"staff/patients/{record}"))
    answer = at_desk.submit(page, button="Send an invitation")
    assert answer.status == 422
    assert "phone number or an e-mail" in answer.errors


def test_a_patient_changes_how_they_are_reached(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account, patient = make_patient(worker_database, clinic, now=clock.now, phone=phone_number())
    page = client.sign_in(account).get(clinic.path(f"p/{patient}/details/contact"))
    assert client.submit(page, {"phone": "", "email": ""}).status == 422
    assert client.submit(page, {"phone": "", "email": "nowhere"}).status == 422
    assert client.submit(page, {"phone": "", "email": "new@example.com", "language": "ar"}).status == 303
    told = client.get(clinic.path(f"p/{patient}/details")).text
    assert "new@example.com" in told
    assert "Arabic" in told


def test_somebody_elses_details_do_not_exist(
    client: PolicedClient, account: UUID, worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock
) -> None:
    _, another = make_patient(worker_database, clinic, now=clock.now)
    _, foreign = make_patient(worker_database, other_clinic, now=clock.now)
    client.sign_in(account)
    for patient in (another, foreign):
        for path in (f"p/{patient}/details", f"p/{patient}/details/contact"):
            assert client.get(clinic.path(path)).status == 404


@pytest.mark.parametrize("text", ["nunez", "JOSÉ nuñ", "1984-03-31", "617 555 0188", "+16175550188"])
def test_the_desk_finds_a_patient(
    at_desk: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, text: str
) -> None:
    make_record(
        worker_database, clinic, now=clock.now, given_name="José", family_name="Núñez Ibarra", phone="+16175550188"
    )
    make_record(worker_database, clinic, now=clock.now, birth_date=_other_day(), given_name="Ada", family_name="Ibn")
    page = at_desk.get(clinic.path("staff/patients"))
    assert "2 patients" in page.text
    found = at_desk.submit(page, {"q": text}, button="Search")
    assert "1 patient" in found.text, text
    assert "José Núñez Ibarra" in found.text
    assert text not in found.url
    in_arabic = at_desk.get(clinic.path("staff/patients?lang=ar"))
    assert "\u2066+16175550188\u2069" in in_arabic.text


def _other_day() -> Any:
    from datetime import date

    return date(1990, 1, 1)


def test_the_list_has_pages(at_desk: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock) -> None:
    for number in range(27):
        make_record(worker_database, clinic, now=clock.now, family_name=f"Person {number:02}")
    page = at_desk.get(clinic.path("staff/patients"))
    assert "1 to 25 of 27" in page.text
    second = at_desk.submit(page, button="Next page")
    assert "26 to 27 of 27" in second.text
    assert "Next page" not in second.text


def test_the_desk_makes_a_record_and_is_shown_a_namesake_first(
    at_desk: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    page = at_desk.get(clinic.path("staff/patients/new"))
    made = at_desk.submit(page, PERSON | {"phone": "617 555 0142"})
    assert made.status == 303, made.errors
    record = at_desk.get(made.location)
    assert "+16175550142" in record.text
    twice = at_desk.submit(at_desk.get(clinic.path("staff/patients/new")), PERSON)
    assert twice.status == 422
    assert "Is it one of these?" in twice.text
    assert at_desk.submit(twice, PERSON | {"confirm": "y"}).status == 303


def test_the_desk_puts_a_record_right(
    at_desk: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    record = make_record(worker_database, clinic, now=clock.now)
    page = at_desk.get(clinic.path(f"staff/patients/{record}/edit"))
    assert at_desk.submit(page, {"family_name": "Gómez", "status": "inactive"}).status == 303
    told = at_desk.get(clinic.path(f"staff/patients/{record}")).text
    assert "Maria Gómez" in told
    assert "No longer in use" in told


@pytest.mark.parametrize("page", ["9" * 30, "-1", "x", ""])
def test_a_page_that_there_cannot_be_is_none_or_the_first(at_desk: PolicedClient, clinic: Clinic, page: str) -> None:
    assert at_desk.post(clinic.path("staff/patients"), {"page": page}).status == 200


@pytest.mark.parametrize("path", ["staff/patients", "staff/patients/new", "staff/claims"])
def test_the_desks_pages_are_the_desks(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, account: UUID, path: str
) -> None:
    clinician = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)
    assert client.sign_in(clinician).get(clinic.path(path)).status == 403
    assert client.sign_in(account).get(clinic.path(path)).status == 403


def test_the_desk_does_not_see_another_clinics_patient(
    at_desk: PolicedClient, worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock
) -> None:
    foreign = make_record(worker_database, other_clinic, now=clock.now)
    for path in (f"staff/patients/{foreign}", f"staff/patients/{foreign}/edit"):
        assert at_desk.get(clinic.path(path)).status == 404
    assert at_desk.post(clinic.path(f"staff/patients/{foreign}/invite")).status == 404
