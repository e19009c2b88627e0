"""Vital signs over time: a page of the values of each kind, as numbers, since a curve has many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from portal.charting.models import VitalSign
from portal.charting.queries.record import History
from portal.charting.rules import Measured
from portal.kernel.db import PortalSession

#: Values of each kind on a page, and kinds on it: what a request reads has an end, whatever was imported.
PAGE, KINDS = 30, 40
#: Values of a curve that stands within a line.
SPARK = 12


@dataclass(frozen=True, kw_only=True)
class VitalsPage:
    """Kinds that have values on this page.

    `total`: values of all kinds in the whole period. `left_out`: kinds past the KINDS that a page has.
    """

    kinds: Sequence[Measured]
    total: int
    left_out: int
    has_older: bool


def vitals_over_time(
    session: PortalSession, *, patient_id: UUID, since: datetime | None = None, page: int = 1, size: int = PAGE
) -> VitalsPage:
    """The newest values of each kind since an instant (None: ever), or those before them on page 2. One query.

    A code that was measured in two units is two kinds: they do not stand on one scale.
    """
    kind = (VitalSign.code, VitalSign.unit)
    newest = (VitalSign.effective_at.desc(), VitalSign.id.desc())
    found = select(
        VitalSign,
        func.row_number().over(partition_by=kind, order_by=newest).label("place"),
        func.dense_rank().over(order_by=kind).label("kind"),
        func.count().over(partition_by=kind).label("of_kind"),
        func.count().over().label("total"),
    ).where(VitalSign.patient_id == patient_id)
    if since is not None:
        found = found.where(VitalSign.effective_at >= since)
    ranked = found.cte()
    one = aliased(VitalSign, ranked)
    last_kind = select(func.max(ranked.c.kind)).scalar_subquery().label("last_kind")
    whole = (ranked.c.of_kind, ranked.c.total, last_kind)
    wanted = select(one.code, one.display, one.unit, one.value, one.effective_at, *whole)
    wanted = wanted.where(ranked.c.place > (page - 1) * size, ranked.c.place <= page * size, ranked.c.kind <= KINDS)
    rows = session.read_rows(wanted.order_by(one.code, one.unit, one.effective_at, one.id), patient=one.patient_id)
    session.note_read(patient_id, VitalSign.__name__)  # that there is none is read, too
    points: dict[tuple[str, str], list[tuple[datetime, float]]] = {}
    for row in rows:
        points.setdefault((row.code, row.unit), []).append((row.effective_at, float(row.value)))
    last = {(row.code, row.unit): row for row in rows}
    return VitalsPage(
        kinds=[
            Measured(code=code, display=row.display, unit=unit, points=points[code, unit], total=row.of_kind)
            for (code, unit), row in last.items()
        ],
        total=rows[0].total if rows else 0,
        left_out=max(0, rows[0].last_kind - KINDS) if rows else 0,
        has_older=any(row.of_kind > page * size for row in rows),
    )


def trends_of(session: PortalSession, *, history: History) -> dict[tuple[str, str], Measured]:
    """The last values of what a history has the latest of, by code and unit, where there are several. One query."""
    if not history.vitals:
        return {}
    page = vitals_over_time(session, patient_id=history.vitals[0].patient_id, size=SPARK)
    return {(one.code, one.unit): one for one in page.kinds if one.total > 1}
