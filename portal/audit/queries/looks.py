"""Reads of the audit record for people: who looked at a record, when and why. Addresses and devices stay in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import all_, literal, select, tuple_

from portal.audit.models import Leaf
from portal.kernel.db import PortalSession

SHOWN = 25
#: Requests of which a page is made: many of them are one look, such as a screen that asks again by itself.
READ = 400
ACTIONS = ("read", "write", "event")


@dataclass(kw_only=True)
class Look:
    """What one account did with a record on one day, for one purpose and on one ground; `basis` None: none is needed.

    `resources`: names of models.
    """

    user_id: UUID
    roles: tuple[str, ...]
    purpose: str
    basis: str | None
    first_at: datetime
    last_at: datetime
    has_changed: bool = False
    resources: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class Looks:
    """A page of looks, the latest first. `older`: what to ask for the next page with, None: there is none."""

    looks: Sequence[Look]
    older: UUID | None


def looks_at(
    session: PortalSession,
    *,
    patient_id: UUID,
    zone: ZoneInfo,
    before: UUID | None = None,
    except_by: UUID | None = None,
    by: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Looks:
    """Who looked at a record, or changed it, as far as the reader may know. Days are the zone's.

    Our own processes (reminders, documents) are not people, and not among them. `before`: a page's `older`;
    `except_by`, `by`: leave an account out, or all others. One query.
    """
    columns = (Leaf.id, Leaf.at, Leaf.user_id, Leaf.roles, Leaf.purpose, Leaf.action, Leaf.grant_basis, Leaf.resources)
    wanted = select(*columns).where(
        Leaf.patient_id == patient_id,
        Leaf.user_id.is_not(None),
        Leaf.action.in_(ACTIONS),
        literal("system") != all_(Leaf.roles),
    )
    if before is not None:
        place = select(Leaf.at, Leaf.id).where(Leaf.id == before, Leaf.patient_id == patient_id)
        wanted = wanted.where(tuple_(Leaf.at, Leaf.id) < place.scalar_subquery())
    if except_by is not None:
        wanted = wanted.where(Leaf.user_id != except_by)
    if by is not None:
        wanted = wanted.where(Leaf.user_id == by)
    if since is not None:
        wanted = wanted.where(Leaf.at >= since)
    if until is not None:
        wanted = wanted.where(Leaf.at <= until)
    rows = session.execute(wanted.order_by(Leaf.at.desc(), Leaf.id.desc()).limit(READ + 1)).all()
    return _gathered(rows, zone)


def _gathered(rows: Sequence[Any], zone: ZoneInfo) -> Looks:
    """Requests of one day that are alike, as one look; a page ends where the next look would begin."""
    found: dict[tuple[date, UUID, tuple[str, ...], str, str | None], Look] = {}
    last: UUID | None = None
    for row in rows[:READ]:
        held = tuple(row.roles)
        kind = (row.at.astimezone(zone).date(), row.user_id, held, row.purpose, row.grant_basis)
        if kind not in found:
            if len(found) == SHOWN:
                return Looks(looks=list(found.values()), older=last)
            found[kind] = Look(
                user_id=row.user_id,
                roles=held,
                purpose=row.purpose,
                basis=row.grant_basis,
                first_at=row.at,
                last_at=row.at,
            )
        look = found[kind]
        look.first_at = row.at
        look.has_changed = look.has_changed or row.action == "write"
        look.resources.update(row.resources)
        last = row.id
    return Looks(looks=list(found.values()), older=last if len(rows) > READ else None)
