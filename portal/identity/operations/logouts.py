"""Logouts that the identity provider tells (OpenID Connect Back-Channel Logout 1.0). Each token is taken once."""

import hashlib
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.identity.events import SessionRevoked
from portal.identity.models import (
    FederatedIdentity,
    FederatedSession,
    FederatedSignIn,
    LoginSession,
    LogoutToken,
    PendingSignIn,
)
from portal.identity.operations.vouching import lock_logouts
from portal.identity.ports import LogoutNotice
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict
from portal.kernel.events import emit


class LogoutReplayed(Conflict):
    """The token was taken before."""

    code = "logout-replayed"


def take_logout(session: PortalSession, *, notice: LogoutNotice, now: datetime) -> int:
    """End the sessions that began at the provider's one, or all that began there with the person; returns how many.

    Raises LogoutReplayed. For the system purpose "single-sign-on".
    """
    lock_logouts(session, issuer=notice.issuer)
    spent = LogoutToken(
        issuer=notice.issuer,
        jti_hash=hashlib.sha256(notice.jti.encode()).digest(),
        subject=notice.subject,
        sid=notice.sid,
        issued_at=notice.issued_at,
        expires_at=notice.expires_at,
    )
    try:
        with session.begin_nested():
            session.add(spent)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_logout_token_jti":
            raise LogoutReplayed from error
        raise
    begun = select(FederatedSession.session_id).where(FederatedSession.issuer == notice.issuer)
    waiting = select(FederatedSignIn.id).where(FederatedSignIn.issuer == notice.issuer)
    if notice.sid is not None:
        begun = begun.where(FederatedSession.sid == notice.sid)
        waiting = waiting.where(FederatedSignIn.sid == notice.sid)
    if notice.subject is not None:
        theirs = select(FederatedIdentity.id).where(
            FederatedIdentity.issuer == notice.issuer, FederatedIdentity.subject == notice.subject
        )
        begun = begun.where(FederatedSession.identity_id.in_(theirs))
        waiting = waiting.where(FederatedSignIn.subject == notice.subject)
    # First the ways, then the sessions: one that is beginning on a way holds it, and is there once it lets go.
    session.execute(
        update(FederatedSignIn)
        .where(FederatedSignIn.id.in_(waiting), FederatedSignIn.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    ended = session.scalars(
        update(LoginSession)
        .where(LoginSession.id.in_(begun), LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(LoginSession.account_id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(
        update(PendingSignIn)
        .where(PendingSignIn.federated_id.in_(waiting), PendingSignIn.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    for account_id in sorted(set(ended)):
        emit(session, SessionRevoked(account_id=account_id), now=now)
    return len(ended)
