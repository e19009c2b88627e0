"""Who pays: a patient's coverage, and its one status: clear, unclear or needs-manual.

Owns coverages as patients and the front desk state them, and the status that the desk sets. Does not own prices,
payments or claims (billing). Asking payers comes later; until then a person decides.
"""

from portal.eligibility import access
from portal.eligibility.access import Permission
from portal.eligibility.models import Coverage
from portal.eligibility.operations import CoverageChanged, check_coverage, record_coverage
from portal.eligibility.queries import coverage_of, coverages_of
from portal.eligibility.rules import HOLDERS as COVERAGE_HOLDERS
from portal.eligibility.rules import CoverageStatement, initial_status
from portal.eligibility.wording import holder_name, status_kind, status_name

__all__ = [
    "COVERAGE_HOLDERS",
    "Coverage",
    "CoverageChanged",
    "CoverageStatement",
    "Permission",
    "access",
    "check_coverage",
    "coverage_of",
    "coverages_of",
    "holder_name",
    "initial_status",
    "record_coverage",
    "status_kind",
    "status_name",
]
