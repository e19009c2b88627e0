"""Where a chart's lines, bars and words lie: numbers to places in a picture, pure.

Owns the geometry that templates/components/chart draws. The axis of time goes from left to right in every language, as
clinicians read curves everywhere; words and digits are the reader's (docs/adr/0035).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from portal.web.chart_axes import Text, labels_below, scale_of, text_width

Kind = Literal["line", "bar", "sparkline", "inline"]
#: Where a number belongs: a word, or a day or an instant, which are placed by time.
Stamp = str | date | datetime
Point = tuple[Stamp, float | Decimal]

WIDTH, HEIGHT = 320, 174
LEFT, BOTTOM, TOP, EDGE = 44, 28, 10, 6
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 120, 28, 4
#: Beyond it a float no longer knows its units, and the picture nothing that a person could see.
GREATEST = 1e12
DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How the reader says a number and a place below the picture; `is_short`: all lies within a day."""

    number: Callable[[float], str] = "{:,.10g}".format
    label: Callable[[Stamp, bool], str] = lambda stamp, _is_short: str(stamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line's numbers, as they are given. `believed`: the lowest and the highest that they can be."""

    points: Sequence[Point]
    name: str = ""
    believed: tuple[float, float] | None = None

    @property
    def numbers(self) -> list[tuple[Stamp, float]]:
        """Those that can be drawn."""
        told = [(stamp, float(value)) for stamp, value in self.points]
        return [(stamp, value) for stamp, value in told if abs(value) <= GREATEST]

    def believes(self, value: float) -> bool:
        return self.believed is None or self.believed[0] <= value <= self.believed[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series as it is drawn, and what is said of it. `beyond`: (x, y, is above) of values that nobody has."""

    name: str
    low: float
    high: float
    last: float
    dots: tuple[tuple[float, float], ...] = ()
    beyond: tuple[tuple[float, float, bool], ...] = ()

    @property
    def path(self) -> str:
        return " ".join(f"{x},{y}" for x, y in self.dots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the table says of one place: a number of each series, None where it has none there."""

    stamp: Stamp
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All that the macro draws, in the picture's own units. `rows`: the latest first, if they have times."""

    width: int = WIDTH
    height: int = HEIGHT
    left: float = 0
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    is_timed: bool
    ticks: tuple[Text, ...] = ()
    bars: tuple[Bar, ...] = ()
    labels: tuple[Text, ...] = ()


def chart_view(kind: Kind, series: Sequence[Series], *, words: Words | None = None) -> Chart | None:
    """The chart of one or more series; None where there is no number.

    What is no number is left out. Values that their series does not believe neither stretch the scale nor join the
    line: they are marked at the picture's edge. Raises ValueError for bars beside bars.
    """
    if kind != "line" and len(series) > 1:
        raise ValueError("only lines stand beside one another")
    drawn = _Drawing(series=series, words=words or Words())
    if not drawn.stamps:
        return None
    if kind in {"sparkline", "inline"}:
        return drawn.sparkline()
    return drawn.bars() if kind == "bar" else drawn.lines()


def _seconds(stamp: Stamp) -> float:
    if isinstance(stamp, datetime):
        return stamp.timestamp()
    return datetime(stamp.year, stamp.month, stamp.day, tzinfo=UTC).timestamp() if isinstance(stamp, date) else 0.0


@dataclass(frozen=True, kw_only=True)
class _Drawing:
    """Numbers on their way into a picture."""

    series: Sequence[Series]
    words: Words

    @cached_property
    def stamps(self) -> list[Stamp]:
        """Every place, in order: of time, or, for words, in which they are given."""
        return sorted(dict.fromkeys(stamp for one in self.series for stamp, _ in one.numbers), key=_seconds)

    @property
    def is_timed(self) -> bool:
        return not isinstance(self.stamps[0], str)

    def sparkline(self) -> Chart:
        box = (SPARK_EDGE, SPARK_WIDTH - SPARK_EDGE, SPARK_EDGE, SPARK_HEIGHT - SPARK_EDGE)
        shown = self._shown()
        lines = self._lines((min(shown), max(shown)), box)
        return Chart(width=SPARK_WIDTH, height=SPARK_HEIGHT, lines=lines, **self._said())

    def lines(self) -> Chart:
        scale = scale_of(self._shown(), from_zero=False)
        left, ticks = self._ticks(scale)
        box = (left + EDGE, WIDTH - EDGE, TOP, HEIGHT - BOTTOM)
        labels = self._labels(self._places(box))
        return Chart(
            left=left, ticks=ticks, labels=labels, lines=self._lines((scale[0], scale[-1]), box), **self._said()
        )

    def bars(self) -> Chart:
        points = self.series[0].numbers
        values = [value for _, value in points]
        scale = scale_of(values, from_zero=True)
        left, ticks = self._ticks(scale)
        bars = _bars(values, (scale[0], scale[-1]), (left, WIDTH, TOP, HEIGHT - BOTTOM))
        line = Line(name=self.series[0].name, low=min(values), high=max(values), last=values[-1])
        middles = [bar.x + bar.width / 2 for bar in bars]
        labels = self._labels(dict(zip((stamp for stamp, _ in points), middles, strict=False)))
        return Chart(left=left, ticks=ticks, bars=bars, labels=labels, lines=(line,), **self._said())

    def _said(self) -> dict[str, Any]:
        """The numbers of the table. Two of one moment stand below each other."""
        rows, told = [], [one.numbers for one in self.series]
        for stamp in self.stamps:
            columns = [[value for at, value in numbers if at == stamp] for numbers in told]
            for number in range(max(map(len, columns))):
                rows.append(Row(stamp=stamp, values=tuple(_at(column, number) for column in columns)))
        return {"is_timed": self.is_timed, "rows": tuple(reversed(rows) if self.is_timed else rows)}

    def _shown(self) -> list[float]:
        """What the scale has to hold: what is believed, or the range of it where nothing is."""
        values = [value for one in self.series for _, value in one.numbers if one.believes(value)]
        return values or [end for one in self.series for end in one.believed or ()]

    def _places(self, box: "_Box") -> dict[Stamp, float]:
        """Where each stamp is between the sides: by time, or one after the other; a single one in the middle."""
        left, right = box[0], box[1]
        at = [_seconds(one) for one in self.stamps] if self.is_timed else list(map(float, range(len(self.stamps))))
        span = at[-1] - at[0]
        return {
            stamp: round(left + (right - left) * ((one - at[0]) / span if span else 0.5), 1)
            for stamp, one in zip(self.stamps, at, strict=True)
        }

    def _lines(self, scale: tuple[float, float], box: "_Box") -> tuple[Line, ...]:
        places = self._places(box)
        return tuple(self._line(one, places, scale, box) for one in self.series if one.numbers)

    def _line(self, series: Series, places: dict[Stamp, float], scale: tuple[float, float], box: "_Box") -> Line:
        points = series.numbers
        if self.is_timed:
            points = sorted(points, key=lambda one: _seconds(one[0]))
        inside = [(stamp, value) for stamp, value in points if series.believes(value)]
        outside = [(stamp, value) for stamp, value in points if not series.believes(value)]
        told = [value for _, value in inside or points]
        return Line(
            name=series.name,
            low=min(told),
            high=max(told),
            last=told[-1],
            dots=tuple((places[stamp], _y(value, scale, box)) for stamp, value in inside),
            beyond=tuple((places[stamp], *_edge(series, value, box)) for stamp, value in outside),
        )

    def _ticks(self, scale: Sequence[float]) -> tuple[float, tuple[Text, ...]]:
        """How far the picture begins from the side, so that its numbers have room; and the numbers."""
        said = [self.words.number(value) for value in scale]
        left = max(LEFT, round(max(map(text_width, said)) + 8))
        box = (left, WIDTH, TOP, HEIGHT - BOTTOM)
        ends = (scale[0], scale[-1])
        return left, tuple(
            Text(x=left - EDGE, y=_y(value, ends, box), text=text) for value, text in zip(scale, said, strict=True)
        )

    def _labels(self, places: Mapping[Stamp, float]) -> tuple[Text, ...]:
        is_short = self.is_timed and 0 < _seconds(self.stamps[-1]) - _seconds(self.stamps[0]) < DAY
        said = [(x, self.words.label(stamp, is_short)) for stamp, x in places.items()]
        return labels_below(said, width=WIDTH, y=HEIGHT - EDGE)


_Box = tuple[float, float, float, float]


def _edge(series: Series, value: float, box: _Box) -> tuple[float, bool]:
    is_above = series.believed is not None and value > series.believed[1]
    return (box[2] if is_above else box[3]), is_above


def _at(column: Sequence[float], number: int) -> float | None:
    return column[number] if number < len(column) else None


def _y(value: float, scale: tuple[float, float], box: _Box) -> float:
    (low, high), (_, _, top, bottom) = scale, box
    share = (value - low) / (high - low) if high > low else 0.5
    return round(bottom - share * (bottom - top), 1)


def _bars(values: Sequence[float], scale: tuple[float, float], box: _Box) -> tuple[Bar, ...]:
    zero, room = _y(0, scale, box), (box[1] - box[0]) / len(values)
    width = round(room * 0.7, 1)
    found = []
    for at, value in enumerate(values):
        y = _y(value, scale, box)
        x = round(box[0] + room * at + (room - width) / 2, 1)
        found.append(Bar(x=x, y=min(y, zero), width=width, height=round(abs(zero - y), 1)))
    return tuple(found)
