"""A second factor shown again before what weighs more: in this session, for this action, and nothing typed is lost."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from portal.identity import current_code
from portal.identity.operations import forget_expired
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.web.access import declared
from tests.conftest import SystemSession
from tests.factories.identity import AUTHENTICATOR, enrol, patient_sign_in, staff_member
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.sign_in import start_test_session


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    account = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now)
    enrol(worker_database, clinic, account, now=clock.now)
    return account


def bare(app: Flask, clinic: Clinic, account: UUID) -> PolicedClient:
    """A browser that has shown nothing since it signed in."""
    client = PolicedClient(app, clinic)
    hold(client, start_test_session(app, clinic.id, account, stepped_up=False))
    return client


def hold(client: PolicedClient, token: str) -> None:
    with client.browser.session_transaction(base_url=BASE) as session:
        session["_user_id"] = token


def held(client: PolicedClient) -> str:
    with client.browser.session_transaction(base_url=BASE) as session:
        return str(session["_user_id"])


def show(client: PolicedClient, page: Page, clock: Clock, *, steps: int = 0) -> Page:
    at = clock.now.fromtimestamp(clock.now.timestamp() + 30 * steps, tz=clock.now.tzinfo)
    return client.submit(page, {"step_up_code": current_code(AUTHENTICATOR, now=at)})


def test_a_page_that_needs_it_leads_to_the_code_and_back(app: Flask, clinic: Clinic, clock: Clock, desk: UUID) -> None:
    client = bare(app, clinic, desk)
    asked = client.get(clinic.path("factors/printed-codes"), follow=True)
    assert "Show that it is you" in asked.text
    answer = show(client, asked, clock)
    assert (answer.status, answer.location) == (303, clinic.path("factors/printed-codes"))
    assert "Make ten new codes" in client.get(answer.location).text


def test_a_form_is_sent_on_with_all_that_was_typed_and_acts_once(
    app: Flask, clinic: Clinic, clock: Clock, desk: UUID
) -> None:
    client = bare(app, clinic, desk)
    form = client.get(clinic.path("factors")).forms()[0]
    action = str(form.attributes["action"])
    key = "0190c0de-0000-7000-8000-000000000001"
    asked = client.post(action, {"name": "My «new» phone", "idempotency_key": key})
    assert asked.status == 403
    answer = show(client, asked, clock)
    assert (answer.status, answer.location) == (307, action)
    # What a browser does with a 307: the same body again.
    body = {node.attributes["name"]: node.attributes["value"] for node in asked.forms()[0].css("input[type=hidden]")}
    assert (body["name"], body["idempotency_key"]) == ("My «new» phone", key)
    for _ in range(2):
        assert client._send("POST", action, data=body).location == clinic.path("factors")
    assert "My «new» phone" in client.get(clinic.path("factors")).text
    trail = client.get(clinic.path("factors")).html
    assert trail.count("The new name is kept.") <= 1


def test_it_lasts_twenty_minutes(app: Flask, clinic: Clinic, clock: Clock, desk: UUID) -> None:
    client = bare(app, clinic, desk)
    path = clinic.path("factors/printed-codes")
    show(client, client.get(path, follow=True), clock)
    clock.advance(minutes=19)
    assert client.get(path).status == 200
    clock.advance(minutes=2)
    assert client.get(path).status == 303


def test_it_holds_in_the_session_where_it_was_shown_and_for_its_action_only(
    app: Flask, clinic: Clinic, clock: Clock, desk: UUID
) -> None:
    client, other = bare(app, clinic, desk), bare(app, clinic, desk)
    refund = client.get(clinic.path("step-up?action=refund"))
    assert show(client, refund, clock).status == 303
    path = clinic.path("factors/printed-codes")
    assert client.get(path).status == 303, "shown for refunds, not for factors"
    assert show(client, client.get(path, follow=True), clock, steps=1).status == 303
    assert client.get(path).status == 200
    assert other.get(path).status == 303, "another session of the same account"


def test_the_token_of_before_is_void_afterwards(app: Flask, clinic: Clinic, clock: Clock, desk: UUID) -> None:
    client = bare(app, clinic, desk)
    before = held(client)
    show(client, client.get(clinic.path("step-up?action=factors")), clock)
    assert held(client) != before
    assert client.get(clinic.path("sessions")).status == 200
    thief = PolicedClient(app, clinic)
    hold(thief, before)
    assert thief.get(clinic.path("sessions")).status == 303


def test_a_wrong_code_changes_nothing_and_keeps_the_form(app: Flask, clinic: Clinic, desk: UUID) -> None:
    client = bare(app, clinic, desk)
    action = str(client.get(clinic.path("factors")).forms()[0].attributes["action"])
    asked = client.post(action, {"name": "Kept"})
    refused = client.submit(asked, {"step_up_code": "123456789012"})
    assert refused.status == 422
    assert 'value="Kept"' in refused.html
    assert client.get(clinic.path("factors/printed-codes")).status == 303


def test_a_code_shown_at_sign_in_is_enough_to_sign_a_note_for_twenty_minutes_and_for_nothing_else(
    app: Flask, worker_database: Database, database: Database, clinic: Clinic, clock: Clock
) -> None:
    from portal.identity import load_principal, start_session
    from portal.identity.queries import is_stepped_up
    from portal.identity.rules import ACTIONS
    from portal.kernel.principal import Principal

    doctor = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")
    with database.transaction(visitor) as session:
        token = start_session(
            session,
            account_id=doctor,
            device="",
            address="",
            channel="password",
            second_factor_at=clock.now,
            now=clock.now,
        )
        signed_in = load_principal(session, token)
    assert signed_in is not None

    def enough_for() -> set[str]:
        with database.transaction(signed_in.principal) as session:
            return {action for action in ACTIONS if is_stepped_up(session, action=action, now=clock.now)}

    assert enough_for() == {"sign", "link"}
    clock.advance(minutes=21)
    assert enough_for() == set()


def test_a_foreign_pages_form_is_not_carried(app: Flask, clinic: Clinic, desk: UUID) -> None:
    client = bare(app, clinic, desk)
    action = str(client.get(clinic.path("factors")).forms()[0].attributes["action"])
    answer = client._send("POST", action, data={"csrf_token": "made up", "name": "Planted"})
    assert answer.status == 400
    assert "step_up_code" not in answer.html


def test_a_form_with_a_leaked_token_is_not_carried_from_another_site(app: Flask, clinic: Clinic, desk: UUID) -> None:
    client = bare(app, clinic, desk)
    page = client.get(clinic.path("factors"))
    action = str(page.forms()[0].attributes["action"])
    data = {"csrf_token": client._token(), "name": "Planted"}
    answer = client._send("POST", action, data=data, headers={"Origin": "https://evil.example"})
    assert answer.status == 403
    assert "step_up_code" not in answer.html and "Planted" not in answer.html


def test_a_patient_without_an_app_signs_in_again(app: Flask, database: Database, clinic: Clinic, clock: Clock) -> None:
    client = bare(app, clinic, patient_sign_in(database, clinic, now=clock.now))
    path = clinic.path("factors/printed-codes")
    assert client.get(path).status == 200, "they have just signed in"
    clock.advance(minutes=21)
    assert "Sign in again" in client.get(path, follow=True).links()


@pytest.mark.parametrize("query", ["", "?action=", "?action=anything"])
def test_an_action_that_is_not_ours_is_not_found(app: Flask, clinic: Clinic, desk: UUID, query: str) -> None:
    assert bare(app, clinic, desk).get(clinic.path(f"step-up{query}")).status == 404


def test_it_never_leads_to_another_origin(app: Flask, clinic: Clinic, clock: Clock, desk: UUID) -> None:
    client = bare(app, clinic, desk)
    page = client.get(clinic.path("step-up?action=refund&next=https://evil.example/"))
    assert show(client, page, clock).location == clinic.path("staff/")


def test_a_link_does_not_make_the_page_send_a_form(app: Flask, clinic: Clinic, clock: Clock, desk: UUID) -> None:
    client = bare(app, clinic, desk)
    page = client.get(clinic.path(f"step-up?action=factors&send=1&next={clinic.path('sessions/revoke-others')}"))
    assert "send=1" not in str(page.forms()[0].attributes["action"])
    assert show(client, page, clock).status == 303


def test_a_forgotten_session_takes_what_was_shown_in_it_along(
    app: Flask, clinic: Clinic, clock: Clock, desk: UUID, system: SystemSession
) -> None:
    client = bare(app, clinic, desk)
    show(client, client.get(clinic.path("step-up?action=factors")), clock)
    # Of staff the last session stays.
    clock.advance(minutes=1)
    bare(app, clinic, desk)
    with system("identity") as session:
        forget_expired(session, now=clock.now + timedelta(days=60))
    assert client.get(clinic.path("sessions")).status == 303


@pytest.mark.parametrize(
    ("endpoint", "action"),
    [
        ("charting.sign", "sign"),
        ("charting.addendum", "sign"),
        ("billing.refund", "refund"),
        ("identity.add_factor", "factors"),
        ("identity.add_own_passkey", "factors"),
        ("identity.own_passkey_question", "factors"),
        ("identity.confirm_factor", "factors"),
        ("identity.name_factor", "factors"),
        ("identity.drop_factor", "factors"),
        ("identity.recovery_codes", "factors"),
        ("patients.invite_helper", "invite-proxy"),
    ],
)
def test_what_weighs_more_needs_it(app: Flask, endpoint: str, action: str) -> None:
    says = declared(app, endpoint)
    assert says is not None
    assert says.step_up == action
