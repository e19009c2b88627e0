"""In which language a visit is talked, and who interprets: asked while a time is held, settled by the desk later."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.events import emit
from portal.patients import patient_by_id, remember_language
from portal.practitioners import practitioner_by_id
from portal.scheduling.events import InterpreterChanged
from portal.scheduling.models import Appointment, AppointmentChange, SlotHold
from portal.scheduling.queries import appointment_by_id, hold_by_id
from portal.scheduling.rules import interpreter_after_move, interpreter_need

InterpreterState = Literal["not-needed", "needed", "arranged"]


class UnableToChange(Conflict):
    """The appointment is cancelled or over."""

    code = "unable-to-change"


class NoSuchAppointment(NotFound):
    """There is no such appointment for this principal."""

    code = "no-such-appointment"


def wish_of(session: PortalSession, *, patient_id: UUID) -> tuple[str | None, bool]:
    """In which language the patient talks, and whether they ask for an interpreter where nobody else talks it."""
    patient = patient_by_id(session, patient_id=patient_id)
    return (patient.talks, patient.interpreter) if patient else (None, False)


def need_with(session: PortalSession, *, practitioner_id: UUID, spoken: str | None, wanted: bool) -> str:
    """Whether an interpreter is needed with that clinician."""
    who = practitioner_by_id(session, practitioner_id=practitioner_id)
    return interpreter_need(wanted=wanted, spoken=spoken, clinician_speaks=who.languages if who else ())


def choose_language(session: PortalSession, *, hold: SlotHold, spoken: str, interpreter: bool) -> None:
    """What the patient, or the desk on the phone, answers before booking; remembered for the next time.

    Raises UnableToChange for what is booked already.
    """
    known = hold_by_id(session, hold_id=hold.id, lock=True)
    if known is None or known.appointment_id is not None:
        raise UnableToChange
    known.spoken, known.interpreter = spoken, interpreter
    session.flush()
    remember_language(session, patient_id=known.patient_id, spoken=spoken, interpreter=interpreter)


def settle_interpreter(
    session: PortalSession, *, appointment_id: UUID, spoken: str, state: InterpreterState, note: str, now: datetime
) -> Appointment:
    """The desk says what is so of one visit: needed, arranged (`note`: with whom), or not needed. The same: no change.

    Raises NoSuchAppointment, UnableToChange (cancelled, or over).
    """
    appointment = appointment_by_id(session, appointment_id=appointment_id, lock=True)
    if appointment is None:
        raise NoSuchAppointment
    if appointment.status != "booked":
        raise UnableToChange
    said = None if state == "not-needed" else note.strip() or None
    if (appointment.spoken, appointment.interpreter, appointment.interpreter_note) == (spoken, state, said):
        return appointment
    appointment.spoken, appointment.interpreter, appointment.interpreter_note = spoken, state, said
    session.add(
        AppointmentChange(
            patient_id=appointment.patient_id,
            appointment_id=appointment.id,
            action="interpreter",
            at=now,
            by=session.principal.user_id,
            starts_at=appointment.starts_at,
            practitioner_id=appointment.practitioner_id,
            reason=state,
        )
    )
    session.flush()
    emit(session, InterpreterChanged(appointment_id=appointment.id, patient_id=appointment.patient_id), now=now)
    return appointment


def state_after_move(session: PortalSession, appointment: Appointment, *, practitioner_id: UUID) -> str:
    """What becomes of the interpreter when an appointment moves to another time or clinician."""
    _spoken, wanted = wish_of(session, patient_id=appointment.patient_id)
    who = practitioner_by_id(session, practitioner_id=practitioner_id)
    return interpreter_after_move(
        appointment.interpreter,
        other_clinician=practitioner_id != appointment.practitioner_id,
        wanted=wanted,
        spoken=appointment.spoken,
        clinician_speaks=who.languages if who else (),
    )
