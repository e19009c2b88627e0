"""Watching: the leaves that came into the log since the last time, and alerts about what is unusual in them.

How far it got is a position in the log, which the sequencer gives: a leaf whose transaction committed late is watched
when it comes in. Position and alerts change in one transaction under the position's lock, so that each leaf counts once
however often, or at once, the work is done.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import insert

from portal.audit.models import Alert, Entry, Leaf, Watch, Watched
from portal.audit.queries import OWN_PURPOSE
from portal.audit.rules import REOPENS, WATCHED_ROLES, Anomaly, Look, Thresholds
from portal.kernel.db import PortalSession

BATCH = 20_000
_THRESHOLDS = tuple(Thresholds.__dataclass_fields__)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """What is to be watched now. `looks` are new, `before` are those of the same people in the minutes before.

    `upto`: the position that follows; `is_whole`: nothing waits behind it.
    """

    looks: Sequence[Look]
    before: Sequence[Look]
    says: Thresholds
    upto: int
    is_whole: bool


def thresholds(session: PortalSession) -> Thresholds:
    """What the clinic calls unusual."""
    row = session.get(Watch, session.tenant_id)
    return Thresholds(**{name: getattr(row, name) for name in _THRESHOLDS}) if row else Thresholds()


def change_thresholds(session: PortalSession, *, says: Thresholds, now: datetime) -> None:
    """Say what is unusual from the next time on. What was found stays found."""
    row = session.get(Watch, session.tenant_id) or Watch(tenant_id=session.tenant_id)
    for name in _THRESHOLDS:
        setattr(row, name, getattr(says, name))
    row.changed_at, row.changed_by = now, session.principal.actor_id
    session.add(row)
    session.flush()


def begin_watch(session: PortalSession, *, limit: int = BATCH) -> Stretch:
    """What came into the log since the last time, at most `limit` leaves. Holds the position until the commit."""
    first = insert(Watched).values(tenant_id=session.tenant_id, upto=0)
    session.execute(first.on_conflict_do_nothing(index_elements=["tenant_id"]))
    begin = session.scalars(select(Watched).with_for_update()).one().upto
    positions = select(Entry.position).where(Entry.position >= begin).order_by(Entry.position).limit(limit).subquery()
    count, last = session.execute(select(func.count(), func.max(positions.c.position))).one()
    end = last + 1 if count else begin
    says = thresholds(session)
    if not count:
        return Stretch(looks=[], before=[], says=says, upto=end, is_whole=True)
    new = _leaves().where(Entry.position >= begin, Entry.position < end)
    looks = [_look(row) for row in session.execute(new)]
    before = _before(session, looks, begin, says)
    return Stretch(looks=looks, before=before, says=says, upto=end, is_whole=count < limit)


def end_watch(session: PortalSession, *, stretch: Stretch, found: Iterable[Anomaly], now: datetime) -> list[Alert]:
    """Keep what was found, each finding as one alert, and how far the log was watched. Returns the alerts touched."""
    anomalies = {one.key: one for one in found}
    before = session.scalars(select(Alert).where(Alert.key.in_(anomalies))) if anomalies else ()
    known = {row.key: row for row in before}
    touched = []
    for key, one in anomalies.items():
        if key in known:
            _grow(known[key], one)
            touched.append(known[key])
        else:
            alert = Alert(
                kind=one.kind, key=key, user_id=one.person, patient_id=one.patient, first_at=one.first_at,
                last_at=one.last_at, count=one.count, state="open", found_at=now,
            )  # fmt: skip
            session.add(alert)
            touched.append(alert)
    session.get_one(Watched, session.tenant_id).upto = stretch.upto
    session.flush()
    return touched


def _grow(alert: Alert, one: Anomaly) -> None:
    """More of the same: looks add up, of masses the largest counts."""
    count = max(alert.count, one.count) if one.kind == "mass-reads" else alert.count + one.count
    if count > alert.count and one.kind in REOPENS:
        alert.state = "open"
    alert.count, alert.last_at = count, max(alert.last_at, one.last_at)


def _leaves() -> Select[datetime, UUID | None, UUID | None, str]:
    """Staff at a patient's record, but for reading this record itself."""
    in_log = (Entry.tenant_id == Leaf.tenant_id) & (Entry.leaf_id == Leaf.id)
    roles = cast(sorted(WATCHED_ROLES), ARRAY(Text))
    return (
        select(Leaf.at, Leaf.user_id, Leaf.patient_id, Leaf.purpose)
        .join(Entry, in_log)
        .where(
            Leaf.action.in_(("read", "write")),
            Leaf.user_id.is_not(None),
            Leaf.patient_id.is_not(None),
            Leaf.roles.op("&&")(roles),
            Leaf.purpose != OWN_PURPOSE,
        )
    )


def _before(session: PortalSession, looks: Sequence[Look], begin: int, says: Thresholds) -> list[Look]:
    """What the same people looked at in the minutes before, watched already."""
    if not looks or not says.mass_reads:
        return []
    times = [look.at for look in looks]
    known = _leaves().where(
        Leaf.user_id.in_({look.person for look in looks}),
        Leaf.at > min(times) - timedelta(minutes=says.mass_minutes),
        Leaf.at <= max(times),
        Entry.position < begin,
    )
    return [replace(_look(row), is_new=False) for row in session.execute(known)]


def _look(row: Row[datetime, UUID | None, UUID | None, str]) -> Look:
    return Look(at=row.at, person=row.user_id, patient=row.patient_id, purpose=row.purpose)
