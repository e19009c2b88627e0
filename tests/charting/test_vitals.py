"""Vital signs over time: which curves there are, of what period, page by page, in the clinic's time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from portal.charting.queries.vitals import PAGE, SPARK
from portal.charting.rules import Measured, side_by_side
from portal.kernel.db import Database
from tests.budgets.measured import statements
from tests.factories.audit import leaves
from tests.factories.charting import HEIGHT, LOWER, PULSE, UPPER, WEIGHT, Encounter, Kind, make_vitals, measure
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

Measure = Callable[..., None]


@pytest.fixture
def path(clinic: Clinic, encounter: Encounter) -> str:
    return clinic.path(f"staff/patients/{encounter.patient_id}/vitals")


@pytest.fixture
def measured(database: Database, encounter: Encounter) -> Measure:
    """Write values down, by when they were measured."""

    def write(kind: Kind, values: dict[datetime, float]) -> None:
        measure(database, encounter.as_clinician(), encounter.patient_id, kind, values)

    return write


def curves(page: Page) -> dict[str, str]:
    """What stands under each heading, by the heading."""
    assert page.status == 200
    return {
        " ".join(one.css_first("h2").text().split()): " ".join(one.text(separator=" ").split())  # type: ignore[union-attr]
        for one in page._css("section")
    }


def cells(page: Page) -> list[str]:
    return [" ".join(cell.text().split()) for cell in page._css("tbody th, tbody td")]


def test_what_was_measured_more_than_once_is_a_curve(
    clinician: PolicedClient, path: str, database: Database, encounter: Encounter, clock: Clock
) -> None:
    make_vitals(database, encounter.as_clinician(), encounter.patient_id, now=clock.now)
    page = clinician.get(path)
    assert list(curves(page)) == ["Blood pressure", "Heart rate", "Weight"]
    assert "118/76 mmHg" in curves(page)["Blood pressure"]
    assert "Measured once Height: 174 cm" in page.text
    assert "21 values" in page.text
    labels = [str(one.attributes["aria-label"]) for one in page._css("svg[role=img]")]
    assert labels[2].startswith("Weight (kg): lowest 78.1, highest 81.4, last 78.1")


def test_both_blood_pressures_are_one_curve_and_a_slip_of_the_finger_is_marked(
    clinician: PolicedClient, path: str, measured: Measure, clock: Clock
) -> None:
    days = [clock.now - timedelta(days=days) for days in (3, 2, 1)]
    measured(UPPER, dict(zip(days, (120, 1240, 130), strict=True)))
    measured(LOWER, dict(zip(days, (80, 81, 82), strict=True)))
    page = clinician.get(path)
    assert len(page._css("svg[role=img]")) == 1
    assert "1,240 (Check this value)" in cells(page)
    assert "lowest 120, highest 130, last 130" in str(page._css("svg[role=img]")[0].attributes["aria-label"])


def test_pressures_of_two_moments_are_told_one_by_one(
    clinician: PolicedClient, path: str, measured: Measure, clock: Clock
) -> None:
    measured(UPPER, {clock.now - timedelta(days=2): 130, clock.now - timedelta(days=1): 125})
    measured(LOWER, {clock.now - timedelta(days=2): 80})
    told = curves(clinician.get(path))["Blood pressure"]
    assert "Systolic blood pressure: 125 mmHg" in told and "Diastolic blood pressure: 80 mmHg" in told


def test_the_last_year_is_shown_and_all_the_time_is_a_link(
    clinician: PolicedClient, path: str, measured: Measure, clock: Clock
) -> None:
    measured(PULSE, {clock.now - timedelta(days=days): 60 + days / 100 for days in (900, 600, 300, 100)})
    year = clinician.get(path)
    assert "2 values" in year.text and "69" not in cells(year)
    everything = clinician.get(year.links()["All years"])
    assert "4 values" in everything.text and "69" in cells(everything)
    assert everything._css("main [aria-current=true]")[0].text().strip() == "All years"
    assert clinician.get(f"{path}?period=ever").text == year.text


def test_older_values_are_on_the_next_page(
    clinician: PolicedClient, path: str, measured: Measure, clock: Clock
) -> None:
    measured(PULSE, {clock.now - timedelta(hours=hour): 60 + hour for hour in range(PAGE + 2)})
    measured(WEIGHT, {clock.now: 80, clock.now - timedelta(hours=1): 81})
    newest = clinician.get(path)
    assert list(curves(newest)) == ["Heart rate", "Weight"]
    assert f"{PAGE + 4} values" in newest.text
    assert "Previous page" not in newest.links()
    older = clinician.get(newest.links()["Next page"])
    assert list(curves(older)) == ["Heart rate"]
    assert cells(older)[1::2] == [str(60 + PAGE), str(61 + PAGE)]
    assert "Next page" not in older.links()
    assert clinician.get(older.links()["Previous page"]).text == newest.text
    beyond = clinician.get(f"{path}?page=3")
    assert "No more values" in beyond.text
    assert clinician.get(beyond.links()["Previous page"]).text == older.text


@pytest.mark.parametrize("number", ["0", "-1", "none", "99999999999999999999"])
def test_a_page_that_is_none_is_the_first_or_empty(clinician: PolicedClient, path: str, number: str) -> None:
    assert clinician.get(f"{path}?page={number}").status == 200


def test_a_record_without_values_says_what_to_do(
    clinician: PolicedClient, path: str, measured: Measure, clock: Clock
) -> None:
    empty = clinician.get(f"{path}?period=all")
    assert "No vital signs yet" in empty.text
    adding = clinician.get(empty.links()["Add a vital sign"])
    assert [one.attributes["id"] for one in adding._css("details[open]")] == ["add-vital"]
    assert "No vital sign in the last 12 months" in clinician.get(path).text
    measured(PULSE, {clock.now - timedelta(days=500): 70})
    assert "No vital sign in the last 12 months" in clinician.get(path).text
    assert "Measured once Heart rate: 70 a minute" in clinician.get(f"{path}?period=all").text


def test_a_value_that_is_added_is_on_the_curve(
    clinician: PolicedClient, path: str, measured: Measure, clock: Clock, clinic: Clinic, encounter: Encounter
) -> None:
    measured(WEIGHT, {clock.now - timedelta(days=9): 80})
    form = clinician.get(clinic.path(f"staff/patients/{encounter.patient_id}/history?add=vital"))
    assert clinician.submit(form, {"code": WEIGHT.code, "value": "79.5"}).status == 303
    assert cells(clinician.get(path))[1::2] == ["79.5", "80"]


def test_one_code_in_two_units_is_two_curves(
    clinician: PolicedClient, path: str, measured: Measure, clock: Clock
) -> None:
    days = [clock.now - timedelta(days=days) for days in (2, 1)]
    measured(WEIGHT, dict.fromkeys(days, 80))
    measured(Kind(WEIGHT.code, WEIGHT.display, "[lb_av]"), dict.fromkeys(days, 640))
    page = clinician.get(path)
    assert [one.text() for one in page._css("section h2")] == ["Weight", "Weight"]
    assert "Check this value" not in page.text


def test_times_are_those_of_the_clinic(clinician: PolicedClient, path: str, measured: Measure, clock: Clock) -> None:
    midnight = clock.now.replace(hour=3, minute=30, second=0, microsecond=0) - timedelta(days=30)
    measured(PULSE, {midnight: 70, midnight - timedelta(days=3): 71})
    page = clinician.get(path)
    assert "Times are in Eastern Time" in page.text
    local = midnight - timedelta(hours=4 if is_summer(midnight) else 5)
    assert cells(page)[0] == f"{local:%b} {local.day}, {local.year}, {local.hour - 12}:30\u202fPM".replace(
        "\u202f", " "
    )


def is_summer(at: datetime) -> bool:

    return bool(at.astimezone(ZoneInfo("America/New_York")).dst())


def test_the_way_back_to_the_visit_is_kept(
    clinician: PolicedClient, path: str, clinic: Clinic, encounter: Encounter, measured: Measure, clock: Clock
) -> None:
    measured(PULSE, {clock.now: 70, clock.now - timedelta(days=1): 71})
    visit = clinic.path(f"staff/visits/{encounter.visit_id}")
    page = clinician.get(clinician.get(visit).links()["Vital signs over time"])
    assert page.links()["Back to the visit"] == visit
    for onward in ("All years", "Add a vital sign"):
        assert clinician.get(page.links()[onward]).links()["Back to the visit"] == visit
    assert "Back to the visit" not in clinician.get(f"{path}?next=//evil.example").links()


def test_looking_is_audited_also_where_there_is_nothing(
    clinician: PolicedClient, path: str, clinic: Clinic, encounter: Encounter, admin: psycopg.Connection,
    measured: Measure, clock: Clock,
) -> None:  # fmt: skip
    for _ in range(2):
        before = leaves(admin, clinic)
        clinician.get(path)
        assert any("VitalSign" in one for one in leaves(admin, clinic)[len(before) :])
        measured(PULSE, {clock.now: 70})


def test_a_page_of_many_kinds_asks_the_database_little(
    clinician: PolicedClient, path: str, database: Database, encounter: Encounter, clock: Clock
) -> None:
    make_vitals(database, encounter.as_clinician(), encounter.patient_id, now=clock.now)
    clinician.get(path)
    with statements(database) as seen:
        clinician.get(path)
    assert len(seen) <= 12
    assert len([one for one in seen if "charting.vital_sign" in one]) == 1


def test_kinds_that_a_page_has_no_room_for_are_counted(
    clinician: PolicedClient, path: str, measured: Measure, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in (PULSE, UPPER, LOWER, HEIGHT):
        measured(kind, {clock.now: 70, clock.now - timedelta(days=1): 71})
    assert "has no curve here" not in clinician.get(path).text
    monkeypatch.setattr("portal.charting.queries.vitals.KINDS", 3)
    page = clinician.get(path)
    assert "1 more kind of value has no curve here. Its latest value is in the history." in page.text
    assert "8 values" in page.text


def kind_of(code: str, display: str = "", unit: str = "u") -> Measured:
    return Measured(code=code, display=display, unit=unit, points=[(datetime(2026, 1, 1, tzinfo=UTC), 1)], total=1)


def test_kinds_are_in_a_clinicians_order_and_only_pressures_of_one_unit_are_together() -> None:
    odd, mercury, pascal = kind_of("1-1", "Zinc"), kind_of(LOWER.code, unit="mm"), kind_of(LOWER.code, unit="kPa")
    upper, pulse, height = kind_of(UPPER.code, unit="mm"), kind_of(PULSE.code), kind_of(HEIGHT.code)
    together = side_by_side([odd, height, pascal, pulse, mercury, upper])
    assert together == [(upper, mercury), (pascal,), (pulse,), (height,), (odd,)]


def test_the_history_and_the_visit_show_how_it_went(
    clinician: PolicedClient, clinic: Clinic, encounter: Encounter, database: Database, clock: Clock
) -> None:
    history = clinic.path(f"staff/patients/{encounter.patient_id}/history")
    assert clinician.get(history)._css("svg.spark") == []
    make_vitals(database, encounter.as_clinician(), encounter.patient_id, now=clock.now)
    for path in (history, clinic.path(f"staff/visits/{encounter.visit_id}")):
        page = clinician.get(path)
        sparks = {str(one.attributes["aria-label"]) for one in page._css("svg.spark")}
        assert len(sparks) == 4, path  # not of the height, which was measured once
        assert any(one.startswith("Weight (kg): lowest 78.1, highest 81.4, last 78.1") for one in sparks)
        assert any("last 118" in one and "Check this value: 1" in one for one in sparks)
        with statements(database) as seen:
            clinician.get(path)
        assert len(seen) <= 12


def test_a_curve_within_a_line_is_of_the_last_values(
    clinician: PolicedClient, clinic: Clinic, encounter: Encounter, measured: Measure, clock: Clock
) -> None:
    measured(PULSE, {clock.now - timedelta(days=day): 60 + day for day in range(SPARK + 3)})
    page = clinician.get(clinic.path(f"staff/patients/{encounter.patient_id}/history"))
    (spark,) = page._css("svg.spark")
    assert f"lowest 60, highest {60 + SPARK - 1}, last 60" in str(spark.attributes["aria-label"])
