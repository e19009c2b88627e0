"""What patients get by SMS and by mail, with invented values, for whoever writes for the clinic."""

from collections.abc import Mapping
from datetime import datetime

from portal.web.ports import Clinic

#: Messages to patients and to who acts for them, in the order of a patient's way.
MESSAGES = (
    "one_time_code",
    "patient_invitation",
    "appointment_confirmed",
    "appointment_reminder_24h",
    "appointment_reminder_1h",
    "appointment_moved",
    "appointment_cancelled",
    "invoice_issued",
    "receipt_ready",
    "proxy_invitation",
    "proxy_appointed",
    "proxy_ended",
)
#: Messages to staff, which patients never get.
TO_STAFF = frozenset({"reset_code", "emergency_opened", "audit_checkpoint", "staff_invitation", "access_review_due"})


def example_values(clinic: Clinic, *, at: datetime) -> Mapping[str, str]:
    """All that a message to a patient may be told."""
    return {
        "code": "123456",
        "minutes": "10",
        "starts_at": at.isoformat(),
        "phone": clinic.phone,
        "link": f"https://example.org/{clinic.slug}/",
    }
