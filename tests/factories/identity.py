"""Accounts of tests."""

import secrets
from datetime import datetime
from uuid import UUID

from portal.identity import create_staff_account, invite_colleague, patient_account, provision_authenticator
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.support.clinics import Clinic

PASSWORD = "correct horse battery"
#: What the tests' authenticator apps are made of.
AUTHENTICATOR = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def phone_number() -> str:
    """A number that nobody has, E.164."""
    return f"+1617555{secrets.randbelow(10**4):04}"


def email_address(name: str = "person") -> str:
    """An address that nobody has."""
    return f"{name}-{secrets.token_hex(4)}@example.com"


def patient_sign_in(
    database: Database,
    clinic: Clinic,
    *,
    now: datetime,
    target: str | None = None,
    channel: str = "sms",
    language: str = "en",
    zone: str = "America/New_York",
) -> UUID:
    """The account of somebody who proved a channel."""
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")
    with database.transaction(visitor) as session:
        return patient_account(
            session, channel=channel, target=target or phone_number(), language=language, zone=zone, now=now
        )


def staff_member(
    database: Database,
    clinic: Clinic,
    *roles: Role,
    now: datetime,
    email: str | None = None,
    name: str = "Robin Desk",
    password: str = PASSWORD,
) -> UUID:
    """A staff account with its roles (front desk without any named)."""
    with database.transaction(clinic.system("provisioning")) as session:
        return create_staff_account(
            session,
            email=email or email_address("staff"),
            password=password,
            name=name,
            roles=roles or (Role.FRONT_DESK,),
            language="en",
            zone="America/New_York",
            now=now,
        )


def enrol(database: Database, clinic: Clinic, account_id: UUID, *, now: datetime) -> None:
    """An authenticator for a staff account, made of AUTHENTICATOR."""
    with database.transaction(clinic.system("provisioning")) as session:
        provision_authenticator(session, account_id=account_id, name="Phone", secret=AUTHENTICATOR, now=now)


def invited(
    database: Database,
    clinic: Clinic,
    *roles: Role,
    now: datetime,
    email: str | None = None,
    name: str = "Nora New",
) -> UUID:
    """An invitation on its way (front desk without any role named). `database`: a worker's."""
    with database.transaction(clinic.system("provisioning")) as session:
        return invite_colleague(
            session, email=email or email_address("new"), name=name, roles=roles or (Role.FRONT_DESK,), now=now
        ).id
