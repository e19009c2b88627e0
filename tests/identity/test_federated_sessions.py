"""What a session that began at the provider may do, and when it ends: roles by groups, factors, linking, logouts."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from deploy.processes import wait_until
from portal.identity import current_code
from portal.identity.models import FederatedIdentity, FederatedSignIn, IdentityProvider, LoginSession
from portal.identity.operations import hold_federated, note_federated_session, start_session, take_logout
from portal.identity.operations.people import end_account
from portal.identity.ports import LogoutNotice
from portal.identity.queries import load_principal
from portal.identity.routes import single_sign_on
from portal.identity.rules import Limit
from portal.identity.wiring import wiring
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import AUTHENTICATOR, PASSWORD, enrol, staff_member
from tests.identity.sso import ProviderProcess, begin, made, tell, use_groups, use_provider, walk
from tests.identity.support import key_on, staff_password
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

EMAIL = "ann@example.com"
NewClient = Callable[[], PolicedClient]


@pytest.fixture
def ann(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    """An account of this portal's own: at the desk, by hand."""
    own = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=EMAIL)
    enrol(worker_database, clinic, own, now=clock.now)
    return own


def by_password(client: PolicedClient, clock: Clock) -> PolicedClient:
    page = staff_password(client, EMAIL)
    code = current_code(AUTHENTICATOR, now=clock.now)
    assert client.submit(page, {"code": code}, button="Sign in").status == 303
    return client


def link(client: PolicedClient, provider: ProviderProcess, clock: Clock) -> None:
    """The whole way: at the provider, then to one's own account."""
    page = client.get(walk(client, provider).location)
    page = client.submit(page, {"email": EMAIL, "password": PASSWORD}, button="Sign in", follow=True)
    code = current_code(AUTHENTICATOR, now=clock.now)
    page = client.submit(page, {"code": code}, button="Sign in", follow=True)
    assert client.submit(page, button="Yes, link them").status == 303


@pytest.mark.usefixtures("ann")
def test_a_role_by_a_group_counts_only_where_the_provider_has_let_the_person_in(
    client: PolicedClient, new_client: NewClient, clinic: Clinic, provider: ProviderProcess, clock: Clock
) -> None:
    link(client, provider, clock)
    there = new_client()
    walk(there, provider, groups="doctors")
    clock.advance(minutes=1)
    here = by_password(new_client(), clock)
    assert there.get(clinic.path("staff/my-day")).status == 200
    assert here.get(clinic.path("staff/my-day")).status == 403
    assert there.get(clinic.path("staff/calendar")).status == here.get(clinic.path("staff/calendar")).status == 200


def test_who_has_no_factor_of_ours_sets_one_up_and_is_told_so_where_one_is_needed(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, clock: Clock, worker_database: Database
) -> None:
    use_groups(worker_database, clinic, "admins", "clinic_admin")
    walk(client, provider, groups="admins")
    page = client.get(clinic.path("staff/identity-provider"), follow=True)
    assert "you have none yet" in page.text
    page = client.get(page.links()["Set one up"])
    page = client.submit(page, button="Add an app", follow=True)
    key = key_on(page)
    assert client.submit(page, {"code": current_code(key, now=clock.now)}, follow=True).status == 200
    clock.advance(minutes=1)
    page = client.get(clinic.path("staff/identity-provider"), follow=True)
    page = client.submit(page, {"step_up_code": current_code(key, now=clock.now)}, follow=True)
    assert "Redirect address" in page.text


def test_what_was_shown_at_the_provider_counts_from_when_it_was_shown(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    provider.next(times={"auth_time": -1500})
    assert walk(client, provider).status == 303
    page = client.get(clinic.path("staff/pin"), follow=True)
    assert "You signed in a while ago." in page.text
    with worker_database.transaction(clinic.system("single-sign-on")) as session:
        row = session.scalars(select(LoginSession)).one()
        assert row.second_factor_at is not None
        assert timedelta(minutes=20) < row.created_at - row.second_factor_at < timedelta(minutes=30)


def test_who_does_not_say_when_has_shown_nothing_lately(
    client: PolicedClient, clinic: Clinic, running: ProviderProcess, worker_database: Database, clock: Clock
) -> None:
    use_provider(worker_database, clinic, running, clock, max_age_seconds=None)
    running.next(without=["auth_time"])
    assert walk(client, running).status == 303
    assert "You signed in a while ago." in client.get(clinic.path("staff/pin"), follow=True).text


def test_where_somebody_has_signed_in_before_the_provider_asks_anew_and_must_have_done_so(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess
) -> None:
    assert "prompt=login" not in begin(client)
    walk(client, provider)
    client.post(clinic.path("sign-out"))
    address = begin(client)
    assert "prompt=login" in address and "max_age=0" in address
    provider.next(times={"auth_time": -300})
    answer = walk(client, provider)
    assert (answer.status, "too long ago" in answer.text) == (403, True)
    assert client.get(clinic.path("sessions")).status == 303


def test_a_provider_that_is_switched_off_lets_nobody_go_on(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database, clock: Clock
) -> None:
    walk(client, provider)
    admin = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now)
    who = Principal.of(tenant_id=clinic.id, user_id=admin, roles=[Role.CLINIC_ADMIN]).acting(purpose="single-sign-on")
    with worker_database.transaction(who) as session:
        session.scalars(select(IdentityProvider)).one().is_on = False
        session.flush()
    assert client.get(clinic.path("sessions")).status == 303


def test_a_locked_screen_of_somebody_without_a_password_opens_by_pin_and_says_so(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess
) -> None:
    walk(client, provider)
    back = clinic.path("sessions")
    page = client.get(client.post(clinic.path(f"lock?next={back}")).location)
    assert "You have no password, PIN or passkey here." in page.text
    assert 'name="password"' not in page.html
    assert page.links()["Sign in again"].startswith(clinic.path("staff/sign-in"))
    walk(client, provider)
    assert client.submit(client.get(clinic.path("staff/pin")), {"pin": "840273"}).status == 303
    page = client.get(client.post(clinic.path(f"lock?next={back}")).location)
    assert "You have no password here. Use your PIN." in page.text
    assert "Write your PIN, or use a passkey." in client.submit(page, button="Unlock").errors
    assert client.submit(page, {"pin": "840273"}).location == back


@pytest.mark.usefixtures("ann")
def test_a_page_left_open_links_nobody_elses_sign_in(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, clock: Clock, worker_database: Database
) -> None:
    by_password(client, clock)
    clock.advance(seconds=30)
    provider.next(claims={"email": EMAIL})
    way = re.findall(r"[0-9a-f-]{36}", walk(client, provider, sub="eve").location)[0]
    path = clinic.path(f"staff/single-sign-on/{way}/link")
    assert "Show that it is you" in client.get(path, follow=True).text
    assert client.post(path).status == 403
    assert made(worker_database, clinic)[1] == 0


def test_who_has_left_does_not_come_back_by_the_provider(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database, clock: Clock
) -> None:
    walk(client, provider)
    admin = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now)
    who = Principal.of(tenant_id=clinic.id, user_id=admin, roles=[Role.CLINIC_ADMIN]).acting(purpose="people")
    with worker_database.transaction(clinic.system("single-sign-on")) as session:
        account = session.scalars(select(FederatedIdentity.account_id)).one()
    with worker_database.transaction(who) as session:
        end_account(session, account_id=account, reason="Left.", now=clock.now)
    with worker_database.transaction(clinic.system("single-sign-on")) as session:
        assert session.scalars(select(FederatedIdentity)).one().ended_at == clock.now
    answer = walk(client, provider)
    assert (answer.status, "You cannot sign in here." in answer.text) == (403, True)
    assert made(worker_database, clinic)[:2] == (2, 1)


@pytest.mark.parametrize("step", ["_redeem", "_settle"])
def test_a_logout_while_a_sign_in_is_on_its_way_ends_it(
    client: PolicedClient,
    clinic: Clinic,
    provider: ProviderProcess,
    worker_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    real = getattr(single_sign_on, step)

    def told_meanwhile(*given: object) -> object:
        done = real(*given)
        with ThreadPoolExecutor(1) as elsewhere:
            assert elsewhere.submit(tell, client, provider.logout_token(sid="sid-ann")).result().status == 200
        return done

    back = provider.let_in(begin(client), sub="ann", groups="nurses")
    monkeypatch.setattr(single_sign_on, step, told_meanwhile)
    answer = client.get(back)
    assert (answer.status, "has ended meanwhile" in answer.text) == (403, True)
    assert made(worker_database, clinic)[2] == 0
    assert client.get(clinic.path("sessions")).status == 303


def test_a_logout_between_the_provider_and_our_second_step_ends_the_sign_in(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database, clock: Clock
) -> None:
    provider.next(claims={"acr": "password"})
    page = client.get(walk(client, provider).location, follow=True)
    tell(client, provider.logout_token(sub="ann"))
    client.submit(page, {"code": current_code(key_on(page), now=clock.now)})
    assert made(worker_database, clinic)[2] == 0


@pytest.mark.usefixtures("app")
def test_a_logout_waits_for_a_session_that_is_beginning_and_ends_it(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database, clock: Clock
) -> None:
    walk(client, provider)
    with worker_database.transaction(clinic.system("single-sign-on")) as session:
        way = session.scalars(select(FederatedSignIn.id)).one()
        account = session.scalars(select(FederatedIdentity.account_id)).one()
    notice = LogoutNotice(
        issuer=provider.url, subject="ann", sid=None, jti="j", issued_at=clock.now, expires_at=clock.now
    )

    def log_out() -> int:
        with worker_database.transaction(clinic.system("single-sign-on")) as session:
            return take_logout(session, notice=notice, now=clock.now)

    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")
    with ThreadPoolExecutor(1) as pool, worker_database.transaction(visitor) as session:
        assert hold_federated(session, federated_id=way)
        token = start_session(session, account_id=account, device="", address="", channel="sso", now=clock.now)
        found = load_principal(session, token)
        assert found is not None
        session.become(found.principal.acting(purpose="sign-in"))
        note_federated_session(session, federated_id=way)
        told = pool.submit(log_out)
        blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')")
        assert wait_until(lambda: bool(session.scalar(blocked)), timeout=30)
        session.commit()
        assert told.result(timeout=30) == 2
    with worker_database.transaction(clinic.system("single-sign-on")) as session:
        assert session.scalar(select(func.count()).where(LoginSession.revoked_at.is_(None))) == 0


def test_strangers_use_up_no_logout_of_the_providers(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = cast(dict[str, Limit], wiring().rules.limits)
    monkeypatch.setitem(limits, "logout", Limit(target=None, here=None, address=2, in_all=2, device=0))
    walk(client, provider)
    assert [tell(client, "garbage").status for _ in range(3)] == [400, 400, 429]
    assert tell(client, provider.logout_token(sid="sid-ann")).status == 200
    assert client.get(clinic.path("sessions")).status == 303
