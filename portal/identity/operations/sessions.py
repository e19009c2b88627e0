"""Sessions: rows in PostgreSQL, so that they can be listed and revoked. The browser holds a random token."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, literal, update

from portal.identity.events import SessionRevoked
from portal.identity.models import Account, LoginSession
from portal.identity.rules import TOUCH_EVERY, token_digest
from portal.identity.sessions import is_locked
from portal.identity.wiring import wiring
from portal.kernel.db import PortalSession
from portal.kernel.errors import NotFound
from portal.kernel.events import emit


def start_session(
    session: PortalSession,
    *,
    account_id: UUID,
    device: str,
    address: str,
    channel: str = "sms",
    second_factor_at: datetime | None = None,
    now: datetime,
) -> str:
    """Sign an account in on one browser; returns the token, which is shown to that browser only.

    `channel`: how they proved who they are: "sms", "email", "password", "passkey" or "sso"; `second_factor_at`: when
    they showed a second factor as well, if they did. Needs the purpose "sign-in".
    """
    token = secrets.token_urlsafe(32)
    account = session.get_one(Account, (session.tenant_id, account_id))
    session.add(
        LoginSession(
            account_id=account_id,
            of_staff=account.kind == "staff",
            token_hash=token_digest(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + wiring().rules.session,
            device=device,
            address=address,
            channel=channel,
            second_factor_at=second_factor_at,
        )
    )
    session.flush()
    return token


def renew_token(session: PortalSession, *, token: str) -> str:
    """Give the session another token, for the browser that holds the old one: more may be done with it from now on.

    Raises NotFound when the old one is void already.
    """
    fresh = secrets.token_urlsafe(32)
    renewed = session.scalar(
        update(LoginSession)
        .where(LoginSession.token_hash == token_digest(token), LoginSession.revoked_at.is_(None))
        .values(token_hash=token_digest(fresh))
        .returning(LoginSession.id)
        .execution_options(synchronize_session=False)
    )
    if renewed is None:
        raise NotFound("session")
    return fresh


def touch_session(session: PortalSession, token: str, *, now: datetime) -> None:
    """Note that the session is in use; at most one write in TOUCH_EVERY. Needs the purpose "session".

    One that was left alone for so long that it is locked stays locked.
    """
    locked_at = case((is_locked(literal(now)), func.coalesce(LoginSession.locked_at, now)))
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.token_hash == token_digest(token),
            LoginSession.revoked_at.is_(None),
            LoginSession.last_seen_at < now - TOUCH_EVERY,
        )
        .values(last_seen_at=now, locked_at=locked_at)
        .execution_options(synchronize_session=False)
    )


def end_session(session: PortalSession, *, token: str, now: datetime) -> None:
    """Sign this browser out; nothing happens when it already is."""
    ended = session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == token_digest(token), LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(LoginSession.account_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if ended is not None:
        emit(session, SessionRevoked(account_id=ended), now=now)


def revoke_session(session: PortalSession, *, session_id: UUID, now: datetime) -> None:
    """Sign one of the signed-in person's own browsers out; raises NotFound for anybody else's."""
    row = session.get(LoginSession, (session.tenant_id, session_id))
    if row is None or row.account_id != session.principal.user_id:
        raise NotFound("session")
    if row.revoked_at is None:
        row.revoked_at = now
        session.flush()
        emit(session, SessionRevoked(account_id=row.account_id), now=now)


def revoke_all_sessions(session: PortalSession, *, account_id: UUID, now: datetime) -> None:
    """Sign an account out everywhere; needs the purpose "reset"."""
    ended = session.scalars(
        update(LoginSession)
        .where(LoginSession.account_id == account_id, LoginSession.revoked_at.is_(None), LoginSession.expires_at > now)
        .values(revoked_at=now)
        .returning(LoginSession.id)
        .execution_options(synchronize_session=False)
    ).all()
    if ended:
        emit(session, SessionRevoked(account_id=account_id), now=now)


def revoke_other_sessions(session: PortalSession, *, now: datetime) -> int:
    """Sign the person's other browsers out; returns how many."""
    result = session.execute(
        update(LoginSession)
        .where(
            LoginSession.account_id == session.principal.actor_id,
            LoginSession.id != session.principal.session_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    count = int(getattr(result, "rowcount", 0))
    if count:
        emit(session, SessionRevoked(account_id=session.principal.actor_id), now=now)
    return count
