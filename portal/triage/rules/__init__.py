"""Pure decisions of triage: conditions over answers, and the red flags that they raise."""

from portal.triage.rules.conditions import BadCondition, Condition, check_condition, holds, questions_in
from portal.triage.rules.red_flags import (
    CRISIS_LINES,
    RULES,
    RULES_VERSION,
    Assessment,
    RedFlagRule,
    assess,
    rule_by_code,
)

__all__ = [
    "CRISIS_LINES",
    "RULES",
    "RULES_VERSION",
    "Assessment",
    "BadCondition",
    "Condition",
    "RedFlagRule",
    "assess",
    "check_condition",
    "holds",
    "questions_in",
    "rule_by_code",
]
