"""States of staff screens as badges: words and mood. What a state means, the context that owns it knows."""

from datetime import datetime

from portal.eligibility import Coverage, status_kind
from portal.intake import IntakeProgress
from portal.kernel.locale import format_number, format_time
from portal.kernel.locale import gettext as _

Badge = tuple[str, str]


def visit_badge(state: str) -> Badge:
    """Where a visit stands."""
    return {
        "planned": (_("Booked"), "neutral"),
        "arrived": (_("Arrived"), "info"),
        "waiting": (_("In the waiting room"), "warning"),
        "in_progress": (_("In the visit"), "info"),
        "finished": (_("Done"), "success"),
        "noshow": (_("Did not come"), "danger"),
        "cancelled": (_("Cancelled"), "neutral"),
    }[state]


def late_badge() -> Badge:
    """Should be here, and is not."""
    return _("Late"), "danger"


def red_flag_badge() -> Badge:
    """That there is one; what it is, the desk does not see."""
    return _("Red flag"), "danger"


def intake_badge(progress: IntakeProgress | None) -> Badge:
    """How far the health questions are: never what was answered."""
    if progress is None:
        return _("Health questions not begun"), "warning"
    if progress.state == "completed":
        return _("Health questions answered"), "success"
    if progress.state == "stopped":
        return _("Health questions stopped"), "danger"
    done, total = format_number(progress.done), format_number(progress.total)
    return _("Health questions: %(done)s of %(total)s", done=done, total=total), "warning"


def coverage_badge(coverage: Coverage | None) -> Badge:
    """Whether it is known who pays."""
    if coverage is None:
        return _("Coverage not stated"), "warning"
    if coverage.is_self_pay:
        return _("Pays by card"), status_kind(coverage.status)
    words = {
        "clear": _("Coverage clear"),
        "unclear": _("Coverage unclear"),
        "needs-manual": _("Coverage needs a check"),
    }
    return words[coverage.status], status_kind(coverage.status)


def invoice_badge(status: str | None) -> Badge | None:
    """Whether the visit is paid; None before there is an invoice."""
    words = {"open": (_("Unpaid"), "warning"), "paid": (_("Paid"), "success"), "refunded": (_("Refunded"), "neutral")}
    return words[status] if status else None


def since_text(state: str, since: datetime | None, *, zone: str) -> str | None:
    """Since when somebody waits or is in the visit."""
    if since is None:
        return None
    at = format_time(since, zone)
    return {
        "arrived": _("Arrived at %(time)s", time=at),
        "waiting": _("Waiting since %(time)s", time=at),
        "in_progress": _("In the visit since %(time)s", time=at),
    }.get(state)
