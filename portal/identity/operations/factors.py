"""Second factors: offered, confirmed, shown, renamed, removed; printed recovery codes. Each code is taken once."""

import base64
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update

from portal.identity.models import Account, Attempt, Authenticator, Passkey, RecoveryCode
from portal.identity.operations.limits import TooMany, count_try, factor_target
from portal.identity.queries import authenticators_of, has_factor, passkeys_of
from portal.identity.rules import (
    CODE_DIGITS,
    RECOVERY_CODES,
    RECOVERY_DIGITS,
    SECRET_BYTES,
    KnownDevice,
    matching_step,
    recovery_digest,
)
from portal.kernel.db import PortalSession, blind_index
from portal.kernel.errors import Conflict, NotFound, PortalError


class FactorRefused(PortalError):
    """The code is wrong, was used before, or is too old; told alike."""

    code = "factor-refused"


class TooManyFactors(TooMany):
    """Too many wrong codes for this account, from this network address, or in all."""

    code = "too-many-factors"


class LastFactor(Conflict):
    """A member of staff keeps at least one second factor."""

    code = "last-factor"


class AlreadyEnrolled(Conflict):
    """The account got its first second factor elsewhere in the meantime."""

    code = "already-enrolled"


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def offer_authenticator(session: PortalSession, *, account_id: UUID, name: str, now: datetime) -> UUID:
    """A secret for an app to read; it counts for nothing until a code of it is shown."""
    row = Authenticator(account_id=account_id, name=name, created_at=now)
    row.secret = new_secret()
    session.add(row)
    session.flush()
    return row.id


def provision_authenticator(session: PortalSession, *, account_id: UUID, name: str, secret: str, now: datetime) -> UUID:
    """An authenticator that counts at once, for the demo and for tests; needs the system purpose "provisioning"."""
    row = Authenticator(account_id=account_id, name=name, created_at=now, confirmed_at=now)
    row.secret = secret
    session.add(row)
    session.flush()
    return row.id


def confirm_authenticator(
    session: PortalSession, *, authenticator_id: UUID, account_id: UUID, code: str, first: bool = False, now: datetime
) -> None:
    """Count the authenticator from here on, since it shows a right code.

    `first`: only while the account has none (set up while signing in). Raises FactorRefused, AlreadyEnrolled, NotFound.
    """
    lock_factors(session, account_id)
    row = session.get(Authenticator, (session.tenant_id, authenticator_id))
    if row is None or row.account_id != account_id or row.removed_at is not None or row.confirmed_at is not None:
        raise NotFound("authenticator")
    if first and has_factor(session, account_id=account_id):
        raise AlreadyEnrolled
    step = matching_step(row.secret, code, now=now)
    if step is None:
        raise FactorRefused
    row.confirmed_at, row.last_step = now, step
    session.flush()


def count_factor_attempt(
    session: PortalSession, *, account_id: UUID, address: str, device: KnownDevice | None = None, now: datetime
) -> UUID:
    """Count a try before the code is looked at, in a transaction of its own. Raises TooManyFactors.

    Only who has shown the password, or holds the session, comes to here.
    """
    target = factor_target(account_id)
    return count_try(
        session, kind="factor", target=target, address=address, device=device, too_many=TooManyFactors, now=now
    )


def prove_factor(session: PortalSession, *, account_id: UUID, code: str, attempt_id: UUID, now: datetime) -> str:
    """Take a code of an authenticator or a printed one, once whoever else shows it at the same moment.

    Returns "totp" or "recovery"; raises FactorRefused. A right one does not count as a try.
    """
    if len(code) == CODE_DIGITS and _use_step(session, account_id, code, now):
        how = "totp"
    elif len(code) == RECOVERY_DIGITS and _use_recovery(session, account_id, code, now):
        how = "recovery"
    else:
        raise FactorRefused
    session.execute(update(Attempt).where(Attempt.id == attempt_id).values(kind="password-right"))
    return how


def _use_step(session: PortalSession, account_id: UUID, code: str, now: datetime) -> bool:
    for row in authenticators_of(session, account_id=account_id):
        step = matching_step(row.secret, code, now=now)
        if step is None:
            continue
        used = session.scalar(
            update(Authenticator)
            .where(Authenticator.id == row.id, Authenticator.last_step < step, Authenticator.removed_at.is_(None))
            .values(last_step=step)
            .returning(Authenticator.id)
            .execution_options(synchronize_session=False)
        )
        if used is not None:
            return True
    return False


def _use_recovery(session: PortalSession, account_id: UUID, code: str, now: datetime) -> bool:
    used = session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == _digest(session, account_id, code),
            RecoveryCode.used_at.is_(None),
            RecoveryCode.voided_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    return used is not None


def make_recovery_codes(session: PortalSession, *, now: datetime) -> list[str]:
    """Ten new codes for the signed-in person, shown this once; the old ones are void."""
    account_id = session.principal.actor_id
    lock_factors(session, account_id)
    session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.account_id == account_id, RecoveryCode.voided_at.is_(None))
        .values(voided_at=now)
        .execution_options(synchronize_session=False)
    )
    codes = [f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}}" for _ in range(RECOVERY_CODES)]
    for code in codes:
        row = RecoveryCode(account_id=account_id, code_hash=_digest(session, account_id, code), created_at=now)
        session.add(row)
    session.flush()
    return codes


def rename_factor(session: PortalSession, *, factor_id: UUID, name: str) -> None:
    """Call one of the signed-in person's apps or passkeys something else; raises NotFound for anybody else's."""
    _own(session, factor_id).name = name
    session.flush()


def remove_factor(session: PortalSession, *, factor_id: UUID, now: datetime) -> None:
    """Take one of the signed-in person's apps or passkeys away. Raises NotFound, and LastFactor for staff's last."""
    account_id = session.principal.actor_id
    lock_factors(session, account_id)
    row = _own(session, factor_id)
    left = len(authenticators_of(session, account_id=account_id)) + len(passkeys_of(session, account_id=account_id))
    if session.principal.is_staff and left == 1:
        raise LastFactor
    row.removed_at = now
    session.flush()


def reset_factors(session: PortalSession, *, contact: str, kind: str = "staff", now: datetime) -> None:
    """Take everything away from somebody whose phone and printed codes are gone. `kind`: "staff" or "patient".

    Staff set an app up at their next sign-in; a patient signs in with a code alone. `contact`: the e-mail address, or
    a patient's phone number (E.164). Raises NotFound; needs the system purpose "provisioning".
    """
    by_email, by_phone = (
        column == blind_index(session, attribute, contact, owner=Account)
        for attribute, column in ((Account.email, Account.email_index), (Account.phone, Account.phone_index))
    )
    account_id = session.scalar(select(Account.id).where(Account.kind == kind, or_(by_email, by_phone)))
    if account_id is None:
        raise NotFound("account")
    void_factors(session, account_id=account_id, now=now)


def void_factors(session: PortalSession, *, account_id: UUID, now: datetime) -> None:
    """An account's apps, passkeys and printed codes work no more."""
    lock_factors(session, account_id)
    for table, ended in ((Authenticator, "removed_at"), (Passkey, "removed_at"), (RecoveryCode, "voided_at")):
        session.execute(
            update(table)
            .where(table.account_id == account_id, getattr(table, ended).is_(None))
            .values({ended: now})
            .execution_options(synchronize_session=False)
        )


def _own(session: PortalSession, factor_id: UUID) -> Authenticator | Passkey:
    key = (session.tenant_id, factor_id)
    row = session.get(Authenticator, key) or session.get(Passkey, key)
    if row is None or row.account_id != session.principal.user_id or row.removed_at:
        raise NotFound("factor")
    if isinstance(row, Authenticator) and not row.confirmed_at:
        raise NotFound("factor")
    return row


def lock_factors(session: PortalSession, account_id: UUID) -> None:
    """One change at a time of an account's factors."""
    key = int.from_bytes(account_id.bytes[-8:], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def _digest(session: PortalSession, account_id: UUID, code: str) -> bytes:
    _, key = session.keyring.current(session, "index")
    return recovery_digest(key=key, account_id=account_id, code=code)
