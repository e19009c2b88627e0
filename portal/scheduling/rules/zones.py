"""Wall-clock times to instants, over the days on which clocks change.

A time that clocks pass over in spring does not exist: it stands for the instant of the change. A time that comes
twice in autumn stands for its first coming. (RFC 5545, 3.3.5 reads a repeated time the same way.) Both hold for the
beginning and the end of a window; a window that contains the repeated hour whole is one hour longer, and both
comings of a time within it are offered.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def instant_of(day: date, clock: time, zone: str) -> datetime:
    """The instant at which clocks in `zone` show `clock` on `day`, in UTC."""
    place = ZoneInfo(zone)
    local = datetime.combine(day, clock, tzinfo=place).replace(fold=0)
    instant = local.astimezone(UTC)
    if instant.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _change_before(instant, local.replace(fold=1).astimezone(UTC), place)


def _change_before(after: datetime, before: datetime, place: ZoneInfo) -> datetime:
    """The second at which the zone's offset changes between two instants."""
    old = before.astimezone(place).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        if middle.astimezone(place).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def day_of(instant: datetime, zone: str) -> date:
    """The calendar day in `zone`."""
    return instant.astimezone(ZoneInfo(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """The first instant of a calendar day in `zone`."""
    return instant_of(day, time(0), zone)


def closing_of(day: date, clock: time, zone: str) -> datetime:
    """Like `instant_of`, for the end of working hours: 00:00 is the end of the day."""
    return start_of_day(day + timedelta(days=1), zone) if clock == time(0) else instant_of(day, clock, zone)
