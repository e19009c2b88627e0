"""Accounts come to be: a patient's with the first proven code, a staff member's at the command line."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.identity.models import Account, Password
from portal.identity.operations.people import grantable, hold_roles, note_change
from portal.identity.passwords import hash_password, require_strong
from portal.kernel.db import PortalSession, blind_index, constraint_of
from portal.kernel.errors import Conflict
from portal.kernel.permissions import Role
from portal.tenancy import own_clinic


class EmailTaken(Conflict):
    """Another staff account of this clinic has the address."""

    code = "email-taken"


def patient_account(
    session: PortalSession, *, channel: str, target: str, language: str, zone: str, now: datetime
) -> UUID:
    """The account of a proven channel, made when there is none yet. Signing up and signing in are the same."""
    found = _account_of(session, channel, target)
    if found is not None:
        return found
    account = Account(kind="patient", language=language, zone=zone, created_at=now)
    if channel == "email":
        account.email = target
    else:
        account.phone = target
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) not in {"uq_account_email", "uq_account_phone"}:
            raise
        # Another browser with the same channel was first.
        first = _account_of(session, channel, target)
        if first is None:
            raise
        return first
    return account.id


def _account_of(session: PortalSession, channel: str, target: str) -> UUID | None:
    attribute, column = (
        (Account.email, Account.email_index) if channel == "email" else (Account.phone, Account.phone_index)
    )
    index = blind_index(session, attribute, target, owner=Account)
    return session.scalar(select(Account.id).where(Account.kind == "patient", column == index))


def create_staff_account(
    session: PortalSession,
    *,
    email: str,
    password: str,
    name: str,
    roles: Iterable[Role | str],
    language: str,
    zone: str,
    now: datetime,
) -> UUID:
    """Make a staff account with its password and roles. Raises EmailTaken, WeakPassword, NotGrantable.

    For the system purpose "provisioning": administrators invite people, who make their account themselves.
    """
    held = grantable(roles)
    require_strong(password, personal=(name, email, own_clinic(session).name))
    account = Account(kind="staff", name=name.strip(), email=email, language=language, zone=zone, created_at=now)
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_account_email":
            raise EmailTaken from error
        raise
    session.add(Password(account_id=account.id, hash=hash_password(password), changed_at=now))
    hold_roles(session, account_id=account.id, roles=held, now=now)
    note_change(session, account_id=account.id, kind="made", before=(), after=held, now=now)
    return account.id
