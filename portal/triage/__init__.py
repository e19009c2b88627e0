"""Red flags: the rules that find danger in answers, what they found, and who was told.

Owns the rules (data with a version), conditions over answers, the clinical record of each red flag and the notice of
it that the front desk sees. The notice says that a red flag exists and nothing of what was answered. Does not own the
questions (intake) nor where the person goes next.
"""

from portal.triage import access
from portal.triage.access import Permission
from portal.triage.events import RedFlagRaised
from portal.triage.models import RedFlag, RedFlagNotice
from portal.triage.operations import (
    AlreadyHandled,
    handle_notice,
    record_red_flags,
    review_red_flag,
    withdraw_red_flags,
)
from portal.triage.queries import (
    OPEN_RED_FLAGS,
    acknowledged_codes,
    open_red_flags,
    patients_to_phone,
    recently_handled,
    red_flag_notice,
    red_flags_of,
    with_open_red_flag,
)
from portal.triage.rules import (
    CRISIS_LINES,
    Assessment,
    BadCondition,
    assess,
    check_condition,
    holds,
    questions_in,
    rule_by_code,
)
from portal.triage.wording import advice_for, crisis_line, red_flag_name

__all__ = [
    "CRISIS_LINES",
    "OPEN_RED_FLAGS",
    "AlreadyHandled",
    "Assessment",
    "BadCondition",
    "Permission",
    "RedFlag",
    "RedFlagNotice",
    "RedFlagRaised",
    "access",
    "acknowledged_codes",
    "advice_for",
    "assess",
    "check_condition",
    "crisis_line",
    "handle_notice",
    "holds",
    "open_red_flags",
    "patients_to_phone",
    "questions_in",
    "recently_handled",
    "record_red_flags",
    "red_flag_name",
    "red_flag_notice",
    "red_flags_of",
    "review_red_flag",
    "rule_by_code",
    "with_open_red_flag",
    "withdraw_red_flags",
]
