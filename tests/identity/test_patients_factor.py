"""Patients may have a second factor: then it is asked for after the code that was sent to them."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from portal.identity import current_code, reset_factors
from portal.kernel.db import Database
from tests.conftest import SystemSession
from tests.factories.identity import AUTHENTICATOR, email_address, enrol, patient_sign_in, phone_number
from tests.identity.device import Device
from tests.identity.support import RunTasks, key_on, sign_in
from tests.identity.test_passkeys import ask, is_out, keep
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside

SignIn = Callable[..., Page]


@pytest.fixture
def phone() -> str:
    return phone_number()


@pytest.fixture
def account(database: Database, clinic: Clinic, clock: Clock, phone: str) -> UUID:
    return patient_sign_in(database, clinic, now=clock.now, target=phone)


@pytest.fixture
def enrolled(worker_database: Database, clinic: Clinic, clock: Clock, account: UUID) -> UUID:
    enrol(worker_database, clinic, account, now=clock.now)
    return account


@pytest.fixture
def first_step(client: PolicedClient, outside: Outside, run_tasks: RunTasks, phone: str) -> SignIn:
    """The code that was sent, typed in; returns the redirect."""

    def go(browser: PolicedClient = client, *, query: str = "") -> Page:
        return sign_in(browser, outside, run_tasks, phone, query=query)

    return go


def code(clock: Clock) -> str:
    return current_code(AUTHENTICATOR, now=clock.now)


@pytest.mark.usefixtures("account")
def test_without_one_the_code_is_enough(client: PolicedClient, clinic: Clinic, first_step: SignIn) -> None:
    assert first_step().location == clinic.path("home")
    assert not is_out(client)


@pytest.mark.usefixtures("enrolled")
def test_with_an_app_the_code_opens_nothing_until_the_app_has_shown_its_own(
    client: PolicedClient, clinic: Clinic, clock: Clock, first_step: SignIn
) -> None:
    wanted = clinic.path("invoices")
    answer = first_step(query=f"?next={wanted}")
    assert answer.location == clinic.path("sign-in/second-step") + f"?next={wanted}"
    assert is_out(client)
    page = client.get(answer.location)
    assert "administrator" not in page.text
    assert client.submit(page, {"code": "000000"}, button="Sign in").status == 422
    done = client.submit(page, {"code": code(clock)}, button="Sign in")
    assert done.location == wanted
    assert not is_out(client)


@pytest.mark.usefixtures("enrolled")
def test_a_second_step_that_has_run_out_leads_back_to_the_patients_page(
    client: PolicedClient, clinic: Clinic, clock: Clock, first_step: SignIn
) -> None:
    page = client.get(first_step().location)
    clock.advance(minutes=11)
    late = client.submit(page, {"code": code(clock)}, button="Sign in")
    assert late.location == clinic.path("sign-in")
    assert is_out(client)


def test_a_passkey_is_the_second_step_as_well(
    app: Flask, client: PolicedClient, clinic: Clinic, account: UUID, first_step: SignIn
) -> None:
    device = keep(PolicedClient(app, clinic).sign_in(account), Device(count=None))
    assert "Use a passkey" in client.get(first_step().location).html
    answer = device.show(ask(client, "sign-in/second-step/question"))
    assert client.post(clinic.path("sign-in/second-step/passkey"), {"passkey": answer}).location == clinic.path("home")


def test_printed_codes_stand_in_for_a_lost_phone_and_are_offered_once_there_is_something_to_lose(
    app: Flask, client: PolicedClient, clinic: Clinic, account: UUID, clock: Clock, first_step: SignIn
) -> None:
    mine = PolicedClient(app, clinic).sign_in(account)
    assert "Printed codes" not in mine.get(clinic.path("factors")).text
    offered = mine.submit(mine.get(clinic.path("factors")), button="Add an app", follow=True)
    done = mine.submit(offered, {"code": current_code(key_on(offered), now=clock.now)}, follow=True)
    assert "Printed codes" in done.text
    made = mine.submit(mine.get(clinic.path("factors/printed-codes")), button="Make ten new codes")
    assert made.tree is not None
    printed = [" ".join(item.text().split()) for item in made.tree.css(".printed-codes li")]
    assert len(printed) == 10
    page = client.get(first_step().location)
    assert client.submit(page, {"code": printed[0]}, button="Sign in").location == clinic.path("home")


@pytest.mark.usefixtures("enrolled")
def test_a_patient_may_take_the_last_one_away(
    app: Flask, client: PolicedClient, clinic: Clinic, account: UUID, first_step: SignIn
) -> None:
    mine = PolicedClient(app, clinic).sign_in(account)
    mine.submit(mine.get(clinic.path("factors")), button="Remove this app")
    assert first_step().location == clinic.path("home")


@pytest.mark.usefixtures("enrolled")
def test_the_clinic_takes_a_lost_one_away(
    clinic: Clinic, phone: str, clock: Clock, system: SystemSession, first_step: SignIn
) -> None:
    with system("provisioning") as session:
        reset_factors(session, contact=phone, kind="patient", now=clock.now)
    assert first_step().location == clinic.path("home")


def test_a_staff_members_code_as_a_patient_is_not_held_up_by_their_staff_app(
    client: PolicedClient,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    outside: Outside,
    run_tasks: RunTasks,
) -> None:
    from tests.factories.identity import staff_member

    email = email_address("doctor")
    enrol(worker_database, clinic, staff_member(worker_database, clinic, now=clock.now, email=email), now=clock.now)
    assert sign_in(client, outside, run_tasks, email).location == clinic.path("home")
