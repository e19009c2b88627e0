"""How often what may be tried: waits that grow and shrink, a victim who still gets in, and Redis that is gone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.identity import current_code
from portal.identity.models import Attempt
from portal.identity.operations import TooMany, count_try
from portal.identity.routes.devices import COOKIE
from portal.identity.rules import FIRST_WAIT, LIMITS, WINDOW, KnownDevice, wait_after
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import AUTHENTICATOR, PASSWORD, email_address, enrol, phone_number, staff_member
from tests.identity.support import RunTasks, ask, sign_in, staff_password
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside
from tests.support.processes import make_test_process

NOW = utc_now()


@pytest.fixture
def email() -> str:
    return email_address("desk")


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock, email: str) -> UUID:
    account = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email)
    enrol(worker_database, clinic, account, now=clock.now)
    return account


def from_address(app: Flask, clinic: Clinic, address: str) -> PolicedClient:
    client = PolicedClient(app, clinic)
    client.browser.environ_base["REMOTE_ADDR"] = address
    return client


def full_sign_in(client: PolicedClient, email: str, clock: Clock) -> None:
    """Password and code; the clock moves, since a code works once."""
    clock.advance(minutes=1)
    page = staff_password(client, email)
    answer = client.submit(page, {"code": current_code(AUTHENTICATOR, now=clock.now)}, button="Sign in")
    assert answer.status == 303


def guess(client: PolicedClient, email: str, times: int) -> Page:
    for _ in range(times):
        page = staff_password(client, email, "not the password")
    return page


def test_waits_double_up_to_an_hour() -> None:
    waits = [wait_after(count, 10, last=NOW, now=NOW) for count in (9, 10, 11, 12, 15, 16, 99)]
    assert waits[0] == timedelta(0)
    assert waits[1:4] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[4:] == [32 * FIRST_WAIT, WINDOW, WINDOW]


@given(count=st.integers(0, 10**6), free=st.none() | st.integers(0, 10**4), ago=st.integers(0, 10**5))
def test_a_wait_is_never_negative_nor_longer_than_the_window(count: int, free: int | None, ago: int) -> None:
    wait = wait_after(count, free, last=NOW - timedelta(seconds=ago), now=NOW)
    assert timedelta(0) <= wait <= WINDOW
    if ago >= WINDOW.total_seconds():
        assert wait == timedelta(0), "whoever waits the window out gets in"


@pytest.mark.usefixtures("desk")
def test_the_wait_grows_with_each_try_is_told_and_shrinks_again(
    client: PolicedClient, email: str, clock: Clock
) -> None:
    refused = guess(client, email, 11)
    assert refused.status == 429
    assert "Wait 1 minute " in refused.errors
    assert staff_password(client, email).status == 429, "the right one as well"
    for minutes in (1, 2, 4):
        clock.advance(minutes=minutes)
        assert staff_password(client, email, "not the password").status == 422
        assert staff_password(client, email).status == 429
    assert "Wait 8 minutes" in staff_password(client, email).errors
    clock.advance(minutes=54)
    # Ten of the tries are an hour old by now.
    assert staff_password(client, email, "not the password").status == 422
    assert "Second step" in staff_password(client, email).text


@pytest.mark.usefixtures("desk")
def test_tries_that_were_refused_do_not_lengthen_the_wait(client: PolicedClient, email: str, clock: Clock) -> None:
    guess(client, email, 30)
    clock.advance(minutes=1)
    assert "Second step" in staff_password(client, email).text


@pytest.mark.usefixtures("desk")
def test_a_victim_gets_in_on_a_device_on_which_they_have_signed_in_before(
    app: Flask, client: PolicedClient, clinic: Clinic, email: str, clock: Clock
) -> None:
    full_sign_in(client, email, clock)
    for number in range(6):
        guess(from_address(app, clinic, f"192.0.2.{number}"), email, 10)
    stranger = from_address(app, clinic, "192.0.2.77")
    assert staff_password(stranger, email).status == 429, "from anywhere"
    full_sign_in(client, email, clock)


@pytest.mark.usefixtures("desk")
def test_a_known_device_has_a_limit_of_its_own(
    app: Flask, client: PolicedClient, clinic: Clinic, email: str, clock: Clock
) -> None:
    full_sign_in(client, email, clock)
    assert guess(client, email, 10).status == 422
    assert guess(client, email, 1).status == 429
    assert "Second step" in staff_password(from_address(app, clinic, "192.0.2.9"), email).text


@pytest.mark.usefixtures("desk")
def test_a_device_is_known_for_who_signed_in_on_it_and_for_nobody_else(
    app: Flask, client: PolicedClient, worker_database: Database, clinic: Clinic, email: str, clock: Clock
) -> None:
    attacker = email_address("other")
    enrol(
        worker_database,
        clinic,
        staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=attacker),
        now=clock.now,
    )
    full_sign_in(client, attacker, clock)
    guess(client, email, 10)
    assert staff_password(client, email).status == 429


@pytest.mark.usefixtures("desk")
def test_the_cookie_says_nothing_lasts_and_cannot_be_made(
    app: Flask, client: PolicedClient, clinic: Clinic, email: str, clock: Clock
) -> None:
    clock.advance(minutes=1)
    page = staff_password(client, email)
    assert client.browser.get_cookie(COOKIE, domain="localhost") is None, "not before the second factor"
    answer = client.submit(page, {"code": current_code(AUTHENTICATOR, now=clock.now)}, button="Sign in")
    line = next(one for one in answer.response.headers.getlist("Set-Cookie") if one.startswith(COOKIE))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=34560000"} <= {*line.split("; ")}
    assert "Domain" not in line
    assert email not in line
    held = client.browser.get_cookie(COOKIE, domain="localhost")
    assert held is not None
    forged = from_address(app, clinic, "192.0.2.5")
    forged.browser.set_cookie(COOKIE, held.value[:-2] + "xx", domain="localhost", secure=True)
    guess(forged, email, 10)
    assert staff_password(forged, email).status == 429


def test_a_patients_phone_is_not_kept_from_codes_by_strangers(
    app: Flask, client: PolicedClient, clinic: Clinic, outside: Outside, run_tasks: RunTasks
) -> None:
    phone = phone_number()
    sign_in(client, outside, run_tasks, phone)
    stranger = from_address(app, clinic, "192.0.2.3")
    while ask(stranger, phone).status == 200:
        pass
    assert ask(client, phone).status == 200


def tried(session_of: Database, clinic: Clinic, clock: Clock, *, kind: str, target: str, address: str) -> bool:
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")
    try:
        with session_of.transaction(visitor) as session:
            count_try(session, kind=kind, target=target, address=address, now=clock.now)
    except TooMany:
        return False
    return True


def fill(database: Database, clinic: Clinic, clock: Clock, *, kind: str, count: int, address: str = "") -> None:
    """So many tries of as many targets, from as many places where no `address` is named."""
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")
    with database.transaction(visitor) as session:
        session.add_all(
            Attempt(
                kind=kind, target_index=number.to_bytes(32), address=address or f"2001:db8::{number:x}", at=clock.now
            )
            for number in range(count)
        )


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("kind", sorted(LIMITS))
def test_each_kind_is_limited_by_address_and_in_all(
    database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock, kind: str
) -> None:
    limit = LIMITS[kind]
    fill(database, clinic, clock, kind=kind, count=limit.in_all)
    assert not tried(database, clinic, clock, kind=kind, target="fresh", address="192.0.2.200")
    assert tried(database, other_clinic, clock, kind=kind, target="fresh", address="192.0.2.200"), "their own count"
    fill(database, other_clinic, clock, kind=kind, count=limit.address - 2, address="192.0.2.200")
    assert tried(database, other_clinic, clock, kind=kind, target="last", address="192.0.2.200")
    assert not tried(database, other_clinic, clock, kind=kind, target="next", address="192.0.2.200")
    assert tried(database, other_clinic, clock, kind=kind, target="next", address="192.0.2.201")


@pytest.mark.usefixtures("app")
def test_a_device_keeps_no_address_and_counts_for_nobody_else(database: Database, clinic: Clinic, clock: Clock) -> None:
    from portal.identity.operations import marks_of

    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")
    with database.transaction(visitor) as session:
        marks = marks_of(session, account_id=UUID(int=1), contact="kim@example.com")
        device = KnownDevice(id="here", marks=tuple(marks))
        count_try(session, kind="password", target="KIM@example.com", address="192.0.2.4", device=device, now=clock.now)
        assert session.scalars(select(Attempt.address)).all() == [""]


@pytest.fixture
def without_redis(
    urls: dict[str, str], folder: Path, clock: Clock, another_app: Callable[..., Flask]
) -> Iterator[Flask]:
    """The portal with nobody where Redis should be."""
    process = make_test_process("portal_web", urls=urls, redis_url="redis://127.0.0.1:1/0", folder=folder, clock=clock)
    app = another_app(process, now=clock)
    app.testing = True
    yield app
    process.database.engine.dispose()


@pytest.mark.usefixtures("desk")
def test_limits_hold_and_people_get_in_when_redis_is_gone(
    without_redis: Flask, clinic: Clinic, email: str, clock: Clock
) -> None:
    full_sign_in(PolicedClient(without_redis, clinic), email, clock)
    stranger = from_address(without_redis, clinic, "192.0.2.6")
    assert guess(stranger, email, 10).status == 422
    assert staff_password(stranger, email, PASSWORD).status == 429
    for _ in range(5):
        assert ask(stranger, email).status == 200
    assert ask(stranger, email).status == 429


def test_questions_to_passkeys_are_limited_by_address(
    client: PolicedClient, clinic: Clinic, database: Database, clock: Clock
) -> None:
    fill(database, clinic, clock, kind="question", count=LIMITS["question"].in_all)
    assert client.post(clinic.path("sign-in/passkey/question")).status == 429
