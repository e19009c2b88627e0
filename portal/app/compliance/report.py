"""What a scan found, as text, as JSON for a pipeline, and as one HTML file for an auditor."""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.app.compliance.findings import Check, Finding, Ground, Severity


def _grouped(findings: Sequence[Finding]) -> list[tuple[Check, list[Finding]]]:
    return [(check, list(places)) for check, places in groupby(findings, key=lambda one: one.check)]


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings of each severity, the worst first."""
    levels = sorted(Severity, reverse=True)
    return {str(level): sum(one.check.severity is level for one in findings) for level in levels}


def as_text(findings: Sequence[Finding], *, made: int) -> str:
    """For a terminal: each fault, its places, what to do, and the sum."""
    lines = []
    for check, places in _grouped(findings):
        lines.append(f"{str(check.severity).upper()}  {check.fault} [{check.id}]")
        lines += [f"    {one.place}" for one in places]
        lines.append(f"    → {check.remedy}")
    said = ", ".join(f"{number} {level}" for level, number in counts(findings).items())
    return "\n".join([*lines, f"{made} checks, {len(findings)} findings: {said}"])


def as_json(findings: Sequence[Finding], *, ground: Ground, made: int) -> str:
    """For a pipeline."""
    return json.dumps(
        {
            "at": ground.now.isoformat(),
            "clinics": [clinic.slug for clinic in ground.clinics],
            "checks": made,
            "counts": counts(findings),
            "findings": [
                {
                    "check": one.check.id,
                    "severity": str(one.check.severity),
                    "fault": one.check.fault,
                    "place": one.place,
                    "remedy": one.check.remedy,
                    "unmade": one.unmade,
                }
                for one in findings
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def as_html(findings: Sequence[Finding], *, ground: Ground, checks: Sequence[Check]) -> str:
    """One file that needs nothing else, runs no script and prints well."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    faulty = {one.check.id for one in findings}
    return pages.get_template("report.html").render(
        groups=_grouped(findings),
        passed=[check for check in checks if check.id not in faulty],
        counts=counts(findings),
        clinics=[clinic.slug for clinic in ground.clinics],
        address=ground.settings.public_url,
        at=ground.now,
        made=len(checks),
    )
