"""Which passwords are taken; staff change theirs, and get back in when it is forgotten."""

from uuid import UUID

import pytest
from argon2 import extract_parameters
from flask import Flask
from sqlalchemy import select

from portal.identity import WeakPassword, current_code
from portal.identity.models import OneTimeCode, Password
from portal.identity.passwords import _NOBODY, hash_password, is_right, require_strong
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import AUTHENTICATOR, PASSWORD, email_address, enrol, patient_sign_in, staff_member
from tests.identity.support import RunTasks, code_in, staff_password, wrong
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside

NEW = "seven quiet herons wade"


@pytest.fixture
def email() -> str:
    return email_address("desk")


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock, email: str) -> UUID:
    account = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email, name="Robin Desk")
    enrol(worker_database, clinic, account, now=clock.now)
    return account


@pytest.fixture
def browser(app: Flask, clinic: Clinic) -> PolicedClient:
    """Somebody who is not signed in."""
    return PolicedClient(app, clinic)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("eleven char", "length"),
        ("x" * 201, "length"),
        ("Robin Desk 2026", "personal"),
        ("desk--robin--robin", "personal"),
        ("robin.desk@example.com", "personal"),
        ("HARBOUR clinic 24", "personal"),
        ("password1234", "common"),
        ("P@ssw0rd1234!", "common"),
        ("qwertyuiopasdf", "common"),
        ("123456789012", "common"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaa", "common"),
        ("RobinDesk!2026", "personal"),
        ("harbourclinic1984", "personal"),
    ],
)
def test_what_is_guessed_first_is_not_taken(password: str, fault: str) -> None:
    with pytest.raises(WeakPassword) as weak:
        require_strong(password, personal=("Robin Desk", "robin.desk@example.com", "Harbour Clinic"))
    assert weak.value.fault == fault


@pytest.mark.parametrize(
    "password",
    [PASSWORD, NEW, "harbour light 1984", "x7#Kp!qz9$Lm", "علم القمر البارد يبتسم", "長い合言葉は安全ですよね本当に"],
)
def test_long_and_unexpected_ones_are(password: str) -> None:
    require_strong(password, personal=("Robin Desk", "robin.desk@example.com", "Harbour Clinic"))


def change(client: PolicedClient, old: str, new: str, *, follow: bool = False) -> Page:
    page = client.get(client.clinic.path("staff/password"))
    return client.submit(page, {"password": old, "new_password": new}, button="Change the password", follow=follow)


def is_out(client: PolicedClient) -> bool:
    return client.get(client.clinic.path("sessions")).status == 303


def test_an_account_that_does_not_exist_costs_what_one_costs_that_does() -> None:
    assert extract_parameters(_NOBODY) == extract_parameters(hash_password(PASSWORD))
    assert not is_right(PASSWORD, None)


def test_staff_change_their_password_and_their_other_devices_are_signed_out(
    client: PolicedClient, browser: PolicedClient, desk: UUID, email: str
) -> None:
    other = PolicedClient(client.app, client.clinic).sign_in(desk)
    client.sign_in(desk)
    assert "Your password is changed" in change(client, PASSWORD, NEW, follow=True).html
    assert (is_out(client), is_out(other)) == (False, True)
    assert staff_password(browser, email).status == 422
    assert "Second step" in staff_password(browser, email, NEW).text


def test_a_wrong_old_password_changes_nothing_and_counts(
    client: PolicedClient, browser: PolicedClient, desk: UUID, email: str
) -> None:
    client.sign_in(desk)
    refused = change(client, "not the password", NEW)
    assert (refused.status, "not your password" in refused.errors) == (422, True)
    assert NEW not in refused.html
    for _ in range(9):
        change(client, "not the password", NEW)
    assert change(client, PASSWORD, NEW).status == 429
    assert not is_out(client)


def test_a_weak_new_one_is_refused_with_the_reason(client: PolicedClient, desk: UUID) -> None:
    client.sign_in(desk)
    for new, said in (("short", "12 to 200"), ("Robin Desk Robin", "your name"), ("password12345", "easy to guess")):
        refused = change(client, PASSWORD, new)
        assert (refused.status, said in refused.errors) == (422, True)


def test_a_sign_in_that_was_begun_with_the_old_password_is_over(
    client: PolicedClient, browser: PolicedClient, desk: UUID, email: str, clock: Clock
) -> None:
    page = staff_password(browser, email)
    clock.advance(seconds=30)
    change(client.sign_in(desk), PASSWORD, NEW)
    answer = browser.submit(page, {"code": current_code(AUTHENTICATOR, now=clock.now)}, button="Sign in")
    assert answer.location.startswith(browser.clinic.path("staff/sign-in"))
    assert is_out(browser)


def test_patients_have_no_password_page(
    client: PolicedClient, database: Database, clinic: Clinic, clock: Clock
) -> None:
    client.sign_in(patient_sign_in(database, clinic, now=clock.now))
    assert client.get(clinic.path("staff/password")).status == 403


def test_a_password_hash_is_out_of_sight_of_colleagues(
    database: Database, worker_database: Database, desk: UUID, clinic: Clinic, clock: Clock
) -> None:
    admin = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now)
    who = Principal.of(tenant_id=clinic.id, user_id=admin, roles=[Role.CLINIC_ADMIN])
    for purpose, seen in (("care", []), ("factors", [admin])):
        with database.transaction(who.acting(purpose=purpose)) as session:
            assert [one.account_id for one in session.scalars(select(Password))] == seen


def ask(browser: PolicedClient, email: str) -> Page:
    page = browser.get(browser.clinic.path("staff/sign-in/forgotten"))
    return browser.submit(page, {"email": email}, button="Send me a code", follow=True)


def mailed(outside: Outside, run_tasks: RunTasks) -> str:
    run_tasks()
    return code_in(outside.mail.sent[-1])


def choose(browser: PolicedClient, page: Page, code: str, new: str = NEW) -> Page:
    return browser.submit(page, {"code": code, "new_password": new}, button="Change the password")


def test_a_forgotten_password_is_replaced_by_mail_and_the_second_factor_is_still_asked_for(
    client: PolicedClient, browser: PolicedClient, desk: UUID, email: str, outside: Outside, run_tasks: RunTasks
) -> None:
    client.sign_in(desk)
    page = ask(browser, email)
    answer = choose(browser, page, mailed(outside, run_tasks))
    assert "new password" in outside.mail.sent[-1].text
    assert answer.location == browser.clinic.path("staff/sign-in")
    assert is_out(client), "every device is signed out"
    assert is_out(browser), "nobody is signed in by a mail"
    assert staff_password(browser, email).status == 422
    assert "Second step" in staff_password(browser, email, NEW).text


def test_a_stranger_gets_the_same_page_and_nothing_more(
    browser: PolicedClient, desk: UUID, email: str, outside: Outside, run_tasks: RunTasks
) -> None:
    stranger = email_address("desk")
    page = ask(browser, stranger)
    refused = choose(browser, page, mailed(outside, run_tasks))
    assert refused.status == 422
    assert "does not work any more" in refused.text


def test_a_wrong_code_is_refused_and_five_void_it(
    browser: PolicedClient, desk: UUID, email: str, outside: Outside, run_tasks: RunTasks
) -> None:
    page = ask(browser, email)
    code = mailed(outside, run_tasks)
    for _ in range(5):
        assert choose(browser, page, wrong(code)).status == 422
    assert choose(browser, page, code).status == 422
    assert "Second step" in staff_password(browser, email).text


def test_a_weak_password_leaves_the_code_usable(
    browser: PolicedClient, desk: UUID, email: str, outside: Outside, run_tasks: RunTasks
) -> None:
    page = ask(browser, email)
    code = mailed(outside, run_tasks)
    assert "your name" in choose(browser, page, code, "Robin Desk Robin").errors
    assert choose(browser, page, code).status == 303
    again = {"code": code, "new_password": "another four quiet herons"}
    assert browser.post(page.url, again).status == 422, "and once only"


def test_one_change_voids_the_other_codes(
    app: Flask, browser: PolicedClient, desk: UUID, email: str, outside: Outside, run_tasks: RunTasks
) -> None:
    other = PolicedClient(app, browser.clinic)
    theirs = ask(other, email)
    first = mailed(outside, run_tasks)
    mine = ask(browser, email)
    assert choose(browser, mine, mailed(outside, run_tasks)).status == 303
    assert choose(other, theirs, first, "another four quiet herons").status == 422


def test_a_code_to_sign_in_changes_no_password_and_the_other_way_round(
    browser: PolicedClient, desk: UUID, email: str, outside: Outside, run_tasks: RunTasks, clinic: Clinic
) -> None:
    signing_in = browser.submit(
        browser.get(clinic.path("sign-in")), {"contact": email}, button="Send me a code", follow=True
    )
    code = mailed(outside, run_tasks)
    name = signing_in.url.partition("code=")[2]
    assert browser.get(clinic.path(f"staff/sign-in/new-password?code={name}")).status == 303
    reset = ask(browser, email).url.partition("code=")[2]
    assert browser.get(clinic.path(f"sign-in/code?code={reset}")).status == 303
    assert browser.submit(signing_in, {"code": code}, button="Continue").status == 303


def test_the_database_itself_keeps_the_uses_of_codes_apart(
    browser: PolicedClient, desk: UUID, email: str, database: Database, clinic: Clinic
) -> None:
    ask(browser, email)
    visitor = Principal.visitor(tenant_id=clinic.id)
    for purpose, count in (("reset", 1), ("sign-in", 0), ("visit-link", 0)):
        with database.transaction(visitor.acting(purpose=purpose)) as session:
            assert len(session.scalars(select(OneTimeCode)).all()) == count


@pytest.mark.parametrize("typed", ["", "nobody", "a@", "x" * 255 + "@example.com"])
def test_what_is_no_address_comes_back(browser: PolicedClient, typed: str) -> None:
    page = browser.get(browser.clinic.path("staff/sign-in/forgotten"))
    assert browser.submit(page, {"email": typed}, button="Send me a code").status == 422


def test_resets_are_limited_as_codes_are(browser: PolicedClient, email: str) -> None:
    for _ in range(5):
        assert "New password" in ask(browser, email).text
    assert ask(browser, email).status == 429


@pytest.mark.parametrize("code", ["", "x", "0190c0de-0000-7000-8000-000000000001"])
def test_without_a_code_there_is_no_new_password(browser: PolicedClient, code: str) -> None:
    answer = browser.get(browser.clinic.path(f"staff/sign-in/new-password?code={code}"))
    assert answer.location == browser.clinic.path("staff/sign-in/forgotten")


def test_another_clinics_code_does_nothing_here(
    app: Flask, browser: PolicedClient, other_clinic: Clinic, email: str
) -> None:
    there = ask(browser, email).url.partition("code=")[2]
    elsewhere = PolicedClient(app, other_clinic)
    assert elsewhere.get(other_clinic.path(f"staff/sign-in/new-password?code={there}")).status == 303
