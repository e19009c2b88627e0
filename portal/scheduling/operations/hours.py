"""A practitioner's working hours and the exceptions to them. Whose hours one may write, the database decides."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict
from portal.scheduling.models import Availability, AvailabilityException
from portal.scheduling.queries import hours_of
from portal.scheduling.rules import closing_of, instant_of, start_of_day


class HoursOverlap(Conflict):
    """The practitioner works at that time of that weekday already."""

    code = "hours-overlap"


class WrongHours(ValueError):
    """The end is not after the beginning."""


def add_hours(
    session: PortalSession,
    *,
    practitioner_id: UUID,
    weekday: int,
    starts: time,
    ends: time,
    zone: str,
    valid_from: date,
    valid_until: date | None = None,
    visit_type_ids: Sequence[UUID] | None = None,
) -> Availability:
    """Work from `starts` to `ends` (00:00: the end of the day) on a weekday. The same hours twice are one row.

    Raises WrongHours, HoursOverlap.
    """
    if ends <= starts and ends != time(0):
        raise WrongHours
    for other in hours_of(session, practitioner_ids=[practitioner_id], on_or_after=valid_from):
        if other.weekday != weekday or (valid_until is not None and other.valid_from > valid_until):
            continue
        if (other.starts, other.ends, other.zone) == (starts, ends, zone):
            return other
        if (ends == time(0) or other.starts < ends) and (other.ends == time(0) or starts < other.ends):
            raise HoursOverlap
    row = Availability(
        practitioner_id=practitioner_id,
        weekday=weekday,
        starts=starts,
        ends=ends,
        zone=zone,
        valid_from=valid_from,
        valid_until=valid_until,
        visit_type_ids=None if visit_type_ids is None else [str(one) for one in visit_type_ids],
    )
    session.add(row)
    session.flush()
    return row


def remove_hours(session: PortalSession, *, hours_id: UUID, practitioner_id: UUID) -> None:
    """No longer work then. What is booked stays booked. Removed already: nothing changes."""
    row = session.scalar(
        select(Availability).where(Availability.id == hours_id, Availability.practitioner_id == practitioner_id)
    )
    if row is not None:
        session.delete(row)
        session.flush()


def add_exception(
    session: PortalSession,
    *,
    practitioner_id: UUID,
    kind: str,
    first_day: date,
    last_day: date,
    zone: str,
    starts: time | None = None,
    ends: time | None = None,
) -> AvailabilityException:
    """Be away ("closed") from the first day to the last, or work extra hours ("open"), by clocks in `zone`.

    Without times, whole days. What is booked in a closed time stays booked; the calendar shows it. Raises WrongHours.
    """
    begin = start_of_day(first_day, zone) if starts is None else instant_of(first_day, starts, zone)
    finish = start_of_day(last_day + timedelta(days=1), zone) if ends is None else closing_of(last_day, ends, zone)
    if finish <= begin:
        raise WrongHours
    row = AvailabilityException(practitioner_id=practitioner_id, kind=kind, starts_at=begin, ends_at=finish)
    session.add(row)
    session.flush()
    return row


def remove_exception(session: PortalSession, *, exception_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """Take an exception back; it stays on record. Removed already: nothing changes."""
    row = session.scalar(
        select(AvailabilityException).where(
            AvailabilityException.id == exception_id, AvailabilityException.practitioner_id == practitioner_id
        )
    )
    if row is not None and row.removed_at is None:
        row.removed_at = now
        session.flush()
