"""What people read about coverages, in the reader's language."""

from collections.abc import Mapping

from portal.kernel.locale import lazy_gettext as _l

STATUS_NAMES: Mapping[str, object] = {
    "clear": _l("Clear"),
    "unclear": _l("Unclear"),
    "needs-manual": _l("Needs a person to check"),
}
STATUS_KINDS: Mapping[str, str] = {"clear": "success", "unclear": "warning", "needs-manual": "danger"}
HOLDER_NAMES: Mapping[str, object] = {
    "self": _l("The patient"),
    "spouse": _l("Husband, wife or partner"),
    "parent": _l("Mother or father"),
    "other": _l("Somebody else"),
}


def status_name(status: str) -> str:
    """A status in words."""
    return str(STATUS_NAMES[status])


def status_kind(status: str) -> str:
    """A status as a badge's mood."""
    return STATUS_KINDS[status]


def holder_name(holder: str) -> str:
    """Whose insurance it is."""
    return str(HOLDER_NAMES[holder])
