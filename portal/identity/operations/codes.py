"""One-time codes: asked for, spent, redeemed. A code proves a channel, never a person."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from portal.identity.models import OneTimeCode
from portal.identity.operations.limits import attempts, lock_attempts, record_attempt, target_index
from portal.identity.rules import CODE_DIGITS, code_digest
from portal.identity.wiring import wiring
from portal.kernel.db import PortalSession
from portal.kernel.errors import PortalError
from portal.kernel.ids import new_id


class TooManyCodes(PortalError):
    """As many codes as may be sent in an hour were sent to this target, or asked for from this network address."""

    code = "too-many-codes"


class CodeRefused(PortalError):
    """The code is wrong, used, too old, or was tried too often; told alike. `tries_left` is 0 when it is void."""

    code = "code-refused"

    def __init__(self, tries_left: int = 0) -> None:
        super().__init__()
        self.tries_left = tries_left


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A channel that somebody has just shown to be theirs."""

    channel: str
    target: str


def request_code(
    session: PortalSession,
    *,
    channel: str,
    target: str,
    language: str,
    zone: str,
    address: str,
    use: str = "sign-in",
    now: datetime,
) -> UUID:
    """Make a code and send it; returns its id, which may stand in an address. Raises TooManyCodes.

    The same for every target, whether an account exists or not. `target` is E.164 or an e-mail address; `address` is
    the network address that asks; `use`: "sign-in" or "reset", and a code for one is none for the other. Needs the
    purpose "sign-in", "visit-link" or "invitation"; "reset" for a reset.
    """
    rules = wiring().rules
    index = target_index(session, target)
    lock_attempts(session, index=index, address=address)
    if (
        attempts(session, kind="code", index=index, now=now) >= rules.codes_per_target
        or attempts(session, kind="code", address=address, now=now) >= rules.codes_per_address
    ):
        raise TooManyCodes
    record_attempt(session, kind="code", index=index, address=address, now=now)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    valid_for = timedelta(minutes=rules.code_minutes)
    code_id = new_id()
    row = OneTimeCode(
        id=code_id,
        use=use,
        channel=channel,
        target=target,
        code_hash=_digest(session, code_id, code),
        created_at=now,
        expires_at=now + valid_for,
        tries_left=rules.code_tries,
        address=address,
    )
    session.add(row)
    session.flush()
    wiring().send_code(
        session,
        code_id=code_id,
        use=use,
        channel=channel,
        target=target,
        code=code,
        valid_for=valid_for,
        language=language,
        zone=zone,
        now=now,
    )
    return code_id


def spend_try(session: PortalSession, *, code_id: UUID, now: datetime) -> int:
    """Take one try away before the code is looked at, in a transaction of its own; returns how many are left then.

    Counting after looking would let many guesses at once pass under one count. Raises CodeRefused when none is left.
    """
    left = session.scalar(
        update(OneTimeCode)
        .where(
            OneTimeCode.id == code_id,
            OneTimeCode.tries_left > 0,
            OneTimeCode.used_at.is_(None),
            OneTimeCode.expires_at > now,
        )
        .values(tries_left=OneTimeCode.tries_left - 1)
        .returning(OneTimeCode.tries_left)
        .execution_options(synchronize_session=False)
    )
    if left is None:
        raise CodeRefused
    return int(left)


def redeem_code(session: PortalSession, *, code_id: UUID, code: str, tries_left: int, now: datetime) -> Proof:
    """Use the code, once whoever else tries at the same moment. Raises CodeRefused. A try was spent before."""
    used = session.scalar(
        update(OneTimeCode)
        .where(
            OneTimeCode.id == code_id,
            OneTimeCode.used_at.is_(None),
            OneTimeCode.expires_at > now,
            OneTimeCode.code_hash == _digest(session, code_id, code),
        )
        .values(used_at=now)
        .returning(OneTimeCode.id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        raise CodeRefused(tries_left)
    row = session.get_one(OneTimeCode, (session.tenant_id, code_id))
    return Proof(channel=row.channel, target=row.target)


def _digest(session: PortalSession, code_id: UUID, code: str) -> bytes:
    _, key = session.keyring.current(session, "index")
    return code_digest(key=key, code_id=code_id, code=code)
