"""The rule of free times, over the days on which clocks change."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.kernel.ids import new_id
from portal.scheduling import Slot
from portal.scheduling.routes.times import DAYS_SHOWN, TIMES_SHOWN, first_days
from portal.scheduling.rules import (
    Length,
    Span,
    WeeklyHours,
    closing_of,
    free_starts,
    instant_of,
    may_still_change,
    merged,
    weekly_spans,
    without,
    working_time,
)

NEW_YORK, LISBON, PHOENIX = "America/New_York", "Europe/Lisbon", "America/Phoenix"
ZONES = st.sampled_from([NEW_YORK, LISBON, PHOENIX, "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"])
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def hours(weekday: int, starts: str, ends: str, zone: str) -> WeeklyHours:
    return WeeklyHours(
        weekday=weekday,
        starts=time.fromisoformat(starts),
        ends=time.fromisoformat(ends),
        zone=zone,
        valid_from=date(2026, 1, 1),
    )


def clocks(spans: list[Span], zone: str, length: Length) -> list[str]:
    starts = free_starts(
        spans, [], length, earliest=datetime(2020, 1, 1, tzinfo=UTC), latest=datetime(2030, 1, 1, tzinfo=UTC)
    )
    return [f"{start.astimezone(ZoneInfo(zone)):%H:%M%z}" for start in starts]


def test_nine_oclock_is_nine_oclock_on_both_sides_of_the_change() -> None:
    spans = weekly_spans([hours(0, "09:00", "10:00", NEW_YORK)], first=date(2026, 3, 2), last=date(2026, 3, 9))
    assert [span.start.hour for span in spans] == [14, 13]


def test_the_hour_that_spring_leaves_out_is_not_offered() -> None:
    spans = weekly_spans([hours(6, "00:00", "04:00", NEW_YORK)], first=date(2026, 3, 8), last=date(2026, 3, 8))
    assert clocks(spans, NEW_YORK, Length(minutes=60)) == ["00:00-0500", "01:00-0500", "03:00-0400"]


def test_the_hour_that_autumn_repeats_is_offered_twice() -> None:
    spans = weekly_spans([hours(6, "00:00", "02:00", NEW_YORK)], first=date(2026, 11, 1), last=date(2026, 11, 1))
    assert clocks(spans, NEW_YORK, Length(minutes=60)) == ["00:00-0400", "01:00-0400", "01:00-0500"]


def test_lisbon_changes_at_one_in_the_morning() -> None:
    spring = weekly_spans([hours(6, "00:00", "03:00", LISBON)], first=date(2026, 3, 29), last=date(2026, 3, 29))
    assert clocks(spring, LISBON, Length(minutes=60)) == ["00:00+0000", "02:00+0100"]
    autumn = weekly_spans([hours(6, "00:00", "02:00", LISBON)], first=date(2026, 10, 25), last=date(2026, 10, 25))
    assert clocks(autumn, LISBON, Length(minutes=60)) == ["00:00+0100", "01:00+0100", "01:00+0000"]


def test_a_place_without_summer_time_has_the_same_day_all_year() -> None:
    spans = weekly_spans([hours(6, "00:00", "04:00", PHOENIX)], first=date(2026, 3, 1), last=date(2026, 11, 1))
    assert {span.end - span.start for span in spans} == {timedelta(hours=4)}
    assert {span.start.hour for span in spans} == {7}


def test_a_time_in_the_gap_is_the_instant_of_the_change() -> None:
    change = datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert instant_of(date(2026, 3, 8), time(2, 30), NEW_YORK) == change
    assert instant_of(date(2026, 3, 8), time(2, 0), NEW_YORK) == change


def test_a_time_that_comes_twice_is_its_first_coming() -> None:
    assert instant_of(date(2026, 11, 1), time(1, 30), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_hours_within_the_gap_are_no_time_at_all() -> None:
    gap = weekly_spans([hours(6, "02:00", "02:45", NEW_YORK)], first=date(2026, 3, 8), last=date(2026, 3, 8))
    assert gap == []


def test_midnight_closes_the_day() -> None:
    assert closing_of(date(2026, 3, 8), time(0), NEW_YORK) == datetime(2026, 3, 9, 4, tzinfo=UTC)
    spans = weekly_spans([hours(6, "23:00", "00:00", NEW_YORK)], first=date(2026, 3, 8), last=date(2026, 3, 8))
    assert spans[0].end - spans[0].start == timedelta(hours=1)


def test_hours_end_with_their_validity() -> None:
    row = WeeklyHours(
        weekday=0,
        starts=time(9),
        ends=time(10),
        zone=PHOENIX,
        valid_from=date(2026, 3, 10),
        valid_until=date(2026, 3, 23),
    )
    spans = weekly_spans([row], first=date(2026, 3, 1), last=date(2026, 4, 30))
    assert [span.start.date() for span in spans] == [date(2026, 3, 16), date(2026, 3, 23)]


def test_closed_time_wins_over_extra_hours() -> None:
    day = Span(FIRST + timedelta(hours=9), FIRST + timedelta(hours=17))
    closed = Span(FIRST + timedelta(hours=12), FIRST + timedelta(hours=13))
    left = working_time([], opened=[day], closed=[closed], first=date(2026, 1, 1), last=date(2026, 1, 1))
    assert [(span.start.hour, span.end.hour) for span in left] == [(9, 12), (13, 17)]


def test_buffers_lie_within_working_time() -> None:
    day = Span(FIRST + timedelta(hours=9), FIRST + timedelta(hours=10))
    found = free_starts(
        [day], [], Length(minutes=20, before=5, after=5), earliest=FIRST, latest=FIRST + timedelta(days=1)
    )
    assert [f"{start:%H:%M}" for start in found] == ["09:05", "09:35"]


def test_a_visit_keeps_its_buffer_free() -> None:
    day = Span(FIRST + timedelta(hours=9), FIRST + timedelta(hours=10))
    taken = Span(FIRST + timedelta(hours=9, minutes=20), FIRST + timedelta(hours=9, minutes=25))
    found = free_starts([day], [taken], Length(minutes=20, after=5), earliest=FIRST, latest=FIRST + timedelta(days=1))
    assert [f"{start:%H:%M}" for start in found] == ["09:25"]


def test_patients_change_until_the_last_minute_allowed() -> None:
    begin = FIRST + timedelta(hours=10)
    assert may_still_change(starts_at=begin, change_minutes=60, now=begin - timedelta(minutes=60))
    assert not may_still_change(starts_at=begin, change_minutes=60, now=begin - timedelta(minutes=59))


def spans_of_minutes(most: int = 3000) -> st.SearchStrategy[Span]:
    start = st.integers(0, most)
    size = st.integers(1, 400)
    return st.builds(
        lambda begin, length: Span(FIRST + timedelta(minutes=begin), FIRST + timedelta(minutes=begin + length)),
        start,
        size,
    )


LENGTHS = st.builds(
    lambda minutes, before, after: Length(minutes=minutes, before=before, after=after),
    st.integers(5, 60),
    st.integers(0, 15),
    st.integers(0, 15),
)


@given(st.lists(spans_of_minutes(), max_size=6), st.lists(spans_of_minutes(), max_size=6), LENGTHS)
def test_every_offered_time_is_working_time_and_free(working: list[Span], taken: list[Span], length: Length) -> None:
    whole = merged(working)
    offered = list(free_starts(working, taken, length, earliest=FIRST, latest=FIRST + timedelta(days=5)))
    for start in offered:
        wanted = length.occupied(start)
        assert any(span.start <= wanted.start and wanted.end <= span.end for span in whole)
        assert not any(span.overlaps(wanted) for span in taken)
    pairs = itertools.pairwise(offered)
    assert all(not length.occupied(one).overlaps(length.occupied(two)) for one, two in pairs)


def all_free_starts(
    working: list[Span], taken: list[Span], length: Length, earliest: datetime, latest: datetime
) -> list[datetime]:
    """The rule said plainly: every place of every grid, and of those what is free and neither too soon nor too far."""
    places = [
        span.start + number * length.step + timedelta(minutes=length.before)
        for span in merged(working)
        for number in range((span.end - span.start) // length.step)
    ]
    return [
        start
        for start in places
        if earliest <= start <= latest and not any(span.overlaps(length.occupied(start)) for span in taken)
    ]


@given(
    st.lists(spans_of_minutes(), max_size=8),
    st.lists(spans_of_minutes(), max_size=8),
    LENGTHS,
    st.integers(-60, 3000),
    st.integers(-60, 3000),
)
def test_times_taken_one_by_one_are_those_of_the_plain_rule(
    working: list[Span], taken: list[Span], length: Length, soonest: int, window: int
) -> None:
    earliest = FIRST + timedelta(minutes=soonest)
    latest = earliest + timedelta(minutes=window)
    plain = all_free_starts(working, taken, length, earliest, latest)
    assert list(free_starts(working, taken, length, earliest=earliest, latest=latest)) == plain


def test_the_first_time_is_found_without_looking_at_the_others() -> None:
    """A century of working time: to work all of it out would take minutes."""
    whole = Span(FIRST, FIRST + timedelta(days=36500))
    found = free_starts([whole], [], Length(minutes=5), earliest=whole.end - timedelta(hours=1), latest=whole.end)
    assert next(found) == whole.end - timedelta(hours=1)


def days_that_fit(slots: list[Slot]) -> list[Slot]:
    """What a page shows of all times, said plainly."""
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        days.setdefault(slot.starts_at.date(), []).append(slot)
    shown: list[Slot] = []
    for number, entries in enumerate(days.values()):
        if number == DAYS_SHOWN or (shown and len(shown) + len(entries) > TIMES_SHOWN):
            break
        shown += entries
    return shown


@given(st.lists(st.integers(0, 2 * TIMES_SHOWN), max_size=9))
@example([TIMES_SHOWN, 1])
@example([2 * TIMES_SHOWN, 1])
@example([TIMES_SHOWN - 1, 1, 1])
def test_a_page_shows_the_first_days_and_takes_hardly_more_times(by_day: list[int]) -> None:
    person = new_id()
    slots = [
        Slot(practitioner_id=person, starts_at=start, ends_at=start + timedelta(minutes=5))
        for day, count in enumerate(by_day)
        for start in (FIRST + timedelta(days=day, minutes=5 * number) for number in range(count))
    ]
    rest = iter(slots)
    shown, more = first_days(rest, "UTC")
    assert shown == days_that_fit(slots)
    assert more == (len(shown) < len(slots))
    assert len(slots) - len(list(rest)) <= len(shown) + TIMES_SHOWN + 2


@given(st.lists(spans_of_minutes(), max_size=6), st.lists(spans_of_minutes(), max_size=6))
def test_taking_away_leaves_what_is_in_one_and_not_in_the_other(spans: list[Span], closed: list[Span]) -> None:
    left = without(spans, closed)
    for minute in range(0, 3500, 7):
        moment = FIRST + timedelta(minutes=minute)
        inside = any(span.start <= moment < span.end for span in spans)
        shut = any(span.start <= moment < span.end for span in closed)
        assert any(span.start <= moment < span.end for span in left) == (inside and not shut)


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.times().map(lambda clock: clock.replace(microsecond=0)), ZONES
)
def test_an_instant_shows_the_clock_it_was_made_from_or_the_first_after_it(day: date, clock: time, zone: str) -> None:
    shown = instant_of(day, clock, zone).astimezone(ZoneInfo(zone))
    assert shown.replace(tzinfo=None) >= datetime.combine(day, clock)
    if shown.replace(tzinfo=None) != datetime.combine(day, clock):
        before = (instant_of(day, clock, zone) - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
        assert before.utcoffset() != shown.utcoffset()


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), ZONES, LENGTHS)
def test_no_time_is_offered_that_clocks_do_not_show(day: date, zone: str, length: Length) -> None:
    spans = weekly_spans(
        [WeeklyHours(weekday=day.weekday(), starts=time(0), ends=time(6), zone=zone, valid_from=date(2020, 1, 1))],
        first=day,
        last=day,
    )
    for start in free_starts(
        spans, [], length, earliest=datetime(2019, 1, 1, tzinfo=UTC), latest=datetime(2037, 1, 1, tzinfo=UTC)
    ):
        local = start.astimezone(ZoneInfo(zone))
        assert local.date() == day and local.hour < 6


@pytest.mark.parametrize("zone", [NEW_YORK, LISBON, PHOENIX])
def test_a_week_of_whole_days_is_a_week(zone: str) -> None:
    rows = [hours(weekday, "00:00", "00:00", zone) for weekday in range(7)]
    spans = merged(weekly_spans(rows, first=date(2026, 3, 2), last=date(2026, 11, 30)))
    assert all(one.end == two.start for one, two in itertools.pairwise(spans))
    assert len(spans) == (date(2026, 11, 30) - date(2026, 3, 2)).days + 1


@given(st.integers(0, 6), ZONES, LENGTHS)
def test_times_around_the_clock_do_not_depend_on_how_far_back_one_looks(back: int, zone: str, length: Length) -> None:
    rows = [hours(weekday, "00:00", "00:00", zone) for weekday in range(7)]
    begin, end = datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)

    def offered(first: date) -> list[datetime]:
        working = working_time(rows, opened=[], closed=[], first=first, last=date(2026, 11, 6))
        return list(free_starts(working, [], length, earliest=begin, latest=end))

    assert offered(date(2026, 10, 29) - timedelta(days=back)) == offered(date(2026, 10, 29))
