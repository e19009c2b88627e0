"""What is unusual: pure decisions over looks."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from portal.audit.rules import Look, Thresholds, close_looks, mass_reads, odd_hours
from portal.kernel.ids import new_id

NEW_YORK = "America/New_York"
NOON = datetime(2026, 3, 10, 16, tzinfo=UTC)  # 12:00 in New York
ROBIN, ADA = new_id(), new_id()
PATIENTS = [new_id() for _ in range(200)]


def looks(
    count: int, *, person: UUID = ROBIN, every: float = 10, begin: datetime = NOON, **values: object
) -> list[Look]:
    """One patient after the other, `every` so many seconds."""
    fields = {"purpose": "care"} | values
    return [
        Look(at=begin + timedelta(seconds=every * number), person=person, patient=PATIENTS[number], **fields)  # type: ignore[arg-type]
        for number in range(count)
    ]


def masses(*given: list[Look], **says: int) -> list[tuple[UUID, int]]:
    flat = [look for part in given for look in part]
    found = mass_reads(flat, says=Thresholds(**({"mass_patients": 10} | says)), zone=NEW_YORK)  # type: ignore[arg-type]
    return [(one.person, one.count) for one in found]


@pytest.mark.parametrize(("count", "found"), [(9, []), (10, [(ROBIN, 10)]), (50, [(ROBIN, 50)])])
def test_many_patients_within_the_hour(count: int, found: list[tuple[UUID, int]]) -> None:
    assert masses(looks(count)) == found


def test_the_same_patient_again_and_again_is_one_patient() -> None:
    again = [Look(at=NOON, person=ROBIN, patient=PATIENTS[0], purpose="care")] * 50
    assert masses(again) == []


def test_spread_over_the_day_it_is_work() -> None:
    assert masses(looks(60, every=420)) == []  # eight and a half an hour


def test_those_before_count_but_are_not_found_again() -> None:
    before = looks(9, is_new=False)
    new = looks(10)[9:]
    assert masses(before, new) == [(ROBIN, 10)]
    assert masses(looks(50, is_new=False)) == []
    assert masses(looks(50, is_new=False), looks(1, begin=NOON + timedelta(hours=3))) == []


def test_two_people_are_not_added_up() -> None:
    assert masses(looks(9), looks(9, person=ADA)) == []


def test_the_boards_and_calendars_of_the_desk_do_not_count() -> None:
    assert masses(looks(50, purpose="board"), looks(50, purpose="scheduling")) == []


def test_a_clinic_that_does_not_want_it_finds_nothing() -> None:
    assert masses(looks(50), mass_reads=False) == []


@pytest.mark.parametrize(
    ("local", "is_night"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("05:59", True), ("06:00", False)],
)
def test_the_night_is_the_clinics_own(local: str, is_night: bool) -> None:
    hour, minute = (int(part) for part in local.split(":"))
    at = datetime(2026, 3, 10, hour, minute, tzinfo=UTC) + timedelta(hours=4)  # summer time in New York
    assert bool(odd_hours(looks(1, begin=at), says=Thresholds(), zone=NEW_YORK)) == is_night


def test_a_night_is_one_finding_across_midnight_and_the_next_another() -> None:
    late, early = NOON + timedelta(hours=11), NOON + timedelta(hours=17, minutes=30)
    found = odd_hours([*looks(2, begin=late), *looks(3, begin=early)], says=Thresholds(), zone=NEW_YORK)
    assert [(one.count, one.first_at, one.last_at) for one in found] == [(5, late, early + timedelta(seconds=20))]
    next_night = looks(1, begin=late + timedelta(days=1))
    both = odd_hours([*looks(2, begin=late), *next_night], says=Thresholds(), zone=NEW_YORK)
    assert len({one.key for one in both}) == 2


def test_a_clinic_may_call_the_day_its_night() -> None:
    says = Thresholds(night_from=9, night_until=17)
    assert len(odd_hours(looks(1), says=says, zone=NEW_YORK)) == 1
    assert odd_hours(looks(1), says=Thresholds(odd_hours=False, night_from=9, night_until=17), zone=NEW_YORK) == []


def test_looks_at_those_who_are_close_are_added_up_by_pair() -> None:
    found = close_looks("same-surname", [*looks(3), *looks(2)], [(ROBIN, PATIENTS[0]), (ADA, PATIENTS[1])])
    assert [(one.person, one.patient, one.count) for one in found] == [(ROBIN, PATIENTS[0], 2)]
