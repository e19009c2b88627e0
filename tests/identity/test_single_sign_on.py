"""Signing in at the clinic's identity provider, a process of its own: the way there and back, and who may come in."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.identity import current_code
from portal.identity.models import RoleAssignment
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import AUTHENTICATOR, PASSWORD, email_address, enrol, staff_member
from tests.identity.sso import ProviderProcess, begin, made, use_provider, walk
from tests.identity.support import staff_password
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once


def roles_in_force(database: Database, clinic: Clinic) -> list[str]:
    with database.transaction(clinic.system("single-sign-on")) as session:
        rows = session.scalars(select(RoleAssignment).where(RoleAssignment.until.is_(None)))
        return sorted(one.role for one in rows)


def test_somebody_new_in_a_mapped_group_gets_an_account_with_its_role(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    answer = walk(client, provider)
    assert (answer.status, answer.location) == (303, clinic.path("staff/"))
    assert client.get(clinic.path("staff/calendar")).status == 200
    assert made(worker_database, clinic) == (1, 1, 1)
    assert roles_in_force(worker_database, clinic) == ["front_desk"]


def test_a_second_sign_in_is_the_same_account_and_reads_the_groups_again(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    walk(client, provider)
    assert walk(client, provider, groups="doctors other").status == 303
    assert made(worker_database, clinic)[:2] == (1, 1)
    assert roles_in_force(worker_database, clinic) == ["clinician"]


@pytest.mark.parametrize("groups", ["", "cooks"])
def test_somebody_new_without_a_mapped_group_stays_outside(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database, groups: str
) -> None:
    answer = walk(client, provider, groups=groups)
    assert answer.status == 403
    assert "no group" in answer.text
    assert made(worker_database, clinic) == (0, 0, 0)


def test_whoever_has_left_the_group_is_refused_and_signed_out_everywhere(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    clinic: Clinic,
    provider: ProviderProcess,
    worker_database: Database,
) -> None:
    walk(client, provider)
    assert walk(new_client(), provider, groups="cooks").status == 403
    assert roles_in_force(worker_database, clinic) == []
    assert client.get(clinic.path("staff/calendar")).status == 303


def test_an_account_of_the_same_address_is_never_taken_but_linked_by_its_owner(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    clinic: Clinic,
    provider: ProviderProcess,
    worker_database: Database,
    clock: Clock,
) -> None:
    own = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, email="ann@example.com")
    enrol(worker_database, clinic, own, now=clock.now)
    answer = walk(client, provider)
    assert answer.location.startswith(clinic.path("staff/sign-in?next="))
    assert made(worker_database, clinic) == (1, 0, 0)
    page = client.get(answer.location)
    assert "Sign in to your account here once, to link it with Hospital ID." in page.text
    page = client.submit(page, {"email": "ann@example.com", "password": PASSWORD}, button="Sign in", follow=True)
    page = client.submit(page, {"code": current_code(AUTHENTICATOR, now=clock.now)}, button="Sign in", follow=True)
    assert "Dr. ann" in page.text
    assert client.submit(page, button="Yes, link them").status == 303
    other = new_client()
    assert walk(other, provider).location == clinic.path("staff/")
    assert made(worker_database, clinic)[:2] == (1, 1)
    assert roles_in_force(worker_database, clinic) == ["clinician", "front_desk"]


def test_another_browser_cannot_link_what_this_one_brought(
    client: PolicedClient,
    clinic: Clinic,
    provider: ProviderProcess,
    worker_database: Database,
    clock: Clock,
    app: Flask,
) -> None:
    staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, email="ann@example.com")
    way = re.findall(r"[0-9a-f-]{36}", walk(client, provider).location)[0]
    stranger = PolicedClient(app, clinic).sign_in(staff_member(worker_database, clinic, now=clock.now))
    assert stranger.get(clinic.path(f"staff/single-sign-on/{way}/link")).status == 404
    assert stranger.post(clinic.path(f"staff/single-sign-on/{way}/link")).status == 404


def test_without_two_factors_at_the_provider_ours_is_asked_for(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    provider.next(claims={"acr": "password"})
    assert walk(client, provider).location.startswith(clinic.path("sign-in/second-step"))
    assert client.get(clinic.path("staff/calendar")).status == 303, "nothing is open yet"
    assert made(worker_database, clinic)[2] == 0


def test_a_stolen_way_back_is_of_no_use_elsewhere_and_works_once_where_it_belongs(
    client: PolicedClient, new_client: Callable[[], PolicedClient], clinic: Clinic, provider: ProviderProcess
) -> None:
    back = provider.let_in(begin(client), sub="ann", groups="nurses")
    assert new_client().get(back).status == 403
    assert client.get(back).status == 303
    assert client.get(back).status == 403, "taken"


def test_two_answers_at_once_sign_in_once(
    client: PolicedClient, app: Flask, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    back = provider.let_in(begin(client), sub="ann", groups="nurses")
    cookie = client.browser.get_cookie("__Host-session", domain="localhost")
    assert cookie is not None
    assert sorted(statuses(app, [(back, cookie.value)] * 2)) == [303, 403]
    assert made(worker_database, clinic) == (1, 1, 1)


def test_two_first_sign_ins_at_once_make_one_account(
    new_client: Callable[[], PolicedClient],
    app: Flask,
    clinic: Clinic,
    provider: ProviderProcess,
    worker_database: Database,
) -> None:
    ways = []
    for client in (new_client(), new_client(), new_client()):
        back = provider.let_in(begin(client), sub="ann", groups="nurses")
        cookie = client.browser.get_cookie("__Host-session", domain="localhost")
        assert cookie is not None
        ways.append((back, cookie.value))
    assert statuses(app, ways) == [303, 303, 303]
    assert made(worker_database, clinic) == (1, 1, 3)


def statuses(app: Flask, ways: list[tuple[str, str]]) -> list[int]:
    def go(way: tuple[str, str]) -> int:
        browser = app.test_client(use_cookies=False)
        headers = {"Cookie": f"__Host-session={way[1]}"}
        return int(browser.get(way[0], base_url="https://localhost", headers=headers).status_code)

    return at_once(go, ways)


def test_the_provider_may_refuse_and_nothing_of_its_answer_is_shown(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess
) -> None:
    address = begin(client)
    state = address.split("state=")[1].split("&")[0]
    answer = client.get(
        clinic.path(f"staff/single-sign-on/back?state={state}&error=access_denied&error_description=secret")
    )
    assert answer.status == 403
    assert "Hospital ID did not sign you in." in answer.text
    assert "secret" not in answer.text


def test_without_passwords_of_ours_only_an_administrator_by_hand_gets_in_with_one(
    client: PolicedClient, clinic: Clinic, running: ProviderProcess, worker_database: Database, clock: Clock
) -> None:
    use_provider(worker_database, clinic, running, clock, own_sign_in=False)
    desk, admin = email_address("desk"), email_address("admin")
    staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=desk)
    staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, email=admin)
    assert "signs in another way" in staff_password(client, desk).errors
    assert "Set up" in staff_password(client, admin).text


def test_a_foreign_clinics_provider_opens_nothing_here(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, other_clinic: Clinic
) -> None:
    back = provider.let_in(begin(client), sub="ann", groups="nurses").replace(clinic.slug, other_clinic.slug)
    assert client.get(back).status == 403
