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
