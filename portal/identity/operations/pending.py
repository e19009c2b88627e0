"""Between password and second factor: a row for ten minutes, held by one browser, that opens nothing else."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from portal.identity.models import PendingSignIn
from portal.identity.operations.factors import offer_authenticator
from portal.identity.queries import has_factor
from portal.identity.rules import PENDING, token_digest
from portal.kernel.db import PortalSession
from portal.kernel.errors import NotFound


def begin_sign_in(
    session: PortalSession,
    *,
    account_id: UUID,
    name: str,
    channel: str = "password",
    federated_id: UUID | None = None,
    now: datetime,
) -> str:
    """The password, or a patient's code, was right; returns the token for this browser. Needs the purpose "sign-in".

    Who has no second factor yet is offered an authenticator called `name`, its secret known to this browser only.
    """
    token = secrets.token_urlsafe(32)
    enrolled = has_factor(session, account_id=account_id)
    offered = None if enrolled else offer_authenticator(session, account_id=account_id, name=name, now=now)
    row = PendingSignIn(
        account_id=account_id,
        token_hash=token_digest(token),
        channel=channel,
        authenticator_id=offered,
        federated_id=federated_id,
        created_at=now,
        expires_at=now + PENDING,
    )
    session.add(row)
    session.flush()
    return token


def void_sign_ins(session: PortalSession, *, account_id: UUID, now: datetime) -> None:
    """End what was begun with a password that is another now; needs the purpose "factors" or "reset"."""
    session.execute(
        update(PendingSignIn)
        .where(PendingSignIn.account_id == account_id, PendingSignIn.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


def finish_sign_in(session: PortalSession, *, pending_id: UUID, now: datetime) -> None:
    """Use the pending sign-in up; raises NotFound when it was used, or ran out, in the meantime."""
    used = session.scalar(
        update(PendingSignIn)
        .where(PendingSignIn.id == pending_id, PendingSignIn.used_at.is_(None), PendingSignIn.expires_at > now)
        .values(used_at=now)
        .returning(PendingSignIn.id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        raise NotFound("pending sign-in")
