"""The words at a chart's sides: round numbers in equal steps, and labels that do not run into each other. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from unicodedata import category, east_asian_width

#: Widths of letters of the stylesheet's 13 units, generously: of digits and Latin words, and of Chinese.
LETTER, WIDE_LETTER = 7.5, 13.0
#: At most so many labels stand below; fewer where they would run into each other.
LABELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A word in the picture."""

    x: float
    y: float
    text: str
    anchor: str = "end"


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
    if high - low < 1e-6 * max(1.0, abs(high)):
        low, high = low - 1, high + 1
    step = nice_step(high - low, 4)
    first, last = floor(low / step + 1e-9), -floor(-high / step + 1e-9)
    return [round(step * at, 10) for at in range(first, last + 1)]


def text_width(text: str) -> float:
    """About how wide a label is; marks that only steer letters or stand above them have no width."""
    seen = [one for one in text if category(one) not in {"Cf", "Mn"}]
    return sum(WIDE_LETTER if east_asian_width(one) in "WF" else LETTER for one in seen)


def labels_below(said: Sequence[tuple[float, str]], *, width: float, y: float) -> tuple[Text, ...]:
    """Some of the (place, label)s: the last, the first, and evenly between, as far as each has room and is new."""
    first, last = min(x for x, _ in said), max(x for x, _ in said)
    wanted = [last, first, *(first + (last - first) * at / (LABELS - 1) for at in range(1, LABELS - 1))]
    taken: list[tuple[float, float, str]] = []
    found = []
    for x, text in dict.fromkeys(min(said, key=lambda one: abs(one[0] - place)) for place in wanted):
        label, left, right = _label(x, text, right=width, y=y)
        if all((right + LETTER < start or left - LETTER > end) and text != other for start, end, other in taken):
            taken.append((left, right, text))
            found.append(label)
    return tuple(sorted(found, key=lambda one: one.x))


def _label(x: float, text: str, *, right: float, y: float) -> tuple[Text, float, float]:
    """A word below its place, or at the picture's side where it would reach beyond; and how far it reaches."""
    width = text_width(text)
    if x + width / 2 > right:
        return Text(x=right, y=y, text=text, anchor="end"), right - width, right
    if x - width / 2 < 0:
        return Text(x=0, y=y, text=text, anchor="start"), 0, width
    return Text(x=round(x, 1), y=y, text=text, anchor="middle"), x - width / 2, x + width / 2
