"""Which times are open: the rows that the rule needs, and the rule over them.

Five queries whatever the number of practitioners. Reads past holds that have expired; only a booking clears them away.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, not_, select
from sqlalchemy.dialects.postgresql import Range

from portal.kernel.db import PortalSession
from portal.practitioners import Practitioner
from portal.scheduling.models import Availability, AvailabilityException, Occupancy, VisitType
from portal.scheduling.queries.hours import hours_of, upcoming_exceptions
from portal.scheduling.queries.licensing import Licensed, licensed_between
from portal.scheduling.queries.visit_types import visit_type_by_id
from portal.scheduling.rules import Length, Span, WeeklyHours, free_starts, working_time

#: As far as one look for the next free time goes before it looks again.
STRIDE = timedelta(days=14)
#: Zones differ from UTC by less than this, so that a day read with this margin is read whole.
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time that can be booked."""

    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime


def length_of(visit_type: VisitType) -> Length:
    """The visit type's length as the rules take it."""
    return Length(minutes=visit_type.minutes, before=visit_type.buffer_before, after=visit_type.buffer_after)


def lead_of(session: PortalSession, visit_type: VisitType) -> timedelta:
    """How long ahead patients book. Staff, who speak with the patient and the clinician, book until a time begins."""
    return timedelta(0) if session.principal.is_staff else timedelta(minutes=visit_type.lead_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Open times in order, worked out as they are taken, and everybody who could be chosen for them."""

    slots: Iterator[Slot]
    people: Mapping[UUID, Practitioner]


def find_slots(
    session: PortalSession,
    *,
    visit_type_id: UUID,
    jurisdiction: str,
    start: datetime,
    end: datetime,
    now: datetime,
    practitioner_id: UUID | None = None,
    except_appointment: UUID | None = None,
) -> Offer:
    """Times between `start` and `end` that can be booked, in order of time: all that is read is read at once.

    `jurisdiction` is where the patient will be: only who is licensed there on that day is offered.
    `except_appointment`: time that this appointment takes counts as free (for moving it).
    """
    visit_type = visit_type_by_id(session, visit_type_id=visit_type_id)
    if visit_type is None or not visit_type.active:
        return Offer(slots=iter(()), people={})
    earliest = max(start, now + lead_of(session, visit_type))
    latest = min(end, now + timedelta(days=visit_type.horizon_days))
    if earliest > latest:
        return Offer(slots=iter(()), people={})
    licensed = licensed_between(session, jurisdiction=jurisdiction, start=earliest, end=latest)
    people = [one for one in licensed.people if practitioner_id in (None, one)]
    if not people:
        return Offer(slots=iter(()), people=licensed.people)
    rows = _Rows.load(
        session, people=people, start=earliest, end=latest, now=now, except_appointment=except_appointment
    )
    slots = rows.offered(people, visit_type, licensed, earliest=earliest, latest=latest)
    return Offer(slots=slots, people=licensed.people)


def open_slots(
    session: PortalSession,
    *,
    visit_type_id: UUID,
    jurisdiction: str,
    start: datetime,
    end: datetime,
    now: datetime,
    practitioner_id: UUID | None = None,
    except_appointment: UUID | None = None,
) -> list[Slot]:
    """The slots of `find_slots`, all of them."""
    offer = find_slots(
        session,
        visit_type_id=visit_type_id,
        jurisdiction=jurisdiction,
        start=start,
        end=end,
        now=now,
        practitioner_id=practitioner_id,
        except_appointment=except_appointment,
    )
    return list(offer.slots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A time that somebody asks for."""

    visit_type_id: UUID
    practitioner_id: UUID
    jurisdiction: str
    starts_at: datetime


def slot_at(
    session: PortalSession, *, wanted: Wanted, now: datetime, except_appointment: UUID | None = None
) -> Slot | None:
    """The open slot that starts exactly then, or None."""
    found = open_slots(
        session,
        visit_type_id=wanted.visit_type_id,
        practitioner_id=wanted.practitioner_id,
        jurisdiction=wanted.jurisdiction,
        start=wanted.starts_at,
        end=wanted.starts_at,
        now=now,
        except_appointment=except_appointment,
    )
    return found[0] if found else None


def next_free(
    session: PortalSession,
    *,
    visit_type_id: UUID,
    jurisdiction: str,
    now: datetime,
    practitioner_id: UUID | None = None,
    count: int = 1,
    after: datetime | None = None,
) -> list[Slot]:
    """The next open times from `after` (or now) on, at most `count` of them."""
    visit_type = visit_type_by_id(session, visit_type_id=visit_type_id)
    start, found = after or now, list[Slot]()
    horizon = now + timedelta(days=visit_type.horizon_days if visit_type else 0)
    while start < horizon and len(found) < count:
        found += open_slots(
            session,
            visit_type_id=visit_type_id,
            practitioner_id=practitioner_id,
            jurisdiction=jurisdiction,
            start=start,
            end=min(start + STRIDE - timedelta(microseconds=1), horizon),
            now=now,
        )
        start += STRIDE
    return found[:count]


def soonest_slots(
    session: PortalSession, *, visit_types: Sequence[VisitType], jurisdiction: str, now: datetime
) -> dict[UUID, Slot]:
    """The next open time of each visit type within STRIDE, by visit type. Five queries however many there are."""
    licensed = licensed_between(session, jurisdiction=jurisdiction, start=now, end=now + STRIDE)
    people = list(licensed.people)
    if not people:
        return {}
    rows = _Rows.load(session, people=people, start=now, end=now + STRIDE, now=now, except_appointment=None)
    found: dict[UUID, Slot] = {}
    for visit_type in visit_types:
        earliest = now + lead_of(session, visit_type)
        latest = min(now + STRIDE, now + timedelta(days=visit_type.horizon_days))
        soonest = next(rows.offered(people, visit_type, licensed, earliest=earliest, latest=latest), None)
        if soonest is not None:
            found[visit_type.id] = soonest
    return found


@dataclass(frozen=True, kw_only=True)
class _Rows:
    hours: Sequence[Availability]
    exceptions: Sequence[AvailabilityException]
    occupied: dict[UUID, list[Span]]

    @classmethod
    def load(
        cls,
        session: PortalSession,
        *,
        people: Sequence[UUID],
        start: datetime,
        end: datetime,
        now: datetime,
        except_appointment: UUID | None,
    ) -> "_Rows":
        # A day of 25 hours lies in two: what was closed at its beginning still moves the times at its end.
        begin, finish = start - 2 * DAY, end + DAY
        return cls(
            hours=hours_of(session, practitioner_ids=people, on_or_after=begin.date()),
            exceptions=upcoming_exceptions(session, practitioner_ids=people, start=begin, end=finish),
            occupied=occupied_spans(
                session, people=people, start=begin, end=finish, now=now, except_appointment=except_appointment
            ),
        )

    def offered(
        self,
        people: Sequence[UUID],
        visit_type: VisitType,
        licensed: Licensed,
        *,
        earliest: datetime,
        latest: datetime,
    ) -> Iterator[Slot]:
        """Everybody's times in one order: whoever takes the first few pays for no more."""
        length = length_of(visit_type)
        each = [self._offered_by(person, visit_type, licensed, earliest=earliest, latest=latest) for person in people]
        for begin, person in heapq.merge(*each):
            yield Slot(practitioner_id=person, starts_at=begin, ends_at=length.ends(begin))

    def _offered_by(
        self, person: UUID, visit_type: VisitType, licensed: Licensed, *, earliest: datetime, latest: datetime
    ) -> Iterator[tuple[datetime, UUID]]:
        always = licensed.covers_all(person, earliest, latest)
        for begin in self._free(person, visit_type, earliest=earliest, latest=latest):
            if always or licensed.covers(person, begin):
                yield begin, person

    def _free(self, person: UUID, visit_type: VisitType, *, earliest: datetime, latest: datetime) -> Iterator[datetime]:
        working = working_time(
            [
                weekly_hours(row)
                for row in self.hours
                if row.practitioner_id == person
                and (row.visit_type_ids is None or str(visit_type.id) in row.visit_type_ids)
            ],
            opened=self._exceptions(person, "open"),
            closed=self._exceptions(person, "closed"),
            first=(earliest - DAY).date(),
            last=(latest + DAY).date(),
        )
        occupied = self.occupied.get(person, [])
        return free_starts(working, occupied, length_of(visit_type), earliest=earliest, latest=latest)

    def _exceptions(self, person: UUID, kind: str) -> list[Span]:
        return [
            Span(row.starts_at, row.ends_at)
            for row in self.exceptions
            if row.practitioner_id == person and row.kind == kind
        ]


def weekly_hours(row: Availability) -> WeeklyHours:
    """A row as the rules take it."""
    return WeeklyHours(
        weekday=row.weekday,
        starts=row.starts,
        ends=row.ends,
        zone=row.zone,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def span_of_range(during: Range[datetime]) -> Span:
    """A row's range; the table lets none be open at an end."""
    if during.lower is None or during.upper is None:
        raise ValueError("an occupancy without an end")
    return Span(during.lower, during.upper)


def occupied_spans(
    session: PortalSession,
    *,
    people: Sequence[UUID],
    start: datetime,
    end: datetime,
    now: datetime,
    except_appointment: UUID | None = None,
) -> dict[UUID, list[Span]]:
    """What is held or booked of each practitioner's time; a hold that has expired takes nothing."""
    statement = select(Occupancy.practitioner_id, Occupancy.during).where(
        Occupancy.practitioner_id.in_(people),
        Occupancy.during.op("&&")(func.tstzrange(start, end)),
        not_(and_(Occupancy.kind == "hold", Occupancy.expires_at <= now)),
    )
    if except_appointment is not None:
        statement = statement.where(Occupancy.appointment_id.is_distinct_from(except_appointment))
    found: dict[UUID, list[Span]] = {}
    for person, during in session.execute(statement):
        found.setdefault(person, []).append(span_of_range(during))
    return found
