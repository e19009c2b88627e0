"""Moving, cancelling and closing an appointment."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict
from portal.kernel.events import emit
from portal.scheduling.events import AppointmentCancelled, AppointmentRescheduled
from portal.scheduling.models import Appointment, AppointmentChange
from portal.scheduling.operations.grants import close_record_to, open_record_to
from portal.scheduling.operations.interpreter import NoSuchAppointment, UnableToChange, state_after_move
from portal.scheduling.operations.occupancy import (
    check_open,
    check_patient_free,
    lock_times,
    occupancy_of,
    release_expired,
    span_of,
    take,
)
from portal.scheduling.queries import Wanted, appointment_by_id, length_of, visit_type_by_id
from portal.scheduling.rules import may_still_change

#: FHIR R4, value set appointment-cancellation-reason: its four groups.
CancelReason = Literal["pat", "prov", "maint", "other"]


class TooLateToChange(Conflict):
    """A patient wanted to move or cancel later than the visit type allows; staff still can."""

    code = "too-late-to-change"


def reschedule_appointment(
    session: PortalSession,
    *,
    appointment_id: UUID,
    starts_at: datetime,
    by_staff: bool,
    now: datetime,
    practitioner_id: UUID | None = None,
    zone: str | None = None,
) -> Appointment:
    """Move a booked appointment to another open time, perhaps with another practitioner. To where it is: no change.

    Raises NoSuchAppointment, UnableToChange, TooLateToChange (patients), SlotTaken, PatientBusy; then nothing moved.
    """
    known = _booked(session, appointment_id=appointment_id, by_staff=by_staff, now=now)
    person = practitioner_id or known.practitioner_id
    lock_times(session, known.practitioner_id, person, known.patient_id)
    appointment = _booked(session, appointment_id=appointment_id, by_staff=by_staff, now=now, lock=True)
    if (appointment.starts_at, appointment.practitioner_id) == (starts_at, person):
        return appointment
    before = appointment.practitioner_id
    interpreter = state_after_move(session, appointment, practitioner_id=person)
    visit_type = visit_type_by_id(session, visit_type_id=appointment.visit_type_id)
    occupancy = occupancy_of(session, appointment_id=appointment_id)
    if visit_type is None or occupancy is None:
        raise UnableToChange
    release_expired(session, practitioner_id=person, now=now)
    wanted = Wanted(
        visit_type_id=visit_type.id,
        practitioner_id=person,
        jurisdiction=appointment.jurisdiction,
        starts_at=starts_at,
    )
    check_open(session, wanted, now=now, except_appointment=appointment_id)
    ends_at = length_of(visit_type).ends(starts_at)
    check_patient_free(
        session,
        patient_id=appointment.patient_id,
        starts_at=starts_at,
        ends_at=ends_at,
        except_appointment=appointment_id,
    )

    def change() -> None:
        occupancy.during, occupancy.practitioner_id = span_of(visit_type, starts_at), person
        appointment.starts_at, appointment.ends_at, appointment.practitioner_id = starts_at, ends_at, person
        appointment.zone = zone or appointment.zone
        appointment.interpreter = interpreter
        if interpreter == "not-needed":
            appointment.interpreter_note = None
        appointment.sequence += 1

    take(session, change, wanted=wanted, now=now)
    _note(session, appointment, action="rescheduled", now=now)
    close_record_to(session, appointment=appointment, practitioner_id=before, now=now)
    open_record_to(session, appointment=appointment, now=now)
    event = AppointmentRescheduled(
        appointment_id=appointment.id,
        patient_id=appointment.patient_id,
        practitioner_id=person,
        sequence=appointment.sequence,
    )
    emit(session, event, now=now)
    return appointment


def cancel_appointment(
    session: PortalSession, *, appointment_id: UUID, reason: CancelReason, by_staff: bool, now: datetime
) -> Appointment:
    """Cancel a booked appointment and give its time back. One that is cancelled already stays as it is.

    Raises NoSuchAppointment, UnableToChange, TooLateToChange (patients).
    """
    known = appointment_by_id(session, appointment_id=appointment_id, lock=True)
    if known is not None and known.status == "cancelled":
        return known
    appointment = _booked(session, appointment_id=appointment_id, by_staff=by_staff, now=now)
    appointment.status, appointment.cancelled_at, appointment.cancel_reason = "cancelled", now, reason
    appointment.sequence += 1
    occupancy = occupancy_of(session, appointment_id=appointment_id)
    if occupancy is not None:
        session.delete(occupancy)
    _note(session, appointment, action="cancelled", reason=reason, now=now)
    close_record_to(session, appointment=appointment, practitioner_id=appointment.practitioner_id, now=now)
    event = AppointmentCancelled(
        appointment_id=appointment.id,
        patient_id=appointment.patient_id,
        practitioner_id=appointment.practitioner_id,
    )
    emit(session, event, now=now)
    return appointment


def close_appointment(
    session: PortalSession, *, appointment_id: UUID, status: Literal["fulfilled", "noshow"], now: datetime
) -> Appointment:
    """The visit took place, or the patient did not come (and may still come); asked again, nothing changes.

    Raises NoSuchAppointment, UnableToChange.
    """
    appointment = appointment_by_id(session, appointment_id=appointment_id, lock=True)
    if appointment is None:
        raise NoSuchAppointment
    if appointment.status == status:
        return appointment
    if appointment.status not in ({"booked", "noshow"} if status == "fulfilled" else {"booked"}):
        raise UnableToChange
    appointment.status = status
    _note(session, appointment, action=status, now=now)
    return appointment


def _booked(
    session: PortalSession, *, appointment_id: UUID, by_staff: bool, now: datetime, lock: bool = False
) -> Appointment:
    appointment = appointment_by_id(session, appointment_id=appointment_id, lock=lock)
    if appointment is None:
        raise NoSuchAppointment
    if appointment.status != "booked":
        raise UnableToChange
    if not by_staff:
        visit_type = visit_type_by_id(session, visit_type_id=appointment.visit_type_id)
        minutes = visit_type.change_minutes if visit_type else 0
        if not may_still_change(starts_at=appointment.starts_at, change_minutes=minutes, now=now):
            raise TooLateToChange
    return appointment


def _note(
    session: PortalSession, appointment: Appointment, *, action: str, now: datetime, reason: str | None = None
) -> None:
    session.add(
        AppointmentChange(
            patient_id=appointment.patient_id,
            appointment_id=appointment.id,
            action=action,
            at=now,
            by=session.principal.user_id,
            starts_at=appointment.starts_at,
            practitioner_id=appointment.practitioner_id,
            reason=reason,
        )
    )
    session.flush()
