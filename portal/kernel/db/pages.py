"""Pages of lists that may grow long: a stretch of rows, how many there are in all, and where the next page begins.

A list is in the order of a time and, where two are the same, of an id. A place in it is that pair and no number of
rows: what comes or goes while somebody reads neither shifts the pages behind it nor shows a row twice, and the last
page costs no more than the first. Does not own addresses (portal/web/paging.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, Uuid, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.kernel.db.session import PortalSession

PAGE = 25
Row = TypeVar("Row")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
#: Of a place's time in hexadecimal digits; more would be beyond the year 9999.
_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended. As text it stands in an address: a time in microseconds and an opaque id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _TICK:x}-{self.id.hex}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """The place that somebody's address names; None where it names none."""
        ticks, _, ident = text.partition("-")
        if not 0 < len(ticks) <= _DIGITS:
            return None
        try:
            return cls(at=_EPOCH + int(ticks, 16) * _TICK, id=UUID(ident))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """A stretch of a list. `total`: of the whole list; `after`: where the next page begins, None: there is none."""

    rows: Sequence[Row]
    total: int
    after: Place | None


def page_of(
    session: PortalSession,
    wanted: Select[Row],
    *,
    by: InstrumentedAttribute[Any],
    newest: bool = False,
    after: Place | None = None,
    limit: int = PAGE,
) -> Page[Row]:
    """The rows of `wanted`, which selects a model, in the order of its time `by`: the oldest first, or the newest.

    One query where all of it is on one page, else two. The count names nobody, and is no read of patients' data.
    """
    key = tuple_(by, by.class_.id)
    stretch = wanted
    if after is not None:
        place = tuple_(literal(after.at, by.type), literal(after.id, Uuid()))
        stretch = wanted.where(key < place if newest else key > place)
    order = (by.desc(), by.class_.id.desc()) if newest else (by, by.class_.id)
    found = session.scalars(stretch.order_by(*order).limit(limit + 1)).all()
    rows, is_more = found[:limit], len(found) > limit
    total = len(rows)
    if is_more or after is not None:
        counted = select(func.count()).select_from(wanted.subquery())
        # A row may go between the two queries; nobody is told fewer than they see.
        total = max(total, session.scalar(counted, execution_options={"audited": True}) or 0)
    last = Place(at=getattr(rows[-1], by.key), id=rows[-1].id) if is_more else None  # type: ignore[attr-defined]  # a model
    return Page(rows=rows, total=total, after=last)
