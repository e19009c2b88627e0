"""Counting of attempts. The counter is kept under a lock, so that many at once do not pass together."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from portal.identity.models import Attempt, OneTimeCode
from portal.identity.rules import WINDOW
from portal.kernel.db import PortalSession, blind_index


def target_index(session: PortalSession, target: str) -> bytes:
    """What attempts know of a phone number or an address: a keyed hash, whether an account exists or not."""
    return blind_index(session, OneTimeCode.target, target, owner=OneTimeCode)


def lock_attempts(session: PortalSession, *, index: bytes, address: str) -> None:
    """Wait for others who count the same target or the same network address, until this transaction ends."""
    place = blind_index(session, OneTimeCode.target, f"address|{address}", owner=OneTimeCode)
    for one in sorted((index, place)):
        key = int.from_bytes(one[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def attempts(
    session: PortalSession, *, kind: str, now: datetime, index: bytes | None = None, address: str | None = None
) -> int:
    """How many in the last hour, for a target, a network address, or both."""
    wanted = select(func.count()).select_from(Attempt).where(Attempt.kind == kind, Attempt.at > now - WINDOW)
    if index is not None:
        wanted = wanted.where(Attempt.target_index == index)
    if address is not None:
        wanted = wanted.where(Attempt.address == address)
    return int(session.scalar(wanted) or 0)


def record_attempt(session: PortalSession, *, kind: str, index: bytes, address: str, now: datetime) -> UUID:
    """Count one; returns its id."""
    row = Attempt(kind=kind, target_index=index, address=address, at=now)
    session.add(row)
    session.flush()
    return row.id
