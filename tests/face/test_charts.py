"""A chart's geometry: round numbers on its axis, everything within the picture, nothing where there is nothing."""

import pytest
from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from portal.web.charts import HEIGHT, WIDTH, chart_view, scale_of

numbers = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(lambda value: round(value, 2))


@pytest.mark.parametrize(
    ("values", "from_zero", "scale"),
    [
        ([118, 132], False, [115, 120, 125, 130, 135]),
        ([118, 132], True, [0, 50, 100, 150]),
        ([36.6, 38.9], False, [36, 37, 38, 39]),
        ([0.02, 0.07], False, [0.02, 0.04, 0.06, 0.08]),
        ([-3, 4], True, [-4, -2, 0, 2, 4]),
        ([5], False, [4, 4.5, 5, 5.5, 6]),
    ],
)
def test_an_axis_is_in_round_steps(values: list[float], from_zero: bool, scale: list[float]) -> None:
    assert scale_of(values, from_zero=from_zero) == scale


@given(st.lists(numbers, min_size=1, max_size=60))
def test_a_line_stays_within_its_picture(values: list[float]) -> None:
    drawn = chart_view("line", [(str(at), value) for at, value in enumerate(values)])
    assert drawn is not None
    assert all(drawn.left <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn.dots)
    assert [x for x, _ in drawn.dots] == sorted(x for x, _ in drawn.dots)
    assert len(drawn.labels) <= 4


@given(st.lists(numbers, min_size=1, max_size=30))
def test_bars_stand_on_nought(values: list[float]) -> None:
    drawn = chart_view("bar", [(str(at), value) for at, value in enumerate(values)])
    assert drawn is not None
    nought = next(tick.y for tick in drawn.ticks if tick.value == 0)
    for bar, value in zip(drawn.bars, values, strict=True):
        foot, head = bar.y + bar.height, bar.y
        assert abs((foot if value >= 0 else head) - nought) < 0.2


def test_nothing_is_said_to_be_nothing(within: Flask) -> None:
    assert chart_view("line", []) is None
    assert "<svg" not in render_template_string("{{ ui.chart('Weight', []) }}")


def test_the_picture_has_its_numbers_beside_it(within: Flask) -> None:
    page = HTMLParser(render_template_string("{{ ui.chart('Weight', [('May', 71.5), ('June', 70)], unit='kg') }}"))
    picture = page.css_first("svg[role=img]")
    assert picture is not None
    assert picture.attributes["aria-label"] == "Weight: lowest 70, highest 71.5, last 70"
    assert [cell.text() for cell in page.css("tbody th, tbody td")] == ["May", "71.5", "June", "70"]
