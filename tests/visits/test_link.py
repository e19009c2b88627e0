"""The link in a message: names one visit, shows little, changes nothing, and leads on through the contact on file."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.kernel.db import Database
from portal.kernel.ids import new_id
from tests.factories.visits import BookedVisit, make_booked_visit
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside

RunTasks = Callable[..., int]
NewClient = Callable[[], PolicedClient]


@pytest.fixture
def address(clinic: Clinic, booked: BookedVisit) -> str:
    return clinic.path(f"v/{booked.visit_id}")


@pytest.fixture
def told(run_tasks: RunTasks, booked: BookedVisit, outside: Outside) -> Outside:
    """The booking's own messages are out; what comes now is the link's."""
    run_tasks()
    outside.sms.sent.clear()
    outside.mail.sent.clear()
    return outside


def bare(page: Page) -> str:
    """A page without what differs by request: nonce, form token, request id, idempotency key."""
    html = re.sub(r'nonce="[^"]*"', "", page.html)
    html = re.sub(r'value="[^"]*"', "", html)
    return re.sub(r"[0-9a-f]{8,}(-[0-9a-f]{4,}){0,4}", "", html)


def test_a_visitor_sees_the_clinic_and_the_time_and_nothing_else(
    client: PolicedClient, address: str, booked: BookedVisit
) -> None:
    page = client.get(address)
    assert page.status == 200
    assert "Harbour Clinic" in page.text
    assert "Eastern" in page.text
    for secret in ("Maria", "Gomez", "Raman", "First visit", "550123", "5550123", str(booked.patient_id)):
        assert secret not in page.html


def test_looking_changes_nothing(
    client: PolicedClient, address: str, told: Outside, run_tasks: RunTasks, worker_database: Database, clinic: Clinic
) -> None:
    for _ in range(3):
        client.get(address)
    run_tasks()
    assert told.sent == []
    with worker_database.transaction(clinic.system("tests")) as session:
        assert session.scalar(text("SELECT count(*) FROM identity.one_time_code")) == 0


def test_the_code_goes_to_the_contact_on_file_and_leads_to_the_visit(
    client: PolicedClient, address: str, told: Outside, run_tasks: RunTasks, booked: BookedVisit, clinic: Clinic
) -> None:
    # A number that somebody adds to the request is not read.
    answer = client.submit(client.get(address), {"contact": "+16175550000", "target": "+16175550000"})
    assert answer.status == 303
    assert "5550" not in answer.location
    run_tasks()
    (message,) = told.sms.sent
    assert message.to == "+16175550123"
    (code,) = re.findall(r"\b\d{6}\b", message.text)
    entry = client.get(answer.location)
    assert "5550123" not in entry.html.replace("-", "").replace(" ", "")
    page = client.submit(entry, {"code": code}, button="Continue", follow=True)
    assert page.url == booked.page(clinic)
    assert page.status == 200


def test_the_right_patient_goes_straight_to_the_visit(
    client: PolicedClient, address: str, booked: BookedVisit, clinic: Clinic, told: Outside
) -> None:
    assert client.sign_in(booked.account).get(address).location == booked.page(clinic)


def test_a_wrong_patient_is_told_and_sees_nothing(
    client: PolicedClient, address: str, booked: BookedVisit, told: Outside
) -> None:
    page = client.sign_in(booked.stranger).get(address)
    assert page.status == 200
    assert "somebody whom this link is not for" in page.text
    for secret in ("Maria", "Gomez", "Raman", "First visit", "550123", str(booked.patient_id)):
        assert secret not in page.html


def test_a_wrong_patient_who_asks_sends_the_code_to_the_right_one(
    client: PolicedClient, address: str, booked: BookedVisit, told: Outside, run_tasks: RunTasks
) -> None:
    client.sign_in(booked.stranger)
    client.submit(client.get(address), button="Send me a code")
    run_tasks()
    assert [message.to for message in told.sms.sent] == ["+16175550123"]


def test_unknown_and_another_clinics_are_the_same(
    client: PolicedClient,
    worker_database: Database,
    database: Database,
    other_clinic: Clinic,
    clinic: Clinic,
    clock: Clock,
    booked: BookedVisit,
) -> None:
    foreign = make_booked_visit(worker_database, database, other_clinic, now=clock.now)
    client.get(clinic.path())  # a browser's first page carries its style sheet, later ones link it
    pages = [client.get(clinic.path(f"v/{visit}")) for visit in (new_id(), foreign.visit_id)]
    assert [page.status for page in pages] == [404, 404]
    assert bare(pages[0]) == bare(pages[1])
    posts = [client.post(clinic.path(f"v/{visit}")) for visit in (new_id(), foreign.visit_id)]
    assert [page.status for page in posts] == [404, 404]
    assert bare(posts[0]) == bare(posts[1])


@pytest.mark.parametrize("where", ["link", "code"])
def test_a_page_that_is_not_there_is_not_there_for_anybody(
    where: str, client: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    paths = {"link": clinic.path("v/1"), "code": clinic.path(f"v/{booked.visit_id}/code")}
    assert client.get(paths[where]).status == 404


def test_codes_are_limited_and_the_page_says_so(
    client: PolicedClient, address: str, told: Outside, run_tasks: RunTasks
) -> None:
    statuses = [client.submit(client.get(address)).status for _ in range(8)]
    assert statuses[0] == 303
    assert statuses[-1] == 429
    assert "Too many codes" in client.submit(client.get(address)).text
    run_tasks()
    assert len(told.sms.sent) == statuses.count(303)


def test_a_cancelled_visits_link_says_that_it_is_cancelled(
    client: PolicedClient, address: str, booked: BookedVisit, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    from portal.scheduling import cancel_appointment

    with worker_database.transaction(clinic.system("scheduling")) as session:
        cancel_appointment(session, appointment_id=booked.visit_id, reason="prov", by_staff=True, now=clock.now)
    assert "This appointment is cancelled." in client.get(address).text


def test_after_a_visit_its_link_still_grants_nothing(
    client: PolicedClient, address: str, booked: BookedVisit, clock: Clock
) -> None:
    clock.now = booked.starts_at + timedelta(days=30)
    page = client.get(address)
    assert page.status == 200
    assert "Maria" not in page.html


ENGLISH_PHONE = {"Accept-Language": "en-US,en;q=0.9"}


def reads(client: PolicedClient, path: str) -> tuple[str | None, str | None]:
    """Language and direction of the page, on a phone that is set to English."""
    page = client.get(path, headers=ENGLISH_PHONE)
    assert page.tree is not None
    root = page.tree.css_first("html")
    return root.attributes["lang"], root.attributes["dir"]


def test_who_follows_an_arabic_message_on_an_english_phone_reads_on_in_arabic(
    client: PolicedClient,
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    clock: Clock,
    run_tasks: RunTasks,
    outside: Outside,
) -> None:
    make_booked_visit(worker_database, database, clinic, now=clock.now, language="ar")
    run_tasks()
    found = re.search(r"https://localhost(\S+)", outside.sms.sent[0].text)
    assert found is not None
    assert reads(client, found[1]) == ("ar", "rtl")
    asked = client.submit(client.get(found[1], headers=ENGLISH_PHONE))
    assert reads(client, asked.location) == ("ar", "rtl")
    run_tasks()
    assert "رمز" in outside.sms.sent[-1].text
    assert reads(client, clinic.path("sign-in")) == ("ar", "rtl")


def test_a_link_does_not_undo_what_its_reader_chose(client: PolicedClient, address: str) -> None:
    client.get(f"{address}?lang=es")
    assert reads(client, f"{address}?in=ar") == ("es", "ltr")


def test_a_choice_made_on_the_page_of_a_link_stands(client: PolicedClient, address: str) -> None:
    page = client.get(f"{address}?in=ar")
    assert page.tree is not None
    switch = page.tree.css_first("nav.languages a[hreflang=fr]").attributes["href"]
    assert switch == "?lang=fr"
    assert reads(client, f"{address}{switch}") == ("fr", "ltr")
    assert reads(client, f"{address}?in=ar") == ("fr", "ltr")


def test_a_link_does_not_overrule_the_account_of_who_is_signed_in(
    client: PolicedClient, clinic: Clinic, address: str, booked: BookedVisit
) -> None:
    assert reads(client, f"{address}?in=ar") == ("ar", "rtl")
    client.sign_in(booked.stranger)
    assert reads(client, f"{address}?in=ar") == ("en", "ltr")
    assert reads(client, clinic.path()) == ("en", "ltr")


def test_the_newest_link_counts(client: PolicedClient, address: str) -> None:
    reads(client, f"{address}?in=ar")
    assert reads(client, f"{address}?in=vi") == ("vi", "ltr")


@pytest.mark.parametrize("said", ["", "xx", "ar-EG", "../en", "AR"])
def test_a_link_that_names_no_language_of_ours_says_nothing(client: PolicedClient, address: str, said: str) -> None:
    assert reads(client, f"{address}?in={said}") == ("en", "ltr")


def test_who_signs_out_of_a_browser_still_reads_as_the_link_said(
    client: PolicedClient, clinic: Clinic, address: str, booked: BookedVisit
) -> None:
    reads(client, f"{address}?in=ar")
    client.sign_in(booked.stranger)
    client.post(clinic.path("sign-out"))
    assert reads(client, address) == ("ar", "rtl")
