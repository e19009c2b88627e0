"""How often what may be tried. Counted in PostgreSQL and under a lock, so that many at once do not pass together.

Tries within an hour up to a limit are free; each one above it doubles the wait until the next, and the wait shrinks
again as the tries grow old. A device on which the person has signed in before is counted by itself: whatever
strangers do, it is not kept out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from portal.identity.models import Attempt, OneTimeCode
from portal.identity.rules import WINDOW, KnownDevice, device_mark, wait_after
from portal.identity.wiring import wiring
from portal.kernel.db import PortalSession, blind_index
from portal.kernel.errors import PortalError


class TooMany(PortalError):
    """Too many tries, of this account, from this network address or in all; `wait` is until the next one."""

    code = "too-many"

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


def target_index(session: PortalSession, target: str) -> bytes:
    """What attempts know of a phone number or an address: a keyed hash, whether an account exists or not."""
    return blind_index(session, OneTimeCode.target, target, owner=OneTimeCode)


def marks_of(session: PortalSession, *, account_id: UUID, contact: str) -> list[str]:
    """What a device remembers of an account that has signed in on it: nothing that says whose it is."""
    return [device_mark(target_index(session, one)) for one in (contact, factor_target(account_id))]


def factor_target(account_id: UUID) -> str:
    """Under what tries of an account's second factor are counted."""
    return f"factor|{account_id}"


def count_try(
    session: PortalSession,
    *,
    kind: str,
    target: str,
    address: str,
    device: KnownDevice | None = None,
    too_many: type[TooMany] = TooMany,
    now: datetime,
) -> UUID:
    """Count a try before what is tried is looked at, in a transaction that stays; raises `too_many`.

    `target`: whose account is tried, "" for nobody's; `device`: what this browser says that it is. Returns the try's
    id, with which a right one is taken off again.
    """
    index = target_index(session, target)
    known = device is not None and device_mark(index) in device.marks
    if known and device is not None:
        index, address = target_index(session, f"device|{device.id}|{target}"), ""
    _lock(session, [index] if target else [], address)
    wait = _wait(session, kind=kind, index=index, address=address, known=known, has_target=bool(target), now=now)
    if wait > timedelta(0):
        raise too_many(wait)
    row = Attempt(kind=kind, target_index=index, address=address, at=now)
    session.add(row)
    session.flush()
    return row.id


def _wait(
    session: PortalSession, *, kind: str, index: bytes, address: str, known: bool, has_target: bool, now: datetime
) -> timedelta:
    limit = wiring().rules.limits[kind]
    of_target, from_here = Attempt.target_index == index, Attempt.address == address
    buckets: list[tuple[int | None, ColumnElement[bool]]] = [
        (limit.here if has_target else None, and_(of_target, from_here)),
        (limit.target if has_target else None, of_target),
        (limit.address, from_here),
        (limit.in_all, Attempt.address != ""),
    ]
    if known:
        buckets = [(limit.device, of_target)]
    counts = [func.count().filter(which) for _free, which in buckets]
    lasts = [func.max(Attempt.at).filter(which) for _free, which in buckets]
    recent = select(*counts, *lasts).where(Attempt.kind == kind, Attempt.at > now - WINDOW)
    row: Sequence[Any] = tuple(session.execute(recent).one())
    tried = zip(buckets, row[: len(buckets)], row[len(buckets) :], strict=True)
    return max(wait_after(count, free, last=last, now=now) for (free, _which), count, last in tried)


def _lock(session: PortalSession, targets: list[bytes], address: str) -> None:
    """Wait for others who count the same target or the same network address, until this transaction ends."""
    places = [target_index(session, f"address|{address}")] if address else []
    for one in sorted(targets + places):
        key = int.from_bytes(one[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(key)))
