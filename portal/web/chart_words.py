"""A chart as its reader reads it: numbers and times in their digits, and the sentence that stands for the picture.

Owns what a chart says. Where it lies is charts.py's, what it looks like templates/components/chart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from portal.kernel.locale import format_date, format_number, format_time
from portal.kernel.locale import gettext as _
from portal.web.charts import Chart, Kind, Point, Series, Stamp, Words, chart_view


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart and its words: `label` instead of the picture, `columns` and `rows` of the table beside it."""

    chart: Chart
    label: str
    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]]


def chart_picture(
    kind: Kind,
    title: str,
    points: Sequence[Point],
    *,
    unit: str = "",
    name: str = "",
    beside: Sequence[Mapping[str, Any]] = (),
    believed: tuple[float, float] | None = None,
    unbelieved: str = "",
    zone: str | None = None,
) -> Picture | None:
    """The options of the component `chart`, settled for the reader; None where there is no number."""
    series = [Series(points=points, name=name, believed=believed), *(Series(**one) for one in beside)]
    words = Words(number=format_number, label=partial(_label, zone=zone))
    chart = chart_view(kind, series, words=words)
    if chart is None:
        return None
    first = _("When") if chart.is_timed else _("When or what")
    named = [unit or _("Value")] if not beside else [_with_unit(one.name, unit) for one in series]
    columns: list[dict[str, Any]] = [{"key": "at", "label": first}]
    columns += [{"key": str(at), "label": text, "numeric": True} for at, text in enumerate(named)]

    def said(line: Series, value: float | None) -> str:
        if value is None:
            return ""
        number = format_number(value)
        return number if line.believes(value) else f"{number} ({unbelieved})"

    rows = [
        {"at": _in_full(row.stamp, zone)}
        | {str(at): said(line, value) for at, (line, value) in enumerate(zip(series, row.values, strict=True))}
        for row in chart.rows
    ]
    return Picture(chart=chart, label=_label_of(chart, title, unit, unbelieved, zone), columns=columns, rows=rows)


def _label_of(chart: Chart, title: str, unit: str, unbelieved: str, zone: str | None) -> str:
    """All that the picture shows at a glance, in sentences."""
    told = [title] if len(chart.lines) > 1 else []
    told += [
        _(
            "%(title)s: lowest %(low)s, highest %(high)s, last %(last)s",
            title=_with_unit(line.name or title, unit),
            low=format_number(line.low),
            high=format_number(line.high),
            last=format_number(line.last),
        )
        for line in chart.lines
    ]
    ends = (chart.rows[-1], chart.rows[0]) if chart.is_timed else (chart.rows[0], chart.rows[-1])
    if len(chart.rows) > 1:
        first, last = (_in_full(row.stamp, zone) for row in ends)
        told.append(_("%(first)s to %(last)s", first=first, last=last))
    if beyond := sum(len(line.beyond) for line in chart.lines):
        told.append(f"{unbelieved}: {format_number(beyond)}")
    return ". ".join(told)


def _with_unit(name: str, unit: str) -> str:
    return _("%(name)s (%(unit)s)", name=name, unit=unit) if unit else name


def _label(stamp: Stamp, is_short: bool, *, zone: str | None) -> str:
    """Below the picture: a day, or the time of day where all lies within one."""
    if isinstance(stamp, str):
        return stamp
    if is_short and isinstance(stamp, datetime):
        return format_time(stamp, zone)
    return format_date(stamp, zone, format="short")


def _in_full(stamp: Stamp, zone: str | None) -> str:
    """In the table, whose page names the zone."""
    if isinstance(stamp, str):
        return stamp
    day = format_date(stamp, zone, format="medium")
    if not isinstance(stamp, datetime):
        return day
    return _("%(day)s, %(time)s", day=day, time=format_time(stamp, zone))
