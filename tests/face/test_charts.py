"""A chart's geometry: round numbers on its axis, time to scale, all within the picture, nothing where is nothing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from portal.kernel.locale import ReaderLocale, set_locale
from portal.web.chart_axes import LABELS, scale_of, text_width
from portal.web.charts import HEIGHT, WIDTH, Chart, Kind, Point, Series, Words, chart_view

numbers = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(lambda value: round(value, 2))
NOON = datetime(2026, 5, 4, 16, 0, tzinfo=UTC)


def drawn(
    kind: Kind, points: list[Point], *more: list[Point], believed: tuple[float, float] | None = None, **options: Any
) -> Chart:
    """A chart that there is. `believed`: of the first line."""
    first = Series(points=points, believed=believed)
    chart = chart_view(kind, [first, *(Series(points=one) for one in more)], **options)
    assert chart is not None
    return chart


def daily(*values: float) -> list[Point]:
    return [(NOON + timedelta(days=at), value) for at, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "from_zero", "scale"),
    [
        ([118, 132], False, [115, 120, 125, 130, 135]),
        ([118, 132], True, [0, 50, 100, 150]),
        ([36.6, 38.9], False, [36, 37, 38, 39]),
        ([0.02, 0.07], False, [0.02, 0.04, 0.06, 0.08]),
        ([-3, 4], True, [-4, -2, 0, 2, 4]),
        ([5], False, [4, 4.5, 5, 5.5, 6]),
        ([0.1, 0.3], False, [0.1, 0.15, 0.2, 0.25, 0.3]),
        ([5, 5 + 1e-12], False, [4, 4.5, 5, 5.5, 6]),
    ],
)
def test_an_axis_is_in_round_steps(values: list[float], from_zero: bool, scale: list[float]) -> None:
    assert scale_of(values, from_zero=from_zero) == scale


@given(st.lists(numbers, min_size=1, max_size=60))
def test_a_line_stays_within_its_picture(values: list[float]) -> None:
    chart = drawn("line", daily(*values))
    dots = chart.lines[0].dots
    assert len(dots) == len(values)
    assert all(chart.left <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in dots)
    assert [x for x, _ in dots] == sorted(x for x, _ in dots)


@given(st.lists(numbers, min_size=1, max_size=30))
def test_bars_stand_on_nought(values: list[float]) -> None:
    chart = drawn("bar", [(str(at), value) for at, value in enumerate(values)])
    nought = next(tick.y for tick in chart.ticks if tick.text == "0")
    for bar, value in zip(chart.bars, values, strict=True):
        foot, head = bar.y + bar.height, bar.y
        assert abs((foot if value >= 0 else head) - nought) < 0.2


@given(st.lists(st.floats(), min_size=1, max_size=9), st.sampled_from(["line", "bar", "sparkline", "inline"]))
def test_whatever_the_numbers_are_there_is_a_picture_or_none(values: list[float], kind: Kind) -> None:
    told = [value for value in values if abs(value) <= 1e12]
    chart = chart_view(kind, [Series(points=daily(*values))])
    assert (chart is not None) == bool(told)
    assert chart is None or len(chart.rows) == len(told)


@pytest.mark.parametrize("nothing", [[], [nan], [inf, -inf], [Decimal("NaN")]])
def test_what_is_no_number_is_no_picture(within: Flask, nothing: list[float]) -> None:
    assert chart_view("line", [Series(points=daily(*nothing))]) is None
    page = render_template_string("{{ ui.chart('Weight', points) }}", points=daily(*nothing))
    assert "<svg" not in page and "No values yet" in page


def test_time_is_to_scale() -> None:
    year = [(date(2026, 1, 1), 70), (date(2026, 1, 11), 71), (date(2026, 4, 11), 72)]
    first, second, last = (x for x, _ in drawn("line", [*year]).lines[0].dots)
    assert (second - first) * 10 == pytest.approx(last - first, abs=1)


def test_values_stand_in_the_order_of_time_whatever_order_they_come_in() -> None:
    points = daily(70, 71, 72)
    chart = drawn("line", [points[2], points[0], points[1]])
    assert chart.lines == drawn("line", points).lines
    assert chart.lines[0].last == 72
    assert [row.values for row in chart.rows] == [(72,), (71,), (70,)]


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_one_value_stands_in_the_middle(kind: Kind) -> None:
    chart = drawn(kind, daily(70))
    middle = (chart.left + WIDTH) / 2
    x = chart.bars[0].x + chart.bars[0].width / 2 if kind == "bar" else chart.lines[0].dots[0][0]
    assert x == pytest.approx(middle, abs=1)
    assert [label.anchor for label in chart.labels] == ["middle"]


def test_two_values_of_one_moment_are_both_drawn_and_told() -> None:
    chart = drawn("line", [(NOON, 70), (NOON, 90)])
    assert len({x for x, _ in chart.lines[0].dots}) == 1
    assert [row.values for row in chart.rows] == [(90,), (70,)]


def test_a_second_line_shares_scale_and_time() -> None:
    systolic, diastolic = daily(120, 130, 140), [(NOON, 80), (NOON + timedelta(days=2), 90)]
    upper, lower = drawn("line", systolic, diastolic).lines
    assert [x for x, _ in lower.dots] == [upper.dots[0][0], upper.dots[2][0]]
    assert min(y for _, y in lower.dots) > max(y for _, y in upper.dots)
    assert [row.values for row in drawn("line", systolic, diastolic).rows] == [(140, 90), (130, None), (120, 80)]


def test_bars_do_not_stand_beside_bars() -> None:
    with pytest.raises(ValueError, match="only lines"):
        chart_view("bar", [Series(points=daily(1)), Series(points=daily(2))])


def test_a_value_that_nobody_has_is_marked_at_the_edge_and_changes_nothing_else() -> None:
    usual, slip = daily(70, 71, 72), (NOON + timedelta(days=1, hours=1), 7100)
    chart = drawn("line", [*usual, slip], believed=(1, 400))
    (line,) = chart.lines
    assert line.dots == drawn("line", usual).lines[0].dots
    assert (line.high, [above for _, _, above in line.beyond]) == (72, [True])
    assert len(chart.rows) == 4


def test_each_line_is_believed_by_itself() -> None:
    """250 is a systolic pressure, and no diastolic one."""
    upper, lower = Series(points=daily(250, 240), believed=(40, 300)), Series(points=daily(250, 90), believed=(20, 200))
    chart = chart_view("line", [upper, lower])
    assert chart is not None
    assert [(len(line.dots), len(line.beyond)) for line in chart.lines] == [(2, 0), (1, 1)]


def test_a_scale_holds_what_is_believable_where_nothing_is() -> None:
    chart = drawn("line", daily(0, 7100), believed=(1, 400))
    assert [tick.text for tick in chart.ticks] == ["0", "100", "200", "300", "400"]
    assert [above for _, _, above in chart.lines[0].beyond] == [False, True]
    assert chart.lines[0].dots == ()


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=100), st.sampled_from(["line", "bar"]))
def test_labels_stand_apart_and_within_the_picture(days: list[int], kind: Kind) -> None:
    labels = drawn(kind, [(date(2010, 1, 1) + timedelta(days=at), 1) for at in days]).labels
    shift = {"start": 0.0, "middle": 0.5, "end": 1.0}
    starts = [label.x - text_width(label.text) * shift[label.anchor] for label in labels]
    ends = [start + text_width(label.text) for start, label in zip(starts, labels, strict=True)]
    assert 1 <= len(labels) <= LABELS
    assert min(starts) >= -0.1 and max(ends) <= WIDTH + 0.1
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))
    assert len({label.text for label in labels}) == len(labels)


def test_a_day_is_named_once() -> None:
    points: list[Point] = [(NOON + timedelta(hours=hours), 1) for hours in (-12, 7, 18)]
    labels = drawn("line", points, words=Words(label=lambda stamp, _is_short: f"{stamp:%d}")).labels
    assert [label.text for label in labels] == ["04", "05"]


def test_long_numbers_have_room_beside_the_picture() -> None:
    chart = drawn("line", daily(1_000_000, 1_200_000))
    assert all(tick.x - text_width(tick.text) >= 0 for tick in chart.ticks)


def test_the_picture_has_its_numbers_beside_it(within: Flask) -> None:
    page = HTMLParser(render_template_string("{{ ui.chart('Weight', [('May', 71.5), ('June', 70)], unit='kg') }}"))
    assert label_of(page) == "Weight (kg): lowest 70, highest 71.5, last 70. May to June"
    assert cells_of(page) == ["May", "71.5", "June", "70"]


TWO_LINES = (
    "{{ ui.chart('Blood pressure', [(one, 120), (two, 1300)], unit='mmHg', name='Upper', zone='Asia/Tokyo',"
    " beside=[{'name': 'Lower', 'points': [(two, 80)]}], believed=(20, 300), unbelieved='Check it') }}"
)


def test_two_lines_are_told_apart_in_words_too(within: Flask) -> None:
    page = HTMLParser(render_template_string(TWO_LINES, one=NOON, two=NOON + timedelta(days=1)))
    assert label_of(page) == (
        "Blood pressure. Upper (mmHg): lowest 120, highest 120, last 120. Lower (mmHg): lowest 80, highest 80, last 80."
        " May 5, 2026, 1:00\u202fAM to May 6, 2026, 1:00\u202fAM. Check it: 1"
    )
    assert [cell.text() for cell in page.css("thead th")] == ["When", "Upper (mmHg)", "Lower (mmHg)"]
    assert cells_of(page)[1:3] == ["1,300 (Check it)", "80"]
    assert len(page.css("svg[role=img] polyline")) == 2
    assert len(page.css("svg[role=img] [stroke-dasharray]")) == 1


@pytest.mark.parametrize(
    ("language", "zone", "number"), [("ar", "Asia/Riyadh", "٧١٫٥"), ("bn", "Asia/Dhaka", "৭১.৫"), ("fr", "", "71,5")]
)
def test_numbers_are_in_the_readers_digits(within: Flask, language: str, zone: str, number: str) -> None:
    set_locale(ReaderLocale(language, zone or "Europe/Paris"))
    page = HTMLParser(render_template_string("{{ ui.chart('W', points) }}", points=daily(71.5, 73.5)))
    assert number in label_of(page)
    assert number in cells_of(page)
    assert number in [text.text() for text in page.css("svg text")]


def test_hours_stand_below_values_of_one_day(within: Flask) -> None:
    points = [(NOON + timedelta(hours=at), 70 + at) for at in range(3)]
    page = HTMLParser(render_template_string("{{ ui.chart('Pulse', points) }}", points=points))
    below = [text.text() for text in page.css("svg text")[-3:]]
    assert below == ["11:00\u202fAM", "12:00\u202fPM", "1:00\u202fPM"]


def test_an_inline_picture_is_a_part_of_a_line(within: Flask) -> None:
    html = render_template_string("{{ ui.chart('Pulse', points, kind='inline') }}", points=daily(70, 72))
    page = HTMLParser(html)
    assert page.css_first("figure") is None and page.css_first("details") is None
    assert label_of(page).startswith("Pulse: lowest 70, highest 72, last 72")
    assert render_template_string("{{ ui.chart('Pulse', [], kind='inline') }}") == ""


def label_of(page: HTMLParser) -> str:
    picture = page.css_first("svg[role=img]")
    assert picture is not None
    return str(picture.attributes["aria-label"])


def cells_of(page: HTMLParser) -> list[str]:
    return [cell.text() for cell in page.css("tbody th, tbody td")]
