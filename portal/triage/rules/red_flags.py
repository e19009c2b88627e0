"""Red flags: answers that mean danger, and what we say to somebody who gives them.

Rules are data with one version for all of them. `emergency` stops the flow and sends the person to the emergency
number; `crisis` does the same for thoughts of self-harm, with a crisis line where the country has one.
The warning signs follow public advice on when to call an ambulance (NHS "When to call 999"; American Heart
Association, "Warning Signs of a Heart Attack"; American Stroke Association, "F.A.S.T."), and for self-harm WHO
mhGAP 2.0, module SUI. A medical director has to confirm them for each clinic.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from portal.triage.rules.conditions import Condition, holds, questions_in

Acuity = Literal["emergency", "crisis"]

RULES_VERSION = "2026-11.1"

#: ISO 3166 country → telephone number of a line for people in a crisis
CRISIS_LINES: Mapping[str, str] = {"US": "988", "CA": "988", "GB": "116123", "IE": "116123", "ES": "024"}


#: By rule and language, what a person reads: sentences in their order.
_ADVICE: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(
    Path(__file__).with_name("advice.json").read_text("utf-8")
)


@dataclass(frozen=True, kw_only=True)
class RedFlagRule:
    """One rule: when it holds, and what the person then reads, by language."""

    code: str
    acuity: Acuity
    when: Condition
    advice: Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the rules found: codes in the order of the rules, the questions that raised each, the rules' version."""

    codes: tuple[str, ...]
    acuity: Acuity
    reasons: Mapping[str, tuple[str, ...]]
    rule_version: str


def assess(answers: Mapping[str, Any], rules: Sequence[RedFlagRule] | None = None) -> Assessment | None:
    """The red flags in the answers, None where there are none."""
    raised = [rule for rule in (RULES if rules is None else rules) if holds(rule.when, answers)]
    if not raised:
        return None
    return Assessment(
        codes=tuple(rule.code for rule in raised),
        acuity="emergency" if any(rule.acuity == "emergency" for rule in raised) else "crisis",
        reasons={rule.code: tuple(sorted(questions_in(rule.when))) for rule in raised},
        rule_version=RULES_VERSION,
    )


def rule_by_code(code: str) -> RedFlagRule | None:
    """The rule of that code, None when this version has none."""
    return next((rule for rule in RULES if rule.code == code), None)


def _sign(code: str) -> Condition:
    return {"question": "warning_signs", "has": code}


RULES: tuple[RedFlagRule, ...] = (
    RedFlagRule(
        code="chest-pain",
        acuity="emergency",
        when=_sign("chest-pain"),
        advice=_ADVICE["chest-pain"],
    ),
    RedFlagRule(
        code="breathing",
        acuity="emergency",
        when=_sign("breathing"),
        advice=_ADVICE["breathing"],
    ),
    RedFlagRule(
        code="stroke",
        acuity="emergency",
        when=_sign("stroke"),
        advice=_ADVICE["stroke"],
    ),
    RedFlagRule(
        code="bleeding",
        acuity="emergency",
        when=_sign("bleeding"),
        advice=_ADVICE["bleeding"],
    ),
    RedFlagRule(
        code="severe-allergy",
        acuity="emergency",
        when=_sign("severe-allergy"),
        advice=_ADVICE["severe-allergy"],
    ),
    RedFlagRule(
        code="fainting",
        acuity="emergency",
        when=_sign("fainting"),
        advice=_ADVICE["fainting"],
    ),
    RedFlagRule(
        code="thunderclap-headache",
        acuity="emergency",
        when={
            "all": [
                {"question": "symptoms", "has": "headache"},
                {"question": "onset", "is": "sudden"},
                {"question": "severity", "at_least": 9},
            ]
        },
        advice=_ADVICE["thunderclap-headache"],
    ),
    RedFlagRule(
        code="self-harm",
        acuity="crisis",
        when=_sign("self-harm"),
        advice=_ADVICE["self-harm"],
    ),
)
