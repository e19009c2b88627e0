"""Which times can be offered. Pure: spans of UTC in, slots out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from portal.scheduling.rules.zones import closing_of, instant_of


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time, its end excluded."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyHours:
    """Working hours of one weekday (Monday is 0), as clocks in `zone` show them."""

    weekday: int
    starts: time
    ends: time
    zone: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a visit is, in minutes, and what is kept free around it."""

    minutes: int
    before: int = 0
    after: int = 0

    @property
    def step(self) -> timedelta:
        return timedelta(minutes=self.before + self.minutes + self.after)

    def occupied(self, start: datetime) -> Span:
        """What a visit that starts then takes of the practitioner's time."""
        end = start + timedelta(minutes=self.minutes + self.after)
        return Span(start - timedelta(minutes=self.before), end)

    def ends(self, start: datetime) -> datetime:
        return start + timedelta(minutes=self.minutes)


def weekly_spans(hours: Iterable[WeeklyHours], *, first: date, last: date) -> list[Span]:
    """Working time from `first` to `last`, calendar days in each row's own zone, both included."""
    spans = []
    for row in hours:
        begin = max(first, row.valid_from)
        end = last if row.valid_until is None else min(last, row.valid_until)
        day = begin + timedelta(days=(row.weekday - begin.weekday()) % 7)
        while day <= end:
            span = Span(instant_of(day, row.starts, row.zone), closing_of(day, row.ends, row.zone))
            # Hours that lie within a spring gap are no time at all.
            if span.start < span.end:
                spans.append(span)
            day += timedelta(days=7)
    return spans


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order. Spans that only touch stay apart.

    Each span begins a grid of times. Were days that touch one span, somebody who is there around the clock would have
    times that depend on how far back one looks, and a time that was offered would be refused a moment later.
    """
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start < result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def without(spans: Iterable[Span], closed: Iterable[Span]) -> list[Span]:
    """Time that is in `spans` and in none of `closed`."""
    left = merged(spans)
    for gap in closed:
        left = [piece for span in left for piece in _cut(span, gap)]
    return left


def _cut(span: Span, gap: Span) -> Iterator[Span]:
    if not span.overlaps(gap):
        yield span
        return
    if span.start < gap.start:
        yield Span(span.start, gap.start)
    if gap.end < span.end:
        yield Span(gap.end, span.end)


def starts_within(working: Iterable[Span], length: Length, *, earliest: datetime) -> Iterator[datetime]:
    """Each start of the grid from `earliest` on: visits one after another from the beginning of each span, buffers
    inside it."""
    before, step = timedelta(minutes=length.before), length.step
    for span in working:
        # Over what is too soon in one stride: the grid begins with the span, however long ago that was.
        skipped = max(0, -((span.start + before - earliest) // step))
        place = span.start + skipped * step
        while place + step <= span.end:
            yield place + before
            place += step


def free_starts(
    working: Iterable[Span], occupied: Iterable[Span], length: Length, *, earliest: datetime, latest: datetime
) -> Iterator[datetime]:
    """Starts that can be booked, in order: within working time, touching nothing occupied, not too soon or too far.

    One by one: there are thousands, of which a page shows the first.
    """
    taken = merged(occupied)
    before, rest = timedelta(minutes=length.before), timedelta(minutes=length.minutes + length.after)
    position = 0
    for start in starts_within(merged(working), length, earliest=earliest):
        if start > latest:
            return
        while position < len(taken) and taken[position].end <= start - before:
            position += 1
        if position == len(taken) or taken[position].start >= start + rest:
            yield start


def working_time(
    hours: Sequence[WeeklyHours], *, opened: Iterable[Span], closed: Iterable[Span], first: date, last: date
) -> list[Span]:
    """Weekly hours and extra hours, less what is closed. A closed span wins over an open one."""
    return without([*weekly_spans(hours, first=first, last=last), *opened], closed)
