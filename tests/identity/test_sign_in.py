"""Signing in and up with a one-time code, through the pages."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.kernel.db import Database
from portal.notifications.models import Delivery
from tests.conftest import SystemSession
from tests.factories.identity import email_address, patient_sign_in, phone_number
from tests.identity.support import RunTasks, ask, last_code, sign_in, wrong
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside


@pytest.fixture
def phone() -> str:
    return phone_number()


def home(clinic: Clinic) -> str:
    return clinic.path("home")


def test_a_new_person_signs_up_with_a_phone_number(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, clinic: Clinic, phone: str
) -> None:
    answer = sign_in(client, outside, run_tasks, phone)
    assert (answer.status, answer.location) == (303, home(clinic))
    assert [message.to for message in outside.sms.sent] == [phone]
    assert "Where you are signed in" in client.get(clinic.path("sessions")).text


def test_a_person_signs_in_with_e_mail(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, clinic: Clinic
) -> None:
    address = email_address()
    answer = sign_in(client, outside, run_tasks, address)
    assert answer.location == home(clinic)
    mail = outside.mail.sent[0]
    assert mail.to == address
    assert "Harbour Clinic" in mail.subject
    assert mail.message_id.endswith("@localhost")


def test_signing_in_again_is_the_same_account(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    outside: Outside,
    run_tasks: RunTasks,
    clinic: Clinic,
) -> None:
    # As another person would write the same number.
    sign_in(client, outside, run_tasks, "+1 617 555 0188")
    other = new_client()
    sign_in(other, outside, run_tasks, "(617) 555-0188")
    assert other.get(clinic.path("sessions")).html.count("Last used:") == 2


def test_the_code_may_be_pasted_with_spaces_and_in_other_digits(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, clinic: Clinic, phone: str
) -> None:
    page = ask(client, phone)
    code = last_code(outside, run_tasks)
    arabic = code.translate({ord("0") + number: chr(0x660 + number) for number in range(10)})
    assert client.submit(page, {"code": f" {arabic[:3]} {arabic[3:]}"}, button="Continue").location == home(clinic)


def test_the_message_is_in_the_readers_language(client: PolicedClient, clinic: Clinic, system: SystemSession) -> None:
    page = client.get(clinic.path("sign-in?lang=es"))
    client.submit(page, {"contact": phone_number()}, button=None)
    with system("notifications") as session:
        assert session.scalars(select(Delivery)).one().language == "es"


def test_sign_in_leads_back_to_where_one_wanted_to_go(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, clinic: Clinic, phone: str
) -> None:
    refused = client.get(clinic.path("sessions"))
    assert refused.status == 303
    query = refused.location.partition("sign-in")[2]
    assert sign_in(client, outside, run_tasks, phone, query=query).location == clinic.path("sessions")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/other-clinic/home", "/%(slug)s/\\evil"]
)
def test_sign_in_never_leads_elsewhere(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, clinic: Clinic, phone: str, target: str
) -> None:
    query = "?next=" + target.replace("%(slug)s", clinic.slug)
    assert sign_in(client, outside, run_tasks, phone, query=query).location == home(clinic)


@pytest.mark.parametrize("contact", ["", "not a contact", "123", "a@", "x" * 300 + "@example.com"])
def test_a_contact_that_is_none_comes_back(client: PolicedClient, clinic: Clinic, contact: str) -> None:
    page = client.submit(client.get(clinic.path("sign-in")), {"contact": contact}, button="Send me a code")
    assert page.status == 422
    assert "There is a problem" in page.errors


def test_a_code_works_once(
    client: PolicedClient, new_client: Callable[[], PolicedClient], outside: Outside, run_tasks: RunTasks, phone: str
) -> None:
    page = ask(client, phone)
    code = last_code(outside, run_tasks)
    second = new_client()
    same = second.get(page.url)
    assert client.submit(page, {"code": code}, button="Continue").status == 303
    late = second.submit(same, {"code": code}, button="Continue")
    assert (late.status, "does not work any more" in late.text) == (422, True)


def test_a_wrong_code_says_how_many_tries_are_left_and_then_is_void(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, phone: str
) -> None:
    page = ask(client, phone)
    code = last_code(outside, run_tasks)
    for left in (4, 3, 2, 1):
        page = client.submit(page, {"code": wrong(code)}, button="Continue")
        assert page.status == 422
        assert f"You can try {left} more time" in page.errors
    page = client.submit(page, {"code": wrong(code)}, button="Continue")
    assert "does not work any more" in page.errors
    again = client.get(page.url)
    assert "code" not in [field.attributes.get("name") for field in again.tree.css("main input")]  # type: ignore[union-attr]


def test_the_right_code_after_too_many_wrong_ones_is_refused(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, phone: str
) -> None:
    page = ask(client, phone)
    code = last_code(outside, run_tasks)
    for _ in range(5):
        client.submit(page, {"code": wrong(code)}, button="Continue")
    assert client.submit(page, {"code": code}, button="Continue").status == 422


def test_a_code_ends_after_ten_minutes(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, phone: str, clock: Clock
) -> None:
    page = ask(client, phone)
    code = last_code(outside, run_tasks)
    clock.advance(minutes=10)
    assert client.submit(page, {"code": code}, button="Continue").status == 422


def test_another_code_can_be_asked_for(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, clinic: Clinic, phone: str, clock: Clock
) -> None:
    page = ask(client, phone)
    old = last_code(outside, run_tasks)
    clock.advance(minutes=11)
    fresh = client.submit(page, button="Send a new code", follow=True)
    assert phone in fresh.text
    new = last_code(outside, run_tasks)
    assert len(outside.sms.sent) == 2
    if new != old:
        assert client.submit(fresh, {"code": old}, button="Continue").status == 422
    assert client.submit(fresh, {"code": new}, button="Continue").location == home(clinic)


def test_the_contact_is_masked_for_a_browser_that_did_not_ask(
    client: PolicedClient, new_client: Callable[[], PolicedClient], phone: str
) -> None:
    page = ask(client, phone)
    assert phone in page.text
    seen = new_client().get(page.url)
    assert phone not in seen.html
    assert f"•••• {phone[-4:]}" in seen.text


@pytest.mark.parametrize("query", ["", "?code=nonsense", "?code=01890000-0000-7000-8000-000000000000"])
def test_the_code_page_without_a_code_leads_back(client: PolicedClient, clinic: Clinic, query: str) -> None:
    assert client.get(clinic.path("sign-in/code") + query).location == clinic.path("sign-in")


def test_a_code_of_another_clinic_is_unknown_here(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, other_clinic: Clinic, phone: str
) -> None:
    page = ask(client, phone)
    elsewhere = other_clinic.path("sign-in/code") + "?" + page.url.partition("?")[2]
    assert client.get(elsewhere).location == other_clinic.path("sign-in")


def test_only_so_many_codes_go_to_one_contact_in_an_hour(client: PolicedClient, phone: str, clock: Clock) -> None:
    for _ in range(5):
        assert ask(client, phone).status == 200
    refused = ask(client, phone)
    assert refused.status == 429
    assert refused.response.headers["Retry-After"] == "3600"
    assert "Too many codes" in refused.errors
    assert ask(client, phone_number()).status == 200
    clock.advance(minutes=61)
    assert ask(client, phone).status == 200


def test_only_so_many_codes_go_to_one_network_address_in_an_hour(client: PolicedClient) -> None:
    for _ in range(30):
        assert ask(client, phone_number()).status == 200
    assert ask(client, phone_number()).status == 429


def test_asking_twice_with_the_same_form_sends_one_code(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, clinic: Clinic, phone: str
) -> None:
    page = client.get(clinic.path("sign-in"))
    first = client.submit(page, {"contact": phone}, button="Send me a code")
    second = client.submit(page, {"contact": phone}, button="Send me a code")
    assert first.location == second.location
    run_tasks()
    assert len(outside.sms.sent) == 1


def bare(page: Page) -> str:
    """The page without what differs each time."""
    html = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", page.html)
    html = re.sub(r'nonce="[^"]+"', "", html)
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


def test_a_known_and_an_unknown_contact_get_the_same_answers(
    new_client: Callable[[], PolicedClient],
    worker_database: Database,
    outside: Outside,
    run_tasks: RunTasks,
    clinic: Clinic,
    clock: Clock,
) -> None:
    known, unknown = phone_number(), phone_number()
    patient_sign_in(worker_database, clinic, now=clock.now, target=known)
    seen = {}
    for contact in (known, unknown):
        client = new_client()
        page = ask(client, contact)
        code = last_code(outside, run_tasks)
        failed = client.submit(page, {"code": wrong(code)}, button="Continue")
        right = client.submit(failed, {"code": code}, button="Continue")
        seen[contact] = [bare(page).replace(contact, "TO"), bare(failed).replace(contact, "TO"), right.location]
    assert seen[known] == seen[unknown]


def test_a_suspended_account_cannot_sign_in(
    client: PolicedClient,
    outside: Outside,
    run_tasks: RunTasks,
    clinic: Clinic,
    urls: dict[str, str],
    phone: str,
    worker_database: Database,
    clock: Clock,
) -> None:
    account = patient_sign_in(worker_database, clinic, now=clock.now, target=phone)
    suspend(urls, account)
    page = ask(client, phone)
    answer = client.submit(page, {"code": last_code(outside, run_tasks)}, button="Continue")
    assert answer.status == 422
    assert "You cannot sign in here" in answer.errors
    assert client.get(clinic.path("sessions")).status == 303


def suspend(urls: dict[str, str], account: object) -> None:
    """As somebody with the database's own rights would."""
    import psycopg
    from sqlalchemy import make_url

    address = make_url(urls["admin"]).set(drivername="postgresql", database=urls["database"])
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        connection.execute("UPDATE identity.account SET status = 'suspended' WHERE id = %s", (account,))
