"""The record's codes in the reader's words. A code that is not here is shown as it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from portal.identity import STAFF_ROLE_NAMES
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.permissions import CLEARANCES, Role

ACTIONS: Mapping[str, Any] = {
    "read": _l("Read"),
    "write": _l("Changed"),
    "denied": _l("Refused"),
    "event": _l("Other event"),
}
ROLES: Mapping[str, Any] = {
    Role.PATIENT: _l("Patient"),
    **STAFF_ROLE_NAMES,
    Role.SYSTEM: _l("The portal itself"),
    Role.VISITOR: _l("Not signed in"),
}
#: The purposes that an endpoint or a job declares, each under a word of its own: why somebody opened a record.
PURPOSES: Mapping[str, Any] = {
    "care": _l("Care"),
    "visits": _l("Video visit"),
    "break-glass": _l("Emergency"),
    "administration": _l("Keeping the record in order"),
    "board": _l("Planning the clinic’s day"),
    "scheduling": _l("Appointments"),
    "intake": _l("Health questions"),
    "consent": _l("Consent"),
    "consent-withdrawal": _l("Withdrawing a consent"),
    "coverage": _l("Insurance"),
    "red-flags": _l("Warning signs"),
    "billing": _l("Making bills"),
    "billing-office": _l("Bills at the desk"),
    "payment": _l("Payment by the patient"),
    "prices": _l("Prices"),
    "look": _l("How the clinic looks"),
    "receipts": _l("Receipts"),
    "home": _l("Own page"),
    "offline": _l("Time of the next visit, kept on the device"),
    "details": _l("Name and contact"),
    "registration": _l("Signing up"),
    "invitation": _l("Taking up a record"),
    "proxies": _l("Letting somebody act for the patient"),
    "own-proxies": _l("Inviting somebody to act for oneself"),
    "access": _l("Who may see the record"),
    "access-log": _l("Seeing who has access"),
    "audit": _l("Looking into who saw what"),
    "audit-watch": _l("Watching for what is unusual"),
    "documents": _l("Documents"),
    "notifications": _l("Messages"),
    "reminders": _l("Reminders"),
    "charting": _l("Work on signed notes"),
    "factors": _l("Second factors"),
    "sign-in": _l("Signing in"),
    "reset": _l("Choose a new password"),
    "sign-out": _l("Signing out"),
    "single-sign-on": _l("Single sign-on"),
    "session": _l("Sessions"),
    "sessions": _l("List of own sessions"),
    "people": _l("Accounts and roles of staff"),
    "access-review": _l("Reviewing who may do what"),
    "staff": _l("After changes among the staff"),
    "staff-invitation": _l("Taking up an invitation to work here"),
    "operations": _l("Operations"),
    "preview": _l("Looking at patients’ pages with invented people"),
    "import": _l("Taking over records"),
    "provisioning": _l("Setting up"),
}
BASES: Mapping[str, Any] = {
    "self": _l("own record"),
    "proxy": _l("acts for the patient"),
    "appointment": _l("has an appointment with the patient"),
    "care-team": _l("treats the patient"),
    "thread": _l("answers the patient’s messages"),
    "break-glass": _l("emergency"),
}
ALERTS: Mapping[str, Any] = {
    "mass-reads": _l("Very many records opened"),
    "odd-hours": _l("Records opened at night"),
    "same-surname": _l("Record of somebody with the same family name"),
    "own-record": _l("Own record"),
}
_KINDS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_l("Name and contact"), ("Patient", "Identifier")),
    (_l("Who may see the record"), ("AccessGrant", "Invitation", "ProxyInvitation", "ClaimAttempt")),
    (_l("Emergency access"), ("BreakGlass",)),
    (_l("Appointments"), ("Appointment", "AppointmentChange", "SlotHold")),
    (_l("Visits"), ("Visit", "Participation", "CallQuality", "DeviceTest")),
    (_l("Chat"), ("ChatMessage",)),
    (_l("Notes"), ("Note", "NoteConflict", "NoteDiagnosis", "NoteWords", "Addendum")),
    (_l("Problems, allergies, medicines, measurements"), ("Condition", "Allergy", "Medication", "VitalSign")),
    (_l("Health questions"), ("Intake", "IntakeStep", "Photo")),
    (_l("Consent"), ("Signature", "DocumentPdf", "Withdrawal")),
    (_l("Insurance coverage"), ("Coverage",)),
    (_l("Red flags"), ("RedFlag", "RedFlagNotice")),
    (_l("Bills and payments"), ("Invoice", "LedgerEntry", "PaymentAttempt", "Payment", "RefundRow", "Receipt")),
    (_l("Messages"), ("Delivery",)),
    (_l("Who saw what"), ("Leaf",)),
    (_l("Alerts"), ("Alert",)),
    (_l("A file of who saw what"), ("LeafExport",)),
    (_l("Roles of staff"), ("RoleChange", "StaffInvitation", "AccessReview")),
    (_l("A file of an access review"), ("AccessReviewExport",)),
)
_KIND_OF = {name: words for words, names in _KINDS for name in names}


def word(table: Mapping[str, Any], code: str) -> str:
    """A code in the reader's words, or the code."""
    return str(table.get(code, code))


def kinds(resources: Iterable[str]) -> list[str]:
    """What was touched, each kind once. A resource is a model's name, perhaps with a row's id, or an event's code."""
    names = (one.partition("/")[0] for one in resources)
    return list(dict.fromkeys(str(_KIND_OF.get(name, name)) for name in names))


def place(address: str) -> str:
    """Where a request came from; patients' addresses are kept as a hash, whose beginning tells them apart."""
    return _("hidden (%(code)s)", code=address[1:9]) if address.startswith("~") else address


def roles(codes: Iterable[str]) -> list[str]:
    """The roles in which somebody acted. A clearance is held beside one, and left out."""
    return [word(ROLES, code) for code in codes if code not in CLEARANCES] or [_("Nobody")]
