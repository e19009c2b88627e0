"""Single sign-on: whom the provider vouches for becomes an account, with the roles of their groups.

What is written of accounts and roles is written by our own process (purpose "single-sign-on"), after the token was
verified: no visitor's transaction may do it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import IntegrityError

from portal.audit import record_event
from portal.identity.events import RolesChanged
from portal.identity.federation import UnableToSignOn, roles_of
from portal.identity.models import (
    Account,
    FederatedIdentity,
    FederatedSignIn,
    LogoutToken,
    ProviderGroup,
    RoleAssignment,
)
from portal.identity.operations.federation import identity_of
from portal.identity.operations.pending import void_sign_ins
from portal.identity.operations.sessions import revoke_all_sessions
from portal.identity.ports import Vouched
from portal.kernel.db import PortalSession, constraint_of, keyed_hash
from portal.kernel.events import emit
from portal.tenancy import own_clinic


def settle_federated(session: PortalSession, *, federated_id: UUID, vouched: Vouched, now: datetime) -> UUID | None:
    """The account of whom the provider vouched for, with the roles of their groups; None: it has to be linked first.

    An account is made for somebody new whose groups give a role. Whoever has no such group any more is signed out
    everywhere. For the system purpose "single-sign-on"; raises UnableToSignOn, and what was withdrawn stays so.
    """
    row = session.get_one(FederatedSignIn, (session.tenant_id, federated_id))
    row.subject, row.sid = vouched.subject, vouched.sid
    row.said = {"name": vouched.name, "email": vouched.email}
    _require_no_logout(session, vouched)
    mapping = [(one.name, one.role) for one in _groups(session, row.provider_id)]
    roles = roles_of(vouched.groups, mapping)
    # One at a time for each identity: two first sign-ins at once make one account.
    _lock(session, f"{vouched.issuer}|{vouched.subject}")
    known = identity_of(session, vouched.issuer, vouched.subject)
    if mapping and not roles:
        raise UnableToSignOn("no-group")
    if known is None:
        known = _new_identity(session, vouched, has_role=bool(roles), now=now)
    if known is None:
        session.flush()
        return None
    _lock(session, f"account|{known.account_id}")
    status = session.scalar(select(Account.status).where(Account.id == known.account_id))
    if status != "active":
        raise UnableToSignOn("closed")
    if known.ended_at is not None:
        # Who has come back since then says once more whose account it is.
        session.flush()
        return None
    if mapping:
        _sync_roles(session, known.account_id, roles, provider_id=row.provider_id, now=now)
    row.identity_id, known.used_at = known.id, now
    session.flush()
    return known.account_id


def withdraw_federated(session: PortalSession, *, vouched: Vouched, now: datetime) -> None:
    """Whoever is in no mapped group any more loses the groups' roles, and is signed out everywhere."""
    known = identity_of(session, vouched.issuer, vouched.subject)
    if known is None:
        return
    _lock(session, f"account|{known.account_id}")
    _sync_roles(session, known.account_id, frozenset(), provider_id=None, now=now)
    revoke_all_sessions(session, account_id=known.account_id, now=now)
    void_sign_ins(session, account_id=known.account_id, now=now)


def lock_logouts(session: PortalSession, *, issuer: str, shared: bool = False) -> None:
    """A logout and whom it concerns, one after the other: what is vouched for is written, or the logout is known."""
    lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    session.execute(select(lock(_key(session, f"logouts|{issuer}"))))


def _require_no_logout(session: PortalSession, vouched: Vouched) -> None:
    """Raise UnableToSignOn("ended") when the provider has told of a logout since it issued the token."""
    lock_logouts(session, issuer=vouched.issuer, shared=True)
    of_all = and_(LogoutToken.sid.is_(None), LogoutToken.subject == vouched.subject)
    of_this = and_(
        LogoutToken.sid == (vouched.sid or ""), func.coalesce(LogoutToken.subject, vouched.subject) == vouched.subject
    )
    told = select(LogoutToken.id).where(
        LogoutToken.issuer == vouched.issuer, LogoutToken.issued_at >= vouched.issued_at, or_(of_all, of_this)
    )
    if session.scalar(told.limit(1)) is not None:
        raise UnableToSignOn("ended")


def _groups(session: PortalSession, provider_id: UUID) -> list[ProviderGroup]:
    return list(session.scalars(select(ProviderGroup).where(ProviderGroup.provider_id == provider_id)))


def _new_identity(
    session: PortalSession, vouched: Vouched, *, has_role: bool, now: datetime
) -> FederatedIdentity | None:
    """An account for somebody new; None when the address is an account's already, or no group gives a role."""
    if not has_role:
        return None
    if "@" not in vouched.email or vouched.email_verified is False:
        raise UnableToSignOn("no-email")
    clinic = own_clinic(session)
    name = vouched.name or vouched.email.partition("@")[0]
    account = Account(kind="staff", name=name, language=clinic.default_language, zone=clinic.zone, created_at=now)
    account.email = vouched.email
    identity = FederatedIdentity(account_id=account.id, issuer=vouched.issuer, subject=vouched.subject, created_at=now)
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_account_email":
            return None
        raise
    session.add(identity)
    session.flush()
    record_event(session, what="single-sign-on:account-made")
    return identity


def _sync_roles(
    session: PortalSession, account_id: UUID, wanted: frozenset[str], *, provider_id: UUID | None, now: datetime
) -> None:
    """Roles by groups are those of now; roles given by hand are not touched."""
    held = session.scalars(
        select(RoleAssignment).where(
            RoleAssignment.account_id == account_id,
            RoleAssignment.provider_id.is_not(None),
            RoleAssignment.until.is_(None),
        )
    ).all()
    gone, new = [one for one in held if one.role not in wanted], wanted - {one.role for one in held}
    for one in gone:
        one.until = now
        record_event(session, what=f"single-sign-on:role-ended:{one.role}")
    for role in sorted(new):
        session.add(RoleAssignment(account_id=account_id, role=role, since=now, provider_id=provider_id))
        record_event(session, what=f"single-sign-on:role-given:{role}")
    session.flush()
    if gone or new:
        emit(session, RolesChanged(account_id=account_id), now=now)


def _lock(session: PortalSession, what: str) -> None:
    session.execute(select(func.pg_advisory_xact_lock(_key(session, what))))


def _key(session: PortalSession, what: str) -> int:
    return int.from_bytes(keyed_hash(session, "identity.federation", what.encode())[:8], signed=True)
