"""Locked sessions: locking one, opening it again by PIN, password or passkey, and the form that came meanwhile.

A PIN opens a session that was begun on this browser and locked; it neither signs in nor counts as a second factor.
"""

import base64
import json
import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from portal.identity.models import LoginSession, Password, SharedPc, UnlockPin
from portal.identity.operations.passwords import PasswordRefused
from portal.identity.passwords import hash_password, is_right
from portal.identity.rules import PIN_DIGITS, UNLOCK_TRIES, SharedPcRules, is_weak_pin, token_digest
from portal.identity.sessions import shared_pc_rules
from portal.kernel.crypto import BrokenSeal, key_id_of, seal, unseal
from portal.kernel.db import PortalSession, keyed_hash
from portal.kernel.errors import NotFound, PortalError

Fields = Sequence[tuple[str, str]]


class WeakPin(PortalError):
    """The PIN is not six digits, or among those that are tried first."""

    code = "weak-pin"


class PinRefused(PortalError):
    """Not the person's PIN, or they have none, or the clinic wants none; told alike."""

    code = "pin-refused"


class UnlockRefused(PortalError):
    """It was tried too often: the session has ended."""

    code = "unlock-refused"


def lock_session(session: PortalSession, *, now: datetime) -> None:
    """Lock the session that acts; one that is locked already stays as it is."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session.principal.session_id, LoginSession.locked_at.is_(None))
        .values(locked_at=now)
        .execution_options(synchronize_session=False)
    )


def count_unlock_try(session: PortalSession, *, now: datetime) -> int:
    """Count a try before it is looked at, in a transaction that stays; returns how many are left after it.

    Raises UnlockRefused when none was left.
    """
    tried = session.scalar(
        update(LoginSession)
        .where(
            LoginSession.id == session.principal.session_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.unlock_tries < UNLOCK_TRIES,
        )
        .values(unlock_tries=LoginSession.unlock_tries + 1)
        .returning(LoginSession.unlock_tries)
        .execution_options(synchronize_session=False)
    )
    if tried is None:
        raise UnlockRefused
    return UNLOCK_TRIES - int(tried)


def unlock_session(session: PortalSession, *, token: str, now: datetime) -> str:
    """Open it again; returns another token, the old one is void. Raises NotFound when somebody else was first."""
    fresh = secrets.token_urlsafe(32)
    opened = session.scalar(
        update(LoginSession)
        .where(LoginSession.token_hash == token_digest(token), LoginSession.revoked_at.is_(None))
        .values(token_hash=token_digest(fresh), locked_at=None, unlock_tries=0, last_seen_at=now)
        .returning(LoginSession.id)
        .execution_options(synchronize_session=False)
    )
    if opened is None:
        raise NotFound("session")
    return fresh


def set_pin(session: PortalSession, *, pin: str, now: datetime) -> None:
    """Give the signed-in person a PIN in place of what they had. Raises WeakPin. Needs the purpose "factors"."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()) or is_weak_pin(pin):
        raise WeakPin
    who = session.principal.actor_id
    row = session.scalar(select(UnlockPin).where(UnlockPin.account_id == who)) or UnlockPin(account_id=who)
    row.hash, row.changed_at = hash_password(_keyed(session, who, pin)), now
    session.add(row)
    session.flush()


def drop_pin(session: PortalSession) -> None:
    """Take the signed-in person's PIN away. Needs the purpose "factors"."""
    session.execute(delete(UnlockPin).where(UnlockPin.account_id == session.principal.actor_id))


def show_pin(session: PortalSession, *, pin: str) -> None:
    """Raise PinRefused unless it is the signed-in person's PIN. Needs the purpose "factors"."""
    who = session.principal.actor_id
    stored = session.scalar(select(UnlockPin.hash).where(UnlockPin.account_id == who))
    if not is_right(_keyed(session, who, pin), stored) or not shared_pc_rules(session).pin_allowed:
        raise PinRefused


def show_password(session: PortalSession, *, password: str) -> None:
    """Raise PasswordRefused unless it is the signed-in person's password. Needs the purpose "factors"."""
    stored = session.scalar(select(Password.hash).where(Password.account_id == session.principal.actor_id))
    if not is_right(password, stored):
        raise PasswordRefused


def _keyed(session: PortalSession, account_id: UUID, pin: str) -> str:
    # A stolen dump alone must not let a million PINs be tried.
    return keyed_hash(session, f"identity.unlock_pin|{account_id}", pin.encode()).hex()


def say_shared_pcs(session: PortalSession, *, says: SharedPcRules, now: datetime) -> None:
    """When staff's sessions lock and end from the next request on."""
    row = session.get(SharedPc, session.tenant_id) or SharedPc(tenant_id=session.tenant_id)
    row.lock_minutes, row.idle_minutes = says.lock_minutes, says.idle_minutes
    row.longest_hours, row.pin_allowed = says.longest_hours, says.pin_allowed
    row.changed_at, row.changed_by = now, session.principal.actor_id
    session.add(row)
    session.flush()


def seal_form(session: PortalSession, *, session_id: UUID, path: str, fields: Fields) -> str:
    """A form that came while its session was locked, as the lock page carries it: nobody reads it but this session."""
    plain = zlib.compress(json.dumps({"path": path, "fields": list(fields)}, ensure_ascii=False).encode())
    key_id, key = session.keyring.current(session, "fields")
    sealed = seal(plain, key_id=key_id, key=key, aad=_place(session, session_id))
    return base64.urlsafe_b64encode(sealed).decode()


def open_form(session: PortalSession, *, sealed: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Where the form was going and its fields; None for anything that this session's lock page did not carry."""
    try:
        raw = base64.urlsafe_b64decode(sealed)
        key = session.keyring.key(session, key_id_of(raw))
        who = session.principal.session_id
        held = json.loads(zlib.decompress(unseal(raw, key=key, aad=_place(session, who))))
    except (BrokenSeal, ValueError):
        return None
    return held["path"], [(name, value) for name, value in held["fields"]]


def _place(session: PortalSession, session_id: UUID | None) -> bytes:
    return f"{session.tenant_id}|identity.login_session|held_form|{session_id}".encode()
