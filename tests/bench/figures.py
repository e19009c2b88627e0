"""How figures are shown: a table of text on the screen, the same as Markdown in the document."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BEGIN = "<!-- figures: written by make bench -->"
END = "<!-- end of figures -->"
HEADING = "### "
#: What else the machine was doing: above its number of cores, times say little.
LOAD = os.getloadavg()[0]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Figures of one kind. `misses` says in words which budgets are not met."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    misses: Sequence[str] = field(default_factory=tuple)

    def text(self) -> str:
        """As columns of characters."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.columns))]
        shown = ["  ".join(_aligned(cell, width, at) for at, (cell, width) in enumerate(zip(line, widths, strict=True)))
                 for line in lines]  # fmt: skip
        return "\n".join([self.title, "-" * len(self.title), *shown, *self.misses])

    def markdown(self) -> str:
        """As a part of the document."""
        head = [f"{HEADING}{self.title}", "", "| " + " | ".join(self.columns) + " |"]
        rule = "|" + "|".join(" --- " if at == 0 else " ---: " for at in range(len(self.columns))) + "|"
        body = ["| " + " | ".join(row) + " |" for row in self.rows]
        notes = ["", *(f"- {miss}" for miss in self.misses)] if self.misses else []
        return "\n".join([*head, rule, *body, *notes])


def _aligned(cell: str, width: int, at: int) -> str:
    return cell.ljust(width) if at == 0 else cell.rjust(width)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def machine() -> str:
    """Date and machine, in a line."""
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f"{day}, {_processor()}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(tables: Sequence[Table], *, whole: bool) -> None:
    """Put the figures between the document's marks; the rest of it stays.

    Unless they are the `whole`, other tables stay as they are, and each of these says itself when it was measured.
    """
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    inside, _, after = rest.partition(END)
    DOCUMENT.write_text(before + BEGIN + (_all(tables) if whole else _among(inside, tables)) + END + after, "utf-8")


def _all(tables: Sequence[Table]) -> str:
    return "\n".join(["", "", f"Measured {machine()}.", "", *(f"{table.markdown()}\n" for table in tables), ""])


def _among(inside: str, tables: Sequence[Table]) -> str:
    """The tables in the places of those with their titles, new ones at the end."""
    head, *known = inside.split(HEADING)
    by_title = {part.partition("\n")[0]: part for part in known}
    for table in tables:
        by_title[table.title] = f"{table.markdown().removeprefix(HEADING)}\n\nMeasured {machine()}.\n\n"
    return head + "".join(HEADING + part for part in by_title.values())
