"""Where a chart's lines, bars and words lie: numbers to places in a picture, pure.

Owns the geometry that templates/components/chart draws. The axis of time goes from left to right in every language, as
clinicians read curves everywhere; words and digits are the reader's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any, Literal

Kind = Literal["line", "bar", "sparkline"]
Point = tuple[str, float]

WIDTH, HEIGHT = 320, 160
LEFT, BOTTOM, TOP = 44, 22, 8
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 120, 28, 4
#: At most so many labels stand below; more would run into each other at the width of a phone.
LABELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across the picture and its number."""

    value: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A word below the picture."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All that the macro draws. Lengths are in the picture's own units."""

    width: int
    height: int
    left: int
    low: float
    high: float
    last: float
    rows: list[dict[str, object]]
    ticks: tuple[Tick, ...] = ()
    bars: tuple[Bar, ...] = ()
    dots: tuple[tuple[float, float], ...] = ()
    line: str = ""
    labels: tuple[Label, ...] = ()


def nice_step(span: float, steps: int) -> float:
    """The step of 1, 2 or 5 times a power of ten that cuts `span` into at most `steps` parts."""
    raw = span / steps
    power: float = 10.0 ** floor(log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))


def scale_of(values: Sequence[float], *, from_zero: bool) -> list[float]:
    """Round numbers in equal steps that hold all values; `from_zero` for bars, whose length is their value."""
    low, high = min(values), max(values)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = low - 1, high + 1
    step = nice_step(high - low, 4)
    first, last = floor(low / step), -floor(-high / step)
    return [round(step * at, 10) for at in range(first, last + 1)]


def chart_view(kind: Kind, points: Sequence[Point]) -> Chart | None:
    """The chart of (label, number) pairs in order; None where there are none."""
    if not points:
        return None
    values = [float(value) for _, value in points]
    rows: list[dict[str, object]] = [{"label": label, "value": value} for label, value in points]
    said: dict[str, Any] = {"low": min(values), "high": max(values), "last": values[-1], "rows": rows}
    if kind == "sparkline":
        dots = _dots(values, scale=(min(values), max(values)), box=(SPARK_EDGE, SPARK_WIDTH, SPARK_EDGE, SPARK_HEIGHT))
        return Chart(width=SPARK_WIDTH, height=SPARK_HEIGHT, left=0, line=_line(dots), dots=dots[-1:], **said)
    scale = scale_of(values, from_zero=kind == "bar")
    box = (LEFT, WIDTH, TOP, HEIGHT - BOTTOM)
    ticks = tuple(Tick(value=value, y=_y(value, (scale[0], scale[-1]), box)) for value in scale)
    base: dict[str, Any] = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "ticks": ticks, **said}
    if kind == "bar":
        bars = _bars(values, (scale[0], scale[-1]), box)
        middles = [bar.x + bar.width / 2 for bar in bars]
        return Chart(bars=bars, labels=_labels(points, middles), **base)
    dots = _dots(values, scale=(scale[0], scale[-1]), box=box)
    return Chart(line=_line(dots), dots=dots, labels=_labels(points, [x for x, _ in dots]), **base)


_Box = tuple[int, int, int, int]


def _y(value: float, scale: tuple[float, float], box: _Box) -> float:
    (low, high), (_, _, top, bottom) = scale, box
    share = (value - low) / (high - low) if high > low else 0.5
    return round(bottom - share * (bottom - top), 1)


def _dots(values: Sequence[float], *, scale: tuple[float, float], box: _Box) -> tuple[tuple[float, float], ...]:
    left, right = box[0] + 4, box[1] - 4
    step = (right - left) / (len(values) - 1) if len(values) > 1 else 0
    return tuple((round(left + step * at, 1), _y(value, scale, box)) for at, value in enumerate(values))


def _line(dots: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in dots)


def _bars(values: Sequence[float], scale: tuple[float, float], box: _Box) -> tuple[Bar, ...]:
    zero, room = _y(0, scale, box), (box[1] - box[0]) / len(values)
    width = round(room * 0.7, 1)
    found = []
    for at, value in enumerate(values):
        y = _y(value, scale, box)
        x = round(box[0] + room * at + (room - width) / 2, 1)
        found.append(Bar(x=x, y=min(y, zero), width=width, height=round(abs(zero - y), 1)))
    return tuple(found)


def _labels(points: Sequence[Point], places: Sequence[float]) -> tuple[Label, ...]:
    """Some of the labels, evenly chosen, the first and the last among them, kept within the picture."""
    last = len(points) - 1
    chosen = sorted({round(last * at / (LABELS - 1)) for at in range(LABELS)}) if last >= LABELS else range(last + 1)
    found = []
    for at in chosen:
        anchor = "end" if at == last and last else "start" if at == 0 and last else "middle"
        found.append(Label(x=places[at], text=points[at][0], anchor=anchor))
    return tuple(found)
