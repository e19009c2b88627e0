"""What the database itself refuses, whatever the application would ask."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError

from portal.identity import Account, account_contact, account_name, accounts_by_id, staff_accounts, start_session
from portal.identity.models import LoginSession, OneTimeCode, Password, RoleAssignment
from portal.kernel.db import Database, PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import patient_sign_in, staff_member
from tests.support.clinics import Clinic
from tests.support.clock import Clock

pytestmark = pytest.mark.usefixtures("app")
SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]


@pytest.fixture
def people(worker_database: Database, clinic: Clinic, clock: Clock) -> dict[str, UUID]:
    return {
        "patient": patient_sign_in(worker_database, clinic, now=clock.now, target="+16175550111"),
        "other": patient_sign_in(worker_database, clinic, now=clock.now, target="+16175550112"),
        "desk": staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, name="Desk"),
        "doctor": staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Doctor"),
    }


def as_(clinic: Clinic, user: UUID, role: Role, purpose: str = "care") -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=user, roles=[role]).acting(purpose=purpose)


def test_a_patient_sees_their_own_account_only(session_as: SessionAs, clinic: Clinic, people: dict[str, UUID]) -> None:
    with session_as(as_(clinic, people["patient"], Role.PATIENT)) as session:
        assert set(accounts_by_id(session, people.values())) == {people["patient"]}
        own = account_contact(session, account_id=people["patient"])
        assert own is not None
        assert (own.channel, own.target) == ("sms", "+16175550111")
        assert account_contact(session, account_id=people["other"]) is None


def test_staff_see_staff_but_no_patients_accounts(
    session_as: SessionAs, clinic: Clinic, people: dict[str, UUID]
) -> None:
    for role in (Role.FRONT_DESK, Role.CLINICIAN, Role.CLINIC_ADMIN):
        with session_as(as_(clinic, people["desk"], role)) as session:
            assert set(accounts_by_id(session, people.values())) == {people["desk"], people["doctor"]}
            assert account_name(session, people["doctor"]) == "Doctor"
            assert [one.name for one in staff_accounts(session)] == ["Desk", "Doctor"]


def test_another_clinic_sees_nobody(session_as: SessionAs, other_clinic: Clinic, people: dict[str, UUID]) -> None:
    with session_as(as_(other_clinic, people["desk"], Role.CLINIC_ADMIN)) as session:
        assert accounts_by_id(session, people.values()) == {}
        assert account_name(session, people["doctor"]) == ""


@pytest.mark.parametrize("role", [Role.PATIENT, Role.FRONT_DESK, Role.CLINICIAN])
def test_nobody_gives_themselves_a_role(
    session_as: SessionAs, clinic: Clinic, people: dict[str, UUID], clock: Clock, role: Role
) -> None:
    for purpose in ("care", "sign-in", "session"):
        with pytest.raises(ProgrammingError), session_as(as_(clinic, people["patient"], role, purpose)) as session:
            session.add(RoleAssignment(account_id=people["patient"], role="clinic_admin", since=clock.now))


def test_signing_in_makes_patients_accounts_only(session_as: SessionAs, clinic: Clinic, clock: Clock) -> None:
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")
    with pytest.raises(ProgrammingError), session_as(visitor) as session:
        session.add(
            Account(kind="staff", name="X", email="x@example.com", language="en", zone="UTC", created_at=clock.now)
        )


def test_an_accounts_kind_never_changes(session_as: SessionAs, clinic: Clinic, people: dict[str, UUID]) -> None:
    with pytest.raises(ProgrammingError), session_as(as_(clinic, people["patient"], Role.PATIENT)) as session:
        session.execute(update(Account).where(Account.id == people["patient"]).values(kind="staff"))


def test_sessions_codes_and_passwords_are_out_of_sight_of_others(
    session_as: SessionAs, clinic: Clinic, people: dict[str, UUID], clock: Clock
) -> None:
    with session_as(Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")) as session:
        for account in people.values():
            start_session(session, account_id=account, device="", address="", now=clock.now)
    for name, role in (("patient", Role.PATIENT), ("desk", Role.FRONT_DESK), ("doctor", Role.CLINIC_ADMIN)):
        with session_as(as_(clinic, people[name], role)) as session:
            assert {row.account_id for row in session.scalars(select(LoginSession))} == {people[name]}
            assert session.scalars(select(Password)).all() == []
            assert session.scalars(select(OneTimeCode)).all() == []


def test_contacts_lie_sealed(session_as: SessionAs, clinic: Clinic, people: dict[str, UUID]) -> None:
    with session_as(as_(clinic, people["patient"], Role.PATIENT)) as session:
        row: Any = session.execute(text("SELECT phone_sealed, phone_index FROM identity.account")).one()
    assert b"6175550111" not in bytes(row.phone_sealed)
    assert len(row.phone_index) == 32
