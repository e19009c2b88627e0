"""The menu of staff: places by permission, and how much waits in each. Counts name no patient."""

from collections.abc import Collection, Mapping
from typing import Any

from flask import g, request, url_for
from sqlalchemy import ScalarSelect, select

from portal.audit import OPEN_ALERTS
from portal.audit import Permission as Audit
from portal.billing import Permission as Billing
from portal.identity import REVIEW_ASKED_FOR
from portal.identity import Permission as Identity
from portal.kernel.locale import gettext as _
from portal.kernel.principal import Principal
from portal.notifications import Permission as Notifications
from portal.patients import EMERGENCIES_TO_JUDGE, OPEN_CLAIMS
from portal.patients import Permission as Patients
from portal.practitioners import Permission as Practitioners
from portal.scheduling import Permission as Scheduling
from portal.tenancy import Permission as Tenancy
from portal.triage import OPEN_RED_FLAGS
from portal.triage import Permission as Triage
from portal.web.access import db, principal
from portal.workspaces.access import Permission


def staff_navigation() -> list[dict[str, Any]]:
    """The places that the signed-in member of staff may open; nothing for anybody else. Asked once a request."""
    if g.get("signed_in") is None or g.signed_in.is_locked or not principal().is_staff:
        return []
    if "staff_navigation" not in g:
        g.staff_navigation = [_place(*one) for one in _places() if principal().has(one[0])]
    places: list[dict[str, Any]] = g.staff_navigation
    return places


def told(waiting: Mapping[str, int]) -> None:
    """The page knows already how much waits by permission: the menu need not count again."""
    g.known_to_wait = dict(waiting)


def counts_for(who: Principal, *, told: Collection[str]) -> dict[str, ScalarSelect[int]]:
    """How much waits is counted so, by permission, as far as the reader holds it and the page has not told."""
    counted = {
        Triage.NOTICE_LIST: OPEN_RED_FLAGS,
        Patients.DECIDE_CLAIM: OPEN_CLAIMS,
        Permission.EMERGENCY_JUDGE: EMERGENCIES_TO_JUDGE,
        Audit.INVESTIGATE: OPEN_ALERTS,
        Identity.REVIEW: REVIEW_ASKED_FOR,
    }
    return {one: count for one, count in counted.items() if who.has(one) and one not in told}


def _waiting(who: Principal) -> dict[str, int]:
    """How much waits by permission; one query at most."""
    known: dict[str, int] = g.get("known_to_wait", {})
    asked = counts_for(who, told=known)
    if not asked:
        return known
    return known | dict(zip(asked, db().execute(select(*asked.values())).one(), strict=True))


def _places() -> list[tuple[str, str, str, int]]:
    """Permission, words, endpoint and what waits there."""
    who = principal()
    board = [] if not who.has(Patients.SEARCH) else [(Permission.BOARD_READ, _("Today"), "workspaces.board", 0)]
    waiting, judge = _waiting(who), Permission.EMERGENCY_JUDGE
    return [
        *board,
        (Permission.OWN_DAY_READ, _("My day"), "workspaces.my_day", 0),
        (Scheduling.CALENDAR_READ, _("Calendar"), "scheduling.calendar", 0),
        (Patients.SEARCH, _("Patients"), "patients.patients", 0),
        (Triage.NOTICE_LIST, _("Red flags"), "triage.notices", waiting.get(Triage.NOTICE_LIST, 0)),
        (Patients.DECIDE_CLAIM, _("Claims"), "patients.claims", waiting.get(Patients.DECIDE_CLAIM, 0)),
        (Billing.INVOICE_LIST, _("Bills"), "billing.office_invoices", 0),
        (Audit.INVESTIGATE, _("Who saw what"), "workspaces.audit_record", 0),
        (Patients.BREAK_GLASS, _("Emergency access"), "patients.emergency", 0),
        (judge, _("Emergencies to review"), "workspaces.emergencies", waiting.get(judge, 0)),
        (Audit.INVESTIGATE, _("Alerts"), "workspaces.audit_alerts", waiting.get(Audit.INVESTIGATE, 0)),
        *([] if who.has(Permission.CLINIC_RUN) else _settings(waiting)),
        (Permission.CLINIC_RUN, _("Clinic"), "workspaces.running", waiting.get(Identity.REVIEW, 0)),
    ]


def _settings(waiting: Mapping[str, int]) -> list[tuple[str, str, str, int]]:
    """What is set up once and looked after: behind one entry, for those who have more than one of them."""
    return [
        (Identity.PEOPLE_READ, _("People"), "identity.people", 0),
        (Identity.REVIEW, _("Access reviews"), "identity.access_reviews", waiting.get(Identity.REVIEW, 0)),
        (Practitioners.PRACTITIONER_EDIT, _("Clinicians"), "practitioners.practitioners", 0),
        (Scheduling.AVAILABILITY_EDIT, _("Working hours"), "scheduling.availability", 0),
        (Scheduling.VISIT_TYPE_EDIT, _("Visit types"), "scheduling.visit_type_list", 0),
        (Billing.PRICE_SET, _("Prices"), "billing.prices", 0),
        (Tenancy.LOOK_SET, _("How the clinic looks"), "tenancy.look", 0),
        (Permission.PREVIEW, _("See as a patient"), "workspaces.previews", 0),
        (Notifications.TROUBLE_LIST, _("Messages that did not arrive"), "notifications.troubles", 0),
        (Identity.SHARED_PC_SET, _("Shared computers"), "identity.shared_pcs", 0),
        (Identity.PROVIDER_SET, _("Single sign-on"), "identity.provider_settings", 0),
        (Permission.OPERATIONS_READ, _("Operations"), "workspaces.operations", 0),
    ]


def settings_of_clinic() -> list[dict[str, Any]]:
    """Those of them that the signed-in person may open."""
    return [_place(*one) for one in _settings(_waiting(principal())) if principal().has(one[0])]


def _place(permission: str, label: str, endpoint: str, count: int) -> dict[str, Any]:
    return {
        "label": label,
        "href": url_for(endpoint),
        "current": request.endpoint == endpoint,
        **({"count": count} if count else {}),
    }
