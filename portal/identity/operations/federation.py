"""Single sign-on: a way to the provider is begun by a browser and taken once; a session begins on it, or an account is
linked. What the provider vouches for is taken in by vouching.py."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.identity.federation import AT_PROVIDER
from portal.identity.models import (
    FederatedIdentity,
    FederatedSession,
    FederatedSignIn,
    IdentityProvider,
)
from portal.identity.rules import token_digest
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.ids import new_id


class AlreadyLinked(Conflict):
    """The identity is an account's already."""

    code = "already-linked"


def begin_federated(
    session: PortalSession, *, provider: IdentityProvider, holder: str, onward: str | None, afresh: bool, now: datetime
) -> FederatedSignIn:
    """A way to the provider for the browser that is called `holder`; it can be come back from once.

    `afresh`: who comes back must have shown there who they are since now.
    """
    state = secrets.token_urlsafe(32)
    row = FederatedSignIn(
        id=new_id(),
        provider_id=provider.id,
        use="sign-in",
        issuer=provider.issuer,
        state_hash=token_digest(state),
        holder_hash=token_digest(holder),
        onward=onward,
        afresh=afresh,
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
            FederatedSignIn.ended_at.is_(None),
            FederatedSignIn.expires_at > now - AT_PROVIDER,
        )
        .values(linked_at=now)
        .returning(FederatedSignIn.id)
        .execution_options(synchronize_session=False)
    )
    if linked is None or not session.principal.is_staff:
        raise NotFound("federated sign-in")
    row = session.get_one(FederatedSignIn, (session.tenant_id, federated_id))
    own = identity_of(session, row.issuer, str(row.subject))
    if own is not None and own.ended_at is not None:
        own.ended_at = None
        session.flush()
        return
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


def hold_federated(session: PortalSession, *, federated_id: UUID) -> bool:
    """Whether a session may begin on this way. A logout that comes from here on waits, and finds the session."""
    # Our own process has written what became of it since this session read it.
    row = session.get_one(
        FederatedSignIn, (session.tenant_id, federated_id), populate_existing=True, with_for_update=True
    )
    return row.ended_at is None and row.identity_id is not None


def note_federated_session(session: PortalSession, *, federated_id: UUID) -> None:
    """The session that has just begun ends when the provider ends its own."""
    row = session.get_one(FederatedSignIn, (session.tenant_id, federated_id))
    session.add(
        FederatedSession(
            session_id=session.principal.session_id, identity_id=row.identity_id, issuer=row.issuer, sid=row.sid
        )
    )
    session.flush()


def identity_of(session: PortalSession, issuer: str, subject: str) -> FederatedIdentity | None:
    """Whose it is, so far as the reader may know: one's own, or anybody's for our own process."""
    return session.scalar(
        select(FederatedIdentity).where(FederatedIdentity.issuer == issuer, FederatedIdentity.subject == subject)
    )
