"""The record's codes in the reader's words. A code that is not here is shown as it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.permissions import Role

ACTIONS: Mapping[str, Any] = {
    "read": _l("Read"),
    "write": _l("Changed"),
    "denied": _l("Refused"),
    "event": _l("Other event"),
}
ROLES: Mapping[str, Any] = {
    Role.PATIENT: _l("Patient"),
    Role.FRONT_DESK: _l("Front desk"),
    Role.CLINICIAN: _l("Clinician"),
    Role.CLINIC_ADMIN: _l("Administrator"),
    Role.SYSTEM: _l("The portal itself"),
    Role.VISITOR: _l("Not signed in"),
}
#: The purposes that an endpoint or a job declares, those of one kind under one word.
PURPOSES: Mapping[str, Any] = {
    "care": _l("Care"),
    "administration": _l("Patients' details at the desk"),
    "board": _l("The day's board"),
    "scheduling": _l("Appointments"),
    "visits": _l("Video visits"),
    "intake": _l("Health questions"),
    "consent": _l("Consent"),
    "coverage": _l("Insurance coverage"),
    "red-flags": _l("Red flags"),
    "billing-office": _l("Bills at the desk"),
    "billing": _l("Making bills"),
    "payment": _l("Payment by the patient"),
    "home": _l("The patient's own page"),
    "details": _l("The patient's own details"),
    "registration": _l("Registration"),
    "invitation": _l("Taking up a record"),
    "documents": _l("Documents"),
    "receipts": _l("Receipts"),
    "reminders": _l("Reminders"),
    "charting": _l("Work on signed notes"),
    "factors": _l("Second factors"),
    "sign-in": _l("Signing in"),
    "sign-out": _l("Signing out"),
    "session": _l("Sessions"),
    "sessions": _l("List of own sessions"),
    "import": _l("Taking over records"),
    "provisioning": _l("Setting up"),
    "audit": _l("Looking into this record"),
}
BASES: Mapping[str, Any] = {
    "self": _l("own record"),
    "proxy": _l("acts for the patient"),
    "appointment": _l("has an appointment with the patient"),
    "care-team": _l("treats the patient"),
    "break-glass": _l("emergency"),
}
_KINDS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_l("Name and contact"), ("Patient", "Identifier")),
    (_l("Who may see the record"), ("AccessGrant", "Invitation", "ClaimAttempt")),
    (_l("Appointments"), ("Appointment", "AppointmentChange", "SlotHold")),
    (_l("Visits"), ("Visit", "Participation", "CallQuality", "DeviceTest")),
    (_l("Chat"), ("ChatMessage",)),
    (_l("Notes"), ("Note", "NoteDiagnosis", "Addendum")),
    (_l("Problems, allergies, medicines, measurements"), ("Condition", "Allergy", "Medication", "VitalSign")),
    (_l("Health questions"), ("Intake", "IntakeStep", "Photo")),
    (_l("Consent"), ("Signature", "DocumentPdf")),
    (_l("Insurance coverage"), ("Coverage",)),
    (_l("Red flags"), ("RedFlag", "RedFlagNotice")),
    (_l("Bills and payments"), ("Invoice", "LedgerEntry", "PaymentAttempt", "Payment", "RefundRow", "Receipt")),
    (_l("Messages"), ("Delivery",)),
    (_l("Who saw what"), ("Leaf",)),
    (_l("A file of who saw what"), ("LeafExport",)),
)
_KIND_OF = {name: words for words, names in _KINDS for name in names}


def word(table: Mapping[str, Any], code: str) -> str:
    """A code in the reader's words, or the code."""
    return str(table.get(code, code))


def kinds(resources: Iterable[str]) -> list[str]:
    """What was touched, each kind once. A resource is a model's name, or an event's code."""
    return list(dict.fromkeys(str(_KIND_OF.get(one, one)) for one in resources))


def roles(codes: Iterable[str]) -> list[str]:
    """The roles in which somebody acted."""
    return [word(ROLES, code) for code in codes] or [_("Nobody")]
