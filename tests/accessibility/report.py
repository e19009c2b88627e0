"""The conformance report of docs/accessibility.md, made of criteria.toml and of what the checker's run found.

`python -m tests.accessibility.report` writes it after `make verify`; with `--check` it only says whether it is current.
"""

import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.accessibility.axe import Answer

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / "var" / "accessibility"
PAGE = ROOT / "docs" / "accessibility.md"
BEGIN, END = "<!-- conformance -->\n", "<!-- /conformance -->\n"
RESULTS = {"supports": "Supports", "partly": "Partially supports", "no": "Does not support", "none": "Not applicable"}


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One success criterion of WCAG 2.2 and what the portal says of it."""

    number: str
    name: str
    level: str
    result: str
    by: tuple[str, ...] = ()
    remark: str = ""

    @property
    def tag(self) -> str:
        """The checker's word for it: wcag143."""
        return "wcag" + self.number.replace(".", "")


def criteria() -> list[Criterion]:
    """As they stand in criteria.toml."""
    raw = tomllib.loads((Path(__file__).parent / "criteria.toml").read_text("utf-8"))
    return [Criterion(**{**one, "by": tuple(one.get("by", ()))}) for one in raw["criterion"]]


def keep(name: str, answers: Sequence[Answer], *, rules: Mapping[str, list[str]], pages: int) -> None:
    """Leave a run for the report: the rules that were asked, with their tags, and those that were broken."""
    broken = sorted({one.rule for answer in answers for one in answer.violations})
    RUNS.mkdir(parents=True, exist_ok=True)
    said = {"pages": pages, "runs": len(answers), "rules": dict(rules), "broken": broken}
    (RUNS / f"{name}.json").write_text(json.dumps(said), "utf-8")


def _rules() -> tuple[dict[str, list[str]], set[str]]:
    """Criterion's tag → rules that speak of it; rules that were broken. Of the last run."""
    looked: dict[str, list[str]] = defaultdict(list)
    broken: set[str] = set()
    for file in sorted(RUNS.glob("*.json")):
        run = json.loads(file.read_text("utf-8"))
        broken |= set(run["broken"])
        for rule, tags in run["rules"].items():
            for tag in tags:
                if rule not in looked[tag]:
                    looked[tag].append(rule)
    return looked, broken


def table() -> str:
    """The report, a row a criterion."""
    looked, broken = _rules()
    rows = ["| criterion | level | result | checked by | remark |", "|---|---|---|---|---|"]
    for one in criteria():
        rules = sorted(looked[one.tag])
        if broken & set(rules):
            one = replace(one, result="no", remark=f"Broken: {', '.join(sorted(broken & set(rules)))}. {one.remark}")
        by = [f"`{path}`" for path in one.by] + ([f"axe: {', '.join(rules)}"] if rules else [])
        rows.append(
            f"| {one.number} {one.name} | {one.level} | {RESULTS[one.result]} | {'; '.join(by) or 'by eye'} |"
            f" {one.remark} |"
        )
    return "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    """The page with the report between its markers."""
    head, rest = page.split(BEGIN)
    return head + BEGIN + table() + END + rest.split(END)[1]


def main(*arguments: str) -> int:
    """Write it, or say that it is not current."""
    if not list(RUNS.glob("*.json")):
        print("no run to report: make verify leaves it in var/accessibility")
        return 1
    old = PAGE.read_text("utf-8")
    new = with_table(old)
    if "--check" in arguments:
        if new != old:
            print("docs/accessibility.md is not what the run found: python -m tests.accessibility.report writes it")
        return int(new != old)
    PAGE.write_text(new, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
