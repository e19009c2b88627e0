"""Staff sign in with e-mail and password."""

import pytest
from sqlalchemy import select

from portal.identity import EmailTaken, NotGrantable, WeakPassword, create_staff_account, current_code
from portal.identity.models import Password
from portal.identity.passwords import is_right
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.conftest import SystemSession
from tests.factories.identity import AUTHENTICATOR, PASSWORD, email_address, enrol, patient_sign_in, staff_member
from tests.identity.support import RunTasks, sign_in, staff_password
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside


@pytest.fixture
def email(worker_database: Database, clinic: Clinic, clock: Clock) -> str:
    """The address of a front desk's account."""
    address = email_address("desk")
    desk = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=address, name="Robin Desk")
    enrol(worker_database, clinic, desk, now=clock.now)
    return address


def try_password(
    client: PolicedClient, email: str, password: str, *, query: str = "", clinic: Clinic | None = None
) -> Page:
    page = client.get((clinic or client.clinic).path("staff/sign-in") + query)
    return client.submit(page, {"email": email, "password": password}, button="Sign in")


def test_staff_sign_in_and_see_their_name(client: PolicedClient, clinic: Clinic, email: str, clock: Clock) -> None:
    page = staff_password(client, email.upper())
    answer = client.submit(page, {"code": current_code(AUTHENTICATOR, now=clock.now)}, button="Sign in")
    assert (answer.status, answer.location) == (303, clinic.path("staff/"))
    assert "Robin Desk" in client.get(clinic.path("sessions")).html


def test_staff_go_on_to_where_they_wanted(client: PolicedClient, clinic: Clinic, email: str) -> None:
    asked = client.get(clinic.path("sign-in") + f"?next=/{clinic.slug}/staff/board")
    assert asked.location == clinic.path("staff/sign-in") + f"?next=/{clinic.slug}/staff/board"
    answer = try_password(client, email, PASSWORD, query=f"?next=/{clinic.slug}/staff/board")
    assert answer.location == clinic.path("sign-in/second-step") + f"?next=/{clinic.slug}/staff/board"


def test_wrong_password_and_unknown_account_get_the_same_answer(client: PolicedClient, email: str) -> None:
    wrong, unknown = (try_password(client, address, "not the password") for address in (email, email_address("nobody")))
    assert wrong.status == unknown.status == 422
    assert wrong.errors == unknown.errors
    assert "do not belong together" in wrong.errors


def test_the_password_never_comes_back(client: PolicedClient, email: str) -> None:
    page = try_password(client, email, "a secret that was typed")
    assert "a secret that was typed" not in page.html
    assert email in page.html


@pytest.mark.parametrize(
    ("email", "password"), [("", PASSWORD), ("somebody@example.com", ""), ("a@b.example", "x" * 201)]
)
def test_an_incomplete_form_comes_back(client: PolicedClient, email: str, password: str) -> None:
    assert try_password(client, email, password).status == 422


def test_ten_wrong_passwords_stop_this_place_and_the_right_one_too(
    client: PolicedClient, email: str, clock: Clock
) -> None:
    for _ in range(10):
        assert try_password(client, email, "wrong password").status == 422
    assert try_password(client, email, PASSWORD).status == 429
    clock.advance(minutes=61)
    assert try_password(client, email, PASSWORD).status == 303


def test_the_limit_holds_for_unknown_accounts_too(client: PolicedClient) -> None:
    address = email_address("nobody")
    for _ in range(10):
        try_password(client, address, "wrong password")
    assert try_password(client, address, "wrong password").status == 429


def test_right_passwords_are_not_counted(client: PolicedClient, email: str) -> None:
    for _ in range(12):
        assert try_password(client, email, PASSWORD).status == 303


def test_another_clinics_staff_are_unknown_here(client: PolicedClient, other_clinic: Clinic, email: str) -> None:
    assert try_password(client, email, PASSWORD, clinic=other_clinic).status == 422


def test_a_patients_account_has_no_password(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    address = email_address()
    patient_sign_in(worker_database, clinic, now=clock.now, channel="email", target=address)
    assert try_password(client, address, PASSWORD).status == 422


def test_a_code_to_a_staff_members_mail_does_not_open_the_staff_account(
    client: PolicedClient, outside: Outside, run_tasks: RunTasks, clinic: Clinic, email: str
) -> None:
    answer = sign_in(client, outside, run_tasks, email)
    assert answer.location == clinic.path("home")
    assert "Robin Desk" not in client.get(clinic.path("sessions")).html


def test_an_address_belongs_to_one_staff_account(system: SystemSession, email: str, clock: Clock) -> None:
    with system("provisioning") as session, pytest.raises(EmailTaken):
        make(session, clock, email=email.upper())


def test_two_clinics_may_employ_the_same_person(
    worker_database: Database, other_clinic: Clinic, email: str, clock: Clock
) -> None:
    assert staff_member(worker_database, other_clinic, now=clock.now, email=email)


def test_a_short_password_is_refused(system: SystemSession, clock: Clock) -> None:
    with system("provisioning") as session, pytest.raises(WeakPassword):
        make(session, clock, password="short")


@pytest.mark.parametrize("roles", [(), (Role.PATIENT,), (Role.SYSTEM,), (Role.FRONT_DESK, Role.SYSTEM)])
def test_staff_hold_staff_roles_only(system: SystemSession, clock: Clock, roles: tuple[Role, ...]) -> None:
    with system("provisioning") as session, pytest.raises(NotGrantable):
        make(session, clock, roles=roles)


def make(session, clock, **values):  # type: ignore[no-untyped-def]  # a shorthand of this file
    return create_staff_account(
        session,
        **{"email": email_address(), "password": PASSWORD, "name": "Kim", "roles": (Role.CLINICIAN,), **values},
        language="en",
        zone="UTC",
        now=clock.now,
    )


def test_passwords_are_argon2id_with_at_least_46_mib(
    database: Database, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    staff_member(worker_database, clinic, now=clock.now)
    from portal.kernel.principal import Principal

    with database.transaction(Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")) as session:
        stored = session.scalars(select(Password)).one().hash
    assert stored.startswith("$argon2id$")
    assert int(stored.split("m=")[1].split(",")[0]) >= 46 * 1024
    assert is_right(PASSWORD, stored)
    assert not is_right(PASSWORD + "!", stored)


def test_a_password_is_the_same_however_the_keyboard_spells_it() -> None:
    from portal.identity.passwords import hash_password

    assert is_right("contrase\u00f1a larga", hash_password("contrasen\u0303a larga"))


def test_when_too_many_hash_at_once_the_page_says_so_and_the_next_try_works(
    client: PolicedClient, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.identity import passwords

    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.01)
    for _ in range(passwords.AT_ONCE):
        passwords._turns.acquire()
    try:
        busy = try_password(client, email, PASSWORD)
        unknown = try_password(client, email_address("nobody"), PASSWORD)
    finally:
        for _ in range(passwords.AT_ONCE):
            passwords._turns.release()
    assert busy.status == unknown.status == 503
    assert busy.errors == unknown.errors
    assert email in busy.html
    assert try_password(client, email, PASSWORD).status == 303


def test_unknown_accounts_cost_the_same_hash(
    client: PolicedClient, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.identity import passwords

    hashes: list[str] = []
    verify = passwords._hasher.verify

    class Counting:
        def verify(self, hashed: str, typed: str) -> bool:
            hashes.append(hashed.split("$p=")[0].rsplit("$", 2)[0])
            return verify(hashed, typed)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    for address in (email, email_address("nobody")):
        assert try_password(client, address, "not the password").status == 422
    assert len(hashes) == 2
    assert hashes[0] == hashes[1], "the same parameters"


def test_a_name_or_an_address_is_no_password(system: SystemSession, clock: Clock) -> None:
    for values in ({"name": "Kimberly Robinson", "password": "kimberly robinson"}, {"email": "kim@example.com"}):
        with system("provisioning") as session, pytest.raises(WeakPassword):
            make(session, clock, **{"password": "KIM@example.com", **values})
