"""Passkeys: asked for, made, shown. Each question is answered once, within minutes, by whom it was put to."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.identity.models import Passkey, PasskeyChallenge
from portal.identity.operations.factors import AlreadyEnrolled, lock_factors
from portal.identity.operations.providers import OwnSignInOff, require_own_sign_in
from portal.identity.passkeys import CHALLENGE_BYTES, PasskeyRefused, challenge_in, made_by, named_in, shown_by
from portal.identity.queries import has_factor
from portal.identity.rules import CHALLENGE, challenge_digest, token_digest
from portal.identity.wiring import wiring
from portal.kernel.db import PortalSession, constraint_of


def put_challenge(session: PortalSession, *, use: str, holder: str, account_id: UUID | None, now: datetime) -> bytes:
    """A question for one use ("sign-in", "step-up:refund", …) and one holder: a browser, a pending sign-in, a session.

    `account_id` None: whose passkey answers is not known before.
    """
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    row = PasskeyChallenge(
        account_id=account_id,
        challenge_hash=challenge_digest(challenge),
        holder_hash=token_digest(holder),
        use=use,
        created_at=now,
        expires_at=now + CHALLENGE,
    )
    session.add(row)
    session.flush()
    return challenge


def spend_challenge(
    session: PortalSession, *, answer: str, use: str, holder: str, account_id: UUID | None, now: datetime
) -> bytes:
    """Use up the question that the answer is to, before the answer is looked at, in a transaction of its own.

    Returns it; raises PasskeyRefused when it was answered before, ran out, or was put to somebody else.
    """
    challenge = challenge_in(answer)
    of_account = (
        PasskeyChallenge.account_id.is_(None) if account_id is None else PasskeyChallenge.account_id == account_id
    )
    spent = session.scalar(
        update(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge_hash == challenge_digest(challenge),
            PasskeyChallenge.holder_hash == token_digest(holder),
            PasskeyChallenge.use == use,
            of_account,
            PasskeyChallenge.used_at.is_(None),
            PasskeyChallenge.expires_at > now,
        )
        .values(used_at=now)
        .returning(PasskeyChallenge.id)
        .execution_options(synchronize_session=False)
    )
    if spent is None:
        raise PasskeyRefused
    return challenge


def add_passkey(
    session: PortalSession,
    *,
    account_id: UUID,
    answer: str,
    challenge: bytes,
    name: str,
    first: bool = False,
    now: datetime,
) -> UUID:
    """Keep the passkey that a browser has made. `first`: only while the account has no second factor.

    Raises PasskeyRefused, also for one that is known already, and AlreadyEnrolled.
    """
    lock_factors(session, account_id)
    if first and has_factor(session, account_id=account_id):
        raise AlreadyEnrolled
    made = made_by(answer, challenge=challenge, place=wiring().passkeys)
    row = Passkey(
        account_id=account_id,
        name=name,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_passkey_credential":
            raise PasskeyRefused from error
        raise
    return row.id


def prove_passkey(
    session: PortalSession, *, account_id: UUID | None, answer: str, challenge: bytes, now: datetime
) -> UUID:
    """Whose passkey answered; `account_id`: only this account's will do. Raises PasskeyRefused.

    The count of a passkey that counts must grow: an equal or smaller one is of a copy.
    """
    named = named_in(answer)
    row = session.scalar(
        select(Passkey).where(Passkey.credential_id == named.credential_id, Passkey.removed_at.is_(None))
    )
    # A device that chose by itself names the account too: another's name beside a right key is somebody's doing.
    owners = {one for one in (account_id, named.account_id) if one is not None}
    if row is None or owners - {row.account_id} or (account_id is None and named.account_id is None):
        raise PasskeyRefused
    count = shown_by(
        answer, challenge=challenge, place=wiring().passkeys, public_key=row.public_key, sign_count=row.sign_count
    )
    counted = session.scalar(
        update(Passkey)
        .where(Passkey.id == row.id, Passkey.sign_count == row.sign_count, Passkey.removed_at.is_(None))
        .values(sign_count=count, used_at=now)
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    if counted is None:
        raise PasskeyRefused
    if account_id is None:
        try:
            require_own_sign_in(session, account_id=row.account_id)
        except OwnSignInOff:
            raise PasskeyRefused from None
    return row.account_id
