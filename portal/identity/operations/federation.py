"""Single sign-on: a way to the provider is begun, taken once, and what the provider vouches for becomes an account.

What is written of accounts and roles is written by our own process (purpose "single-sign-on"), after the token was
verified: no visitor's transaction may do it.
"""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal.audit import record_event
from portal.identity.federation import AT_PROVIDER, UnableToSignOn, roles_of
from portal.identity.models import (
    Account,
    FederatedIdentity,
    FederatedSession,
    FederatedSignIn,
    IdentityProvider,
    ProviderGroup,
    RoleAssignment,
)
from portal.identity.operations.pending import void_sign_ins
from portal.identity.operations.sessions import revoke_all_sessions
from portal.identity.ports import Provider, Vouched
from portal.identity.rules import token_digest
from portal.kernel.db import PortalSession, constraint_of, keyed_hash
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.ids import new_id
from portal.tenancy import own_clinic


class AlreadyLinked(Conflict):
    """The identity is an account's already."""

    code = "already-linked"


def begin_federated(
    session: PortalSession, *, provider: IdentityProvider, holder: str, onward: str | None, now: datetime
) -> FederatedSignIn:
    """A way to the provider for the browser that is called `holder`; it can be come back from once."""
    state = secrets.token_urlsafe(32)
    row = FederatedSignIn(
        id=new_id(),
        provider_id=provider.id,
        use="sign-in",
        issuer=provider.issuer,
        state_hash=token_digest(state),
        holder_hash=token_digest(holder),
        onward=onward,
        created_at=now,
        expires_at=now + AT_PROVIDER,
    )
    row.secrets = {"state": state, "nonce": secrets.token_urlsafe(32), "verifier": secrets.token_urlsafe(64)}
    session.add(row)
    session.flush()
    return row


def note_address(session: PortalSession, *, federated_id: UUID, address: str) -> None:
    """Where the browser goes."""
    session.get_one(FederatedSignIn, (session.tenant_id, federated_id)).address = address
    session.flush()


def take_federated(session: PortalSession, *, state: str, holder: str, now: datetime) -> UUID:
    """Use the state up, before the code is looked at and in a transaction of its own; raises NotFound.

    Only the browser that began it can: one that was stolen is of no use elsewhere, and stays usable where it belongs.
    """
    taken = session.scalar(
        update(FederatedSignIn)
        .where(
            FederatedSignIn.state_hash == token_digest(state),
            FederatedSignIn.holder_hash == token_digest(holder),
            FederatedSignIn.taken_at.is_(None),
            FederatedSignIn.expires_at > now,
        )
        .values(taken_at=now)
        .returning(FederatedSignIn.id)
        .execution_options(synchronize_session=False)
    )
    if taken is None:
        raise NotFound("federated sign-in")
    return taken


def settle_federated(
    session: PortalSession, *, federated_id: UUID, provider: Provider, vouched: Vouched, now: datetime
) -> UUID | None:
    """The account of whom the provider vouched for, with the roles of their groups; None: it has to be linked first.

    An account is made for somebody new whose groups give a role. Whoever has no such group any more is signed out
    everywhere. For the system purpose "single-sign-on"; raises UnableToSignOn, and what was withdrawn stays so.
    """
    row = session.get_one(FederatedSignIn, (session.tenant_id, federated_id))
    row.subject, row.sid = vouched.subject, vouched.sid
    row.said = {"name": vouched.name, "email": vouched.email}
    mapping = [(one.name, one.role) for one in _groups(session, row.provider_id)]
    roles = roles_of(vouched.groups, mapping)
    # One at a time for each identity: two first sign-ins at once make one account.
    _lock(session, f"{vouched.issuer}|{vouched.subject}")
    known = _identity(session, vouched.issuer, vouched.subject)
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
    if mapping:
        _sync_roles(session, known.account_id, roles, provider_id=row.provider_id, now=now)
    row.identity_id, known.used_at = known.id, now
    session.flush()
    return known.account_id


def withdraw_federated(session: PortalSession, *, vouched: Vouched, now: datetime) -> None:
    """Whoever is in no mapped group any more loses the groups' roles, and is signed out everywhere."""
    known = _identity(session, vouched.issuer, vouched.subject)
    if known is None:
        return
    _lock(session, f"account|{known.account_id}")
    _sync_roles(session, known.account_id, frozenset(), provider_id=None, now=now)
    revoke_all_sessions(session, account_id=known.account_id, now=now)
    void_sign_ins(session, account_id=known.account_id, now=now)


def link_identity(session: PortalSession, *, federated_id: UUID, holder: str, now: datetime) -> None:
    """The signed-in member of staff says that whom the provider vouched for is them. Once, by the same browser.

    Needs the purpose "factors"; raises NotFound, AlreadyLinked.
    """
    linked = session.scalar(
        update(FederatedSignIn)
        .where(
            FederatedSignIn.id == federated_id,
            FederatedSignIn.holder_hash == token_digest(holder),
            FederatedSignIn.subject.is_not(None),
            FederatedSignIn.identity_id.is_(None),
            FederatedSignIn.linked_at.is_(None),
            FederatedSignIn.expires_at > now - AT_PROVIDER,
        )
        .values(linked_at=now)
        .returning(FederatedSignIn.id)
        .execution_options(synchronize_session=False)
    )
    if linked is None or not session.principal.is_staff:
        raise NotFound("federated sign-in")
    row = session.get_one(FederatedSignIn, (session.tenant_id, federated_id))
    identity = FederatedIdentity(
        account_id=session.principal.actor_id, issuer=row.issuer, subject=row.subject, created_at=now
    )
    try:
        with session.begin_nested():
            session.add(identity)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_federated_identity_subject":
            raise AlreadyLinked from error
        raise


def note_federated_session(session: PortalSession, *, federated_id: UUID) -> None:
    """The session that has just begun ends when the provider ends its own."""
    # Our own process has written what became of it since this session read it.
    row = session.get_one(FederatedSignIn, (session.tenant_id, federated_id), populate_existing=True)
    session.add(
        FederatedSession(
            session_id=session.principal.session_id, identity_id=row.identity_id, issuer=row.issuer, sid=row.sid
        )
    )
    session.flush()


def _groups(session: PortalSession, provider_id: UUID) -> list[ProviderGroup]:
    return list(session.scalars(select(ProviderGroup).where(ProviderGroup.provider_id == provider_id)))


def _identity(session: PortalSession, issuer: str, subject: str) -> FederatedIdentity | None:
    return session.scalar(
        select(FederatedIdentity).where(FederatedIdentity.issuer == issuer, FederatedIdentity.subject == subject)
    )


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
    for one in held:
        if one.role not in wanted:
            one.until = now
            record_event(session, what=f"single-sign-on:role-ended:{one.role}")
    for role in sorted(wanted - {one.role for one in held}):
        session.add(RoleAssignment(account_id=account_id, role=role, since=now, provider_id=provider_id))
        record_event(session, what=f"single-sign-on:role-given:{role}")
    session.flush()


def _lock(session: PortalSession, what: str) -> None:
    key = int.from_bytes(keyed_hash(session, "identity.federation", what.encode())[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(key)))
