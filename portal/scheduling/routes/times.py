"""The page of free times, shared by booking and moving, by patient and by staff: what it shows, not where it leads."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import get_global
from flask import request

from portal.kernel.locale import current_locale, format_date, format_time, zone_name
from portal.kernel.locale import gettext as _
from portal.practitioners import Practitioner
from portal.scheduling.queries import Slot, find_slots, visit_type_by_id
from portal.scheduling.routes.shared import practitioner_text
from portal.scheduling.rules import day_of, start_of_day
from portal.web.access import clinic, db, now

#: One look at the calendar covers four weeks; a page shows some days of it that have free times.
WINDOW = timedelta(days=28)
DAYS_SHOWN = 5
#: More would break the page's weight budget.
TIMES_SHOWN = 90
TOKEN = "%Y%m%dT%H%M%SZ"  # noqa: S105 - a format of time, no secret


@dataclass(kw_only=True)
class Times:
    """What `scheduling/_times.html` draws."""

    days: list[dict[str, Any]]
    people: Mapping[UUID, Practitioner]
    zone: str
    first_day: date
    today: date
    later_day: date | None = None
    chosen: UUID | None = None
    zones: list[tuple[str, str]] = field(default_factory=list)

    @property
    def with_whom(self) -> str:
        """Who the times are with, where it can be only one."""
        one = self.people.get(self.chosen) if self.chosen else next(iter(self.people.values()), None)
        if one is None or (self.chosen is None and len(self.people) > 1):
            return ""
        return _("With %(name)s.", name=practitioner_text(one))

    @property
    def zone_name(self) -> str:
        return zone_name(now(), self.zone)

    @property
    def practitioner_choices(self) -> list[tuple[str, str]]:
        named = sorted((one.name, str(key)) for key, one in self.people.items())
        return [("", _("Any clinician")), *((key, name) for name, key in named)]


def token_of(slot: Slot) -> str:
    """A slot as one word for buttons and addresses."""
    return f"{slot.starts_at.astimezone(UTC).strftime(TOKEN)}.{slot.practitioner_id}"


def read_token(text: str | None) -> tuple[datetime, UUID] | None:
    """What `token_of` wrote, or None."""
    when, _sign, who = (text or "").partition(".")
    try:
        return datetime.strptime(when, TOKEN).replace(tzinfo=UTC), UUID(who)
    except ValueError:
        return None


def asked_day(zone: str) -> date:
    """The first day to show: ?from=YYYY-MM-DD, never a day that is over."""
    today = day_of(now(), zone)
    try:
        return max(today, date.fromisoformat(request.args.get("from", "")))
    except ValueError:
        return today


def asked_practitioner() -> UUID | None:
    """The clinician asked for by ?practitioner=, or None for any."""
    try:
        return UUID(request.args.get("practitioner", ""))
    except ValueError:
        return None


def find_times(
    *,
    visit_type_id: UUID,
    jurisdiction: str,
    zone: str,
    href: Callable[[Slot], str] | None = None,
    except_appointment: UUID | None = None,
) -> Times:
    """Free times from the day asked for on, in `zone`; links where `href` is given, else buttons."""
    day = asked_day(zone)
    start = start_of_day(day, zone)
    chosen = asked_practitioner()
    offer = find_slots(
        db(),
        visit_type_id=visit_type_id,
        practitioner_id=chosen,
        jurisdiction=jurisdiction,
        start=start,
        end=start + WINDOW,
        now=now(),
        except_appointment=except_appointment,
    )
    shown, more = first_days(offer.slots, zone)
    later = day_of(shown[-1].starts_at, zone) + timedelta(days=1) if more else (start + WINDOW).date()
    offered = visit_type_by_id(db(), visit_type_id=visit_type_id)
    last_day = day_of(now(), zone) + timedelta(days=offered.horizon_days if offered else 0)
    return Times(
        days=days_of(shown, people=offer.people, zone=zone, href=href, name_people=chosen is None),
        people=offer.people,
        zone=zone,
        first_day=day,
        today=day_of(now(), zone),
        later_day=later if later <= last_day else None,
        chosen=chosen,
        zones=zone_choices(zone),
    )


def first_days(slots: Iterable[Slot], zone: str) -> tuple[list[Slot], bool]:
    """The times of the days that a page shows, and whether there are more; takes hardly more than it shows."""
    shown: list[Slot] = []
    for number, (_day, times) in enumerate(groupby(slots, key=lambda slot: day_of(slot.starts_at, zone))):
        if number == DAYS_SHOWN:
            return shown, True
        # The first day is shown whole, however long it is: there is no address for the rest of a day.
        room = max(TIMES_SHOWN - len(shown), 0)
        entries = list(islice(times, room + 1) if shown else times)
        if shown and len(entries) > room:
            return shown, True
        shown += entries
    return shown, False


def days_of(
    slots: Iterable[Slot],
    *,
    people: Mapping[UUID, Practitioner],
    zone: str,
    href: Callable[[Slot], str] | None = None,
    name_people: bool = True,
) -> list[dict[str, Any]]:
    """Slots as `ui.slots` takes them: by day, the clinician named where there are several."""
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        days.setdefault(day_of(slot.starts_at, zone), []).append(slot)
    several = name_people and len(people) > 1
    return [
        {
            "title": format_date(day, format="full"),
            "slots": _buttons(entries, people, zone=zone, href=href, several=several),
        }
        for day, entries in days.items()
    ]


def _buttons(
    day: Sequence[Slot],
    people: Mapping[UUID, Practitioner],
    *,
    zone: str,
    href: Callable[[Slot], str] | None,
    several: bool,
) -> list[dict[str, Any]]:
    texts = {instant: format_time(instant, zone) for instant in {slot.starts_at for slot in day}}
    said = Counter(texts.values())
    return [
        _button(
            slot,
            # On the night when clocks go back a time comes twice; then its zone's name tells which.
            _("%(time)s, %(zone)s", time=text, zone=zone_name(slot.starts_at, zone)) if said[text] > 1 else text,
            name=people[slot.practitioner_id].name,
            href=href,
            several=several,
        )
        for slot in day
        for text in (texts[slot.starts_at],)
    ]


def _button(slot: Slot, text: str, *, name: str, href: Callable[[Slot], str] | None, several: bool) -> dict[str, Any]:
    return {
        "text": _("%(time)s · %(name)s", time=text, name=name) if several else text,
        # Said where it is not to be seen; a label of other words than the text could not be asked for by voice.
        "label": None if several else _("%(time)s with %(name)s", time=text, name=name),
        **({"href": href(slot)} if href else {"value": token_of(slot)}),
    }


def zone_choices(current: str) -> list[tuple[str, str]]:
    """Zones of the clinic's country by name, one for each kind of clock, and the reader's own."""
    country = clinic().country
    zones = sorted(zone for zone, territory in get_global("zone_territories").items() if territory == country)
    known: dict[tuple[object, object], str] = {_clocks(current): current}
    for zone in (clinic().zone, *zones):
        try:
            known.setdefault(_clocks(zone), zone)
        except (KeyError, ValueError):
            # CLDR knows a name that the tz database has dropped.
            continue
    ordered = sorted(known.values(), key=lambda zone: (ZoneInfo(zone).utcoffset(datetime(2026, 1, 1)), zone))  # noqa: DTZ001 - wall-clock
    return [(zone, zone_name(now(), zone)) for zone in ordered]


def _clocks(zone: str) -> tuple[object, object]:
    place = ZoneInfo(zone)
    return place.utcoffset(datetime(2026, 1, 1)), place.utcoffset(datetime(2026, 7, 1))  # noqa: DTZ001 - wall-clock


def reader_zone() -> str:
    """The zone in which this page's reader is shown times."""
    return current_locale().zone
