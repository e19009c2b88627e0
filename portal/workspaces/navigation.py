"""The menu of staff: places by permission, and how much waits in each. Counts name no patient."""

from typing import Any

from flask import g, request, url_for

from portal.audit import Permission as Audit
from portal.billing import Permission as Billing
from portal.kernel.locale import gettext as _
from portal.notifications import Permission as Notifications
from portal.patients import Permission as Patients
from portal.patients import count_open_claims
from portal.practitioners import Permission as Practitioners
from portal.scheduling import Permission as Scheduling
from portal.triage import Permission as Triage
from portal.triage import count_open_red_flags
from portal.web.access import db, principal
from portal.workspaces.access import Permission


def staff_navigation() -> list[dict[str, Any]]:
    """The places that the signed-in member of staff may open; nothing for anybody else. Asked once a request."""
    if g.get("signed_in") is None or not principal().is_staff:
        return []
    if "staff_navigation" not in g:
        g.staff_navigation = [_place(*one) for one in _places() if principal().has(one[0])]
    places: list[dict[str, Any]] = g.staff_navigation
    return places


def told(*, red_flags: int, claims: int) -> None:
    """The page knows already how many red flags and claims are open: the menu need not count again."""
    g.open_red_flags, g.open_claims = red_flags, claims


def _red_flags() -> int:
    known: int | None = g.get("open_red_flags")
    return count_open_red_flags(db()) if known is None else known


def _claims() -> int:
    known: int | None = g.get("open_claims")
    return count_open_claims(db()) if known is None else known


def _places() -> list[tuple[str, str, str, int]]:
    """Permission, words, endpoint and what waits there."""
    who = principal()
    own_day_only = who.has(Permission.OWN_DAY_READ) and not who.has(Patients.SEARCH)
    board = [] if own_day_only else [(Permission.BOARD_READ, _("Today"), "workspaces.board", 0)]
    flags = _red_flags() if who.has(Triage.NOTICE_LIST) else 0
    claims = _claims() if who.has(Patients.DECIDE_CLAIM) else 0
    return [
        *board,
        (Permission.OWN_DAY_READ, _("My day"), "workspaces.my_day", 0),
        (Scheduling.CALENDAR_READ, _("Calendar"), "scheduling.calendar", 0),
        (Patients.SEARCH, _("Patients"), "patients.patients", 0),
        (Triage.NOTICE_LIST, _("Red flags"), "triage.notices", flags),
        (Patients.DECIDE_CLAIM, _("Claims"), "patients.claims", claims),
        (Scheduling.AVAILABILITY_EDIT, _("Working hours"), "scheduling.availability", 0),
        (Scheduling.VISIT_TYPE_EDIT, _("Visit types"), "scheduling.visit_type_list", 0),
        (Practitioners.PRACTITIONER_EDIT, _("Clinicians"), "practitioners.practitioners", 0),
        (Billing.INVOICE_LIST, _("Bills"), "billing.office_invoices", 0),
        (Billing.PRICE_SET, _("Prices"), "billing.prices", 0),
        (Notifications.TROUBLE_LIST, _("Messages that did not arrive"), "notifications.troubles", 0),
        (Audit.INVESTIGATE, _("Who saw what"), "workspaces.audit_record", 0),
        (Permission.OPERATIONS_READ, _("Operations"), "workspaces.operations", 0),
    ]


def _place(permission: str, label: str, endpoint: str, count: int) -> dict[str, Any]:
    return {
        "label": label,
        "href": url_for(endpoint),
        "current": request.endpoint == endpoint,
        **({"count": count} if count else {}),
    }
