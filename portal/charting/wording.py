"""Words of charting that are codes in the database."""

from portal.kernel.locale import gettext as _


def sensitivity_name(code: str) -> str:
    """A label of sensitive notes, in the reader's words."""
    return {
        "N": _("Not sensitive"),
        "PSY": _("Mental health"),
        "SEX": _("Sexual health and pregnancy"),
        "HIV": _("HIV"),
        "ETH": _("Alcohol and drugs"),
    }[code]
