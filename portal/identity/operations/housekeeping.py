"""Forgetting what is no longer needed."""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, select
from sqlalchemy.orm import aliased

from portal.identity.models import (
    Account,
    Attempt,
    FederatedSignIn,
    LoginSession,
    LogoutToken,
    OneTimeCode,
    PasskeyChallenge,
    PendingSignIn,
)
from portal.identity.rules import WINDOW
from portal.kernel.db import PortalSession

KEPT_AFTER_END = timedelta(days=30)


def forget_expired(session: PortalSession, *, now: datetime) -> None:
    """Delete attempts that no limit counts any more, dead codes, and sessions that ended long ago."""
    session.execute(delete(Attempt).where(Attempt.at < now - 2 * WINDOW))
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now - 2 * WINDOW))
    session.execute(delete(PendingSignIn).where(PendingSignIn.expires_at < now - 2 * WINDOW))
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now - 2 * WINDOW))
    # A pending sign-in may name one of these, and lasts a little longer.
    session.execute(delete(FederatedSignIn).where(FederatedSignIn.expires_at < now - 3 * WINDOW))
    session.execute(delete(LogoutToken).where(LogoutToken.expires_at < now - 2 * WINDOW))
    # Of staff the last one stays: a review asks when somebody was here.
    newer = aliased(LoginSession)
    is_last = ~exists().where(newer.account_id == LoginSession.account_id, newer.created_at > LoginSession.created_at)
    of_staff = LoginSession.account_id.in_(select(Account.id).where(Account.kind == "staff"))
    old = LoginSession.expires_at < now - KEPT_AFTER_END
    session.execute(
        delete(LoginSession).where(old, ~and_(is_last, of_staff)).execution_options(synchronize_session=False)
    )
