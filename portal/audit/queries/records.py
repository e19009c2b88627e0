"""Reads of the record. Each is itself recorded: as a read of the patient asked about, else of nobody's record."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import aliased

from portal.audit.models import Leaf
from portal.kernel.db import PortalSession
from portal.kernel.errors import PortalError

PAGE = 25
#: Hits beyond these are not counted.
COUNTED = 1_000
#: The most that one file holds.
EXPORTED = 5_000
#: The purpose of whoever reads the record.
OWN_PURPOSE = "audit"


class TooManyLeaves(PortalError):
    """More than one file holds; the filter has to be narrower."""

    code = "too-many-leaves"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which leaves: of whom, about whom, from `since` until before `until`, why, and what was done.

    Reading the record is left out unless its purpose is named: else it would fill what it shows.
    """

    person: UUID | None = None
    patient: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    purpose: str | None = None
    action: str | None = None


@dataclass(frozen=True, kw_only=True)
class FoundLeaves:
    """A page, the newest first. `is_more`: more than the `total` that was counted. `after`: where the next begins."""

    leaves: Sequence[Leaf]
    total: int
    is_more: bool
    after: UUID | None


def find_leaves(session: PortalSession, *, wanted: Wanted, after: UUID | None = None, limit: int = PAGE) -> FoundLeaves:
    """A page of the leaves that the reader may see, from behind the leaf `after`; and how many there are in all."""
    session.note_read(wanted.patient, Leaf.__name__)
    conditions = _conditions(wanted)
    page = select(Leaf).where(*conditions)
    if after is not None:
        last = aliased(Leaf)
        at = select(last.at).where(last.id == after).scalar_subquery()
        page = page.where(tuple_(Leaf.at, Leaf.id) < tuple_(at, literal(after)))
    rows = _in_order(session, page, limit + 1)
    counted = len(rows)
    if after is not None or len(rows) > limit:
        some = select(Leaf.id).where(*conditions).limit(COUNTED + 1).subquery()
        counted = session.scalar(select(func.count()).select_from(some)) or 0
    return FoundLeaves(
        leaves=rows[:limit],
        total=min(counted, COUNTED),
        is_more=counted > COUNTED,
        after=rows[limit - 1].id if len(rows) > limit else None,
    )


def export_leaves(session: PortalSession, *, wanted: Wanted, limit: int = EXPORTED) -> list[Leaf]:
    """All of them, the newest first, for a file, which is recorded. Raises TooManyLeaves beyond `limit`.

    A file that held only some of them would be taken for the whole.
    """
    session.note_read(wanted.patient, "LeafExport")
    rows = _in_order(session, select(Leaf).where(*_conditions(wanted)), limit + 1)
    if len(rows) > limit:
        raise TooManyLeaves(limit)
    return list(rows)


def who_touched(session: PortalSession, people: Collection[UUID], *, model: str, since: datetime) -> set[UUID]:
    """Those of the people in whose name a row of the model was read or changed since then."""
    if not people:
        return set()
    touched = func.array_to_string(Leaf.resources, " ").like(f"%{model}%")
    wanted = select(Leaf.user_id).where(Leaf.user_id.in_(people), Leaf.at >= since, touched).distinct()
    return {one for one in session.scalars(wanted) if one is not None}


def _in_order(session: PortalSession, wanted: Select[Leaf], limit: int) -> Sequence[Leaf]:
    return session.scalars(wanted.order_by(Leaf.at.desc(), Leaf.id.desc()).limit(limit)).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    same = {"user_id": wanted.person, "patient_id": wanted.patient, "action": wanted.action}
    return [
        Leaf.purpose == wanted.purpose if wanted.purpose else Leaf.purpose != OWN_PURPOSE,
        *(getattr(Leaf, name) == value for name, value in same.items() if value is not None),
        *([Leaf.at >= wanted.since] if wanted.since else []),
        *([Leaf.at < wanted.until] if wanted.until else []),
    ]
