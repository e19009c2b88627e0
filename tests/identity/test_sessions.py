"""Sessions: listed, revoked, ended by time."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.identity import load_principal, my_sessions, revoke_session, start_session, touch_session
from portal.identity.models import LoginSession
from portal.kernel.db import Database
from portal.kernel.errors import NotFound
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import patient_sign_in, phone_number, staff_member
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

pytestmark = pytest.mark.usefixtures("app")
NewClient = Callable[[], PolicedClient]


@pytest.fixture
def account(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return patient_sign_in(worker_database, clinic, now=clock.now, target="+16175550142")


def visitor(clinic: Clinic, purpose: str) -> Principal:
    return Principal.visitor(tenant_id=clinic.id).acting(purpose=purpose)


def started(database: Database, clinic: Clinic, account: UUID, clock: Clock) -> str:
    with database.transaction(visitor(clinic, "sign-in")) as session:
        return start_session(session, account_id=account, device="Test", address="192.0.2.1", now=clock.now)


def loaded(database: Database, clinic: Clinic, token: str) -> Any:
    with database.transaction(visitor(clinic, "session")) as session:
        return load_principal(session, token)


def test_a_patients_session_has_the_patients_role_and_a_masked_name(
    database: Database, clinic: Clinic, account: UUID, clock: Clock
) -> None:
    found = loaded(database, clinic, started(database, clinic, account, clock))
    assert found.principal.roles == {Role.PATIENT}
    assert found.principal.user_id == account
    assert found.name == "•••• 0142"
    assert (found.language, found.zone) == ("en", "America/New_York")


def test_a_staff_members_session_has_all_their_roles(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account = staff_member(worker_database, clinic, Role.CLINICIAN, Role.CLINIC_ADMIN, now=clock.now, name="Dr. Ada")
    found = loaded(database, clinic, started(database, clinic, account, clock))
    assert found.principal.roles == {Role.CLINICIAN, Role.CLINIC_ADMIN}
    assert found.name == "Dr. Ada"


def test_a_principal_is_loaded_in_one_query(database: Database, clinic: Clinic, account: UUID, clock: Clock) -> None:
    from sqlalchemy import event

    token = started(database, clinic, account, clock)
    loaded(database, clinic, token)  # the tenant's keys are in memory from here on
    seen: list[str] = []

    def listen(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "set_config" not in statement:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        assert loaded(database, clinic, token)
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)
    assert len(seen) == 1


def test_an_unknown_token_is_nobody(database: Database, clinic: Clinic) -> None:
    assert loaded(database, clinic, "no such token") is None


def test_a_token_is_good_at_its_own_clinic_only(
    database: Database, clinic: Clinic, other_clinic: Clinic, account: UUID, clock: Clock
) -> None:
    assert loaded(database, other_clinic, started(database, clinic, account, clock)) is None


def test_the_database_holds_no_token(database: Database, clinic: Clinic, account: UUID, clock: Clock) -> None:
    token = started(database, clinic, account, clock)
    with database.transaction(visitor(clinic, "session")) as session:
        row = session.scalars(select(LoginSession)).one()
    assert token.encode() not in row.token_hash
    assert len(row.token_hash) == 32


def test_a_session_ends_when_idle_and_lives_while_used(client: PolicedClient, account: UUID, clock: Clock) -> None:
    client.sign_in(account, awake=False)
    page = client.clinic.path("sessions")
    for _ in range(4):
        clock.advance(minutes=20)
        assert client.get(page).status == 200
    clock.advance(minutes=31)
    assert client.get(page).status == 303


def test_a_session_ends_after_twelve_hours_however_it_is_used(
    client: PolicedClient, account: UUID, clock: Clock
) -> None:
    client.sign_in(account)
    page = client.clinic.path("sessions")
    for _ in range(35):
        clock.advance(minutes=20)
        assert client.get(page).status == 200
    clock.advance(minutes=21)
    assert client.get(page).status == 303


def test_last_use_is_written_at_most_once_in_a_while(
    database: Database, clinic: Clinic, account: UUID, clock: Clock
) -> None:
    token = started(database, clinic, account, clock)
    begun = clock.now
    for seconds, expected in ((10, 0), (10, 20), (10, 20)):
        clock.advance(seconds=seconds)
        with database.transaction(visitor(clinic, "session")) as session:
            touch_session(session, token, now=clock.now)
            seen = session.scalars(select(LoginSession)).one().last_seen_at
        assert (seen - begun).total_seconds() == expected


def test_signing_out_ends_the_session_everywhere(client: PolicedClient, account: UUID) -> None:
    client.sign_in(account)
    page = client.get(client.clinic.path("sessions"))
    with client.browser.session_transaction(base_url="https://localhost") as cookie:
        token = cookie["_user_id"]
    answer = client.post(client.clinic.path("sign-out"))
    assert (answer.status, answer.location) == (303, client.clinic.path("sign-in"))
    assert answer.response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get(page.url).status == 303
    with client.browser.session_transaction(base_url="https://localhost") as cookie:
        cookie["_user_id"] = token
    assert client.get(page.url).status == 303


def test_signing_out_twice_is_no_error(client: PolicedClient) -> None:
    assert client.post(client.clinic.path("sign-out")).status == 303
    assert "You are signed out." in client.get(client.clinic.path("sign-in")).text


def test_signing_out_takes_a_form_of_our_own(client: PolicedClient, account: UUID) -> None:
    client.sign_in(account)
    assert client._send("POST", client.clinic.path("sign-out"), data={}).status == 400
    assert client.get(client.clinic.path("sessions")).status == 200


def test_a_person_sees_where_they_are_signed_in_and_signs_a_device_out(
    client: PolicedClient, new_client: NewClient, account: UUID
) -> None:
    other = new_client().sign_in(account)
    client.sign_in(account)
    page = client.get(client.clinic.path("sessions"))
    assert page.text.count("Last used:") == 2
    assert page.text.count("This device") == 1
    done = client.submit(page, button="Sign out this device", follow=True)
    assert "That device is signed out." in done.text
    assert done.text.count("Last used:") == 1
    assert other.get(page.url).status == 303
    assert client.get(page.url).status == 200


def test_a_person_signs_all_other_devices_out(client: PolicedClient, new_client: NewClient, account: UUID) -> None:
    others = [new_client().sign_in(account) for _ in range(2)]
    client.sign_in(account)
    page = client.get(client.clinic.path("sessions"))
    done = client.submit(page, button="Sign out all other devices", follow=True)
    assert "2 other devices are signed out." in done.text
    assert [other.get(page.url).status for other in others] == [303, 303]


def test_another_persons_session_cannot_be_revoked(
    client: PolicedClient,
    new_client: NewClient,
    database: Database,
    worker_database: Database,
    clinic: Clinic,
    account: UUID,
    clock: Clock,
) -> None:
    somebody = patient_sign_in(worker_database, clinic, now=clock.now, target=phone_number())
    other = new_client().sign_in(somebody)
    with database.transaction(Principal.of(tenant_id=clinic.id, user_id=somebody, roles=[Role.PATIENT])) as session:
        theirs = my_sessions(session, now=clock.now).rows[0].id
    client.sign_in(account)
    assert client.post(clinic.path(f"sessions/{theirs}/revoke")).status == 404
    assert other.get(clinic.path("sessions")).status == 200
    with (
        database.transaction(Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.PATIENT])) as session,
        pytest.raises(NotFound),
    ):
        revoke_session(session, session_id=theirs, now=clock.now)


def test_signing_in_again_on_the_same_browser_ends_the_session_before(
    client: PolicedClient, database: Database, clinic: Clinic, account: UUID, clock: Clock
) -> None:
    token = started(database, clinic, account, clock)
    with client.browser.session_transaction(base_url="https://localhost") as cookie:
        cookie["_user_id"] = token
    from portal.identity import current_code
    from tests.factories.identity import AUTHENTICATOR, PASSWORD, email_address, enrol

    address = email_address()
    enrol(database, clinic, staff_member(database, clinic, now=clock.now, email=address), now=clock.now)
    page = client.get(clinic.path("staff/sign-in"))
    assert "signed in already" in page.text
    second = client.submit(page, {"email": address, "password": PASSWORD}, button="Sign in", follow=True)
    code = current_code(AUTHENTICATOR, now=clock.now)
    assert client.submit(second, {"code": code}, button="Sign in").status == 303
    assert loaded(database, clinic, token) is None


def test_the_list_says_which_devices_are_on_this_network_and_which_are_locked(
    client: PolicedClient, database: Database, clinic: Clinic, account: UUID, clock: Clock
) -> None:
    started(database, clinic, account, clock)
    text = client.sign_in(account).get(clinic.path("sessions")).text
    assert text.count("Network address:") == 2
    assert text.count("The network that you are on now") == 1
    assert "Its screen is locked" not in text
