"""Who may see a patient in a place, on which days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.practitioners import Practitioner, licences_in, practitioners_by_id
from portal.scheduling.rules import day_of

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    """Licences for one place: days from and to (None: open) by practitioner, counted in the practitioner's zone."""

    days: Mapping[UUID, Sequence[tuple[date, date | None]]]
    people: Mapping[UUID, Practitioner]

    def covers(self, practitioner_id: UUID, instant: datetime) -> bool:
        """Whether the practitioner is licensed on the day of that instant."""
        day = day_of(instant, self.people[practitioner_id].zone)
        return any(since <= day and (until is None or day <= until) for since, until in self.days[practitioner_id])

    def covers_all(self, practitioner_id: UUID, start: datetime, end: datetime) -> bool:
        """Whether one licence holds from before `start` until after `end`, in whatever zone."""
        first, last = (start - DAY).date(), (end + DAY).date()
        return any(since <= first and (until is None or last <= until) for since, until in self.days[practitioner_id])


def licensed_between(session: PortalSession, *, jurisdiction: str, start: datetime, end: datetime) -> Licensed:
    """Practitioners with a licence for the place on some day of the time. Two queries."""
    days: dict[UUID, list[tuple[date, date | None]]] = {}
    first, last = (start - DAY).date(), (end + DAY).date()
    for licence in licences_in(session, jurisdiction=jurisdiction):
        if licence.since <= last and (licence.until is None or licence.until >= first):
            days.setdefault(licence.practitioner_id, []).append((licence.since, licence.until))
    return Licensed(days=days, people=practitioners_by_id(session, days) if days else {})
