"""An appointment opens the patient's record to the practitioner, and its cancellation closes it again."""

from datetime import datetime, timedelta
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.patients import grant_access, revoke_access
from portal.practitioners import practitioner_by_id
from portal.scheduling.models import Appointment

#: After the visit: time for the note, results and questions. Signing a note makes the practitioner care team.
AFTER_VISIT = timedelta(days=30)


def open_record_to(session: PortalSession, *, appointment: Appointment, now: datetime) -> None:
    """Grant the practitioner's account access until some time after the appointment."""
    practitioner = practitioner_by_id(session, practitioner_id=appointment.practitioner_id)
    if practitioner is not None and practitioner.account_id is not None:
        grant_access(
            session,
            patient_id=appointment.patient_id,
            user_id=practitioner.account_id,
            basis="appointment",
            reason=str(appointment.id),
            until=appointment.ends_at + AFTER_VISIT,
            now=now,
        )


def close_record_to(session: PortalSession, *, appointment: Appointment, practitioner_id: UUID, now: datetime) -> None:
    """End the access that this appointment gave."""
    practitioner = practitioner_by_id(session, practitioner_id=practitioner_id)
    if practitioner is not None and practitioner.account_id is not None:
        revoke_access(
            session,
            patient_id=appointment.patient_id,
            user_id=practitioner.account_id,
            basis="appointment",
            reason=str(appointment.id),
            now=now,
        )
