"""Words of patients that other screens show as well."""

from portal.kernel.locale import gettext as _


def part_name(part: str) -> str:
    """A part of a record that somebody may act in, in the reader's words."""
    return {
        "appointments": _("Appointments and visits"),
        "health": _("Health questions and notes"),
        "messages": _("Messages"),
        "bills": _("Coverage and bills"),
    }[part]


def emergency_reason(code: str) -> str:
    """Why a record was opened in an emergency."""
    return {
        "treatment": _("The patient needs treatment now"),
        "danger": _("Somebody is in danger"),
        "cover": _("I stand in for the clinician who knows the patient"),
        "other": _("Another reason"),
    }[code]


def finding_name(code: str) -> str:
    """What came of the review."""
    return {"appropriate": _("Appropriate"), "inappropriate": _("Not appropriate")}[code]


def proof_name(proof: str) -> str:
    """What somebody is who acts for a patient."""
    return {
        "parent": _("A parent"),
        "guardian": _("A guardian"),
        "carer": _("A carer"),
        "attorney": _("Somebody with power of attorney"),
        "invited": _("Somebody whom the patient has invited"),
    }.get(proof, _("Somebody who acts for the patient"))
