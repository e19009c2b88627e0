"""Holding a time and booking it, from the hold or directly. One of many wins; the others are told what is open."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.events import emit
from portal.scheduling.events import AppointmentBooked
from portal.scheduling.models import Appointment, AppointmentChange, Occupancy, SlotHold, VisitType
from portal.scheduling.operations.grants import open_record_to
from portal.scheduling.operations.interpreter import need_with, wish_of
from portal.scheduling.operations.occupancy import (
    PatientBusy,
    SlotTaken,
    check_open,
    check_patient_free,
    lock_times,
    release_expired,
    release_holds,
    span_of,
    take,
)
from portal.scheduling.queries import Wanted, hold_by_id, hold_in_force, length_of, visit_type_by_id
from portal.scheduling.wiring import price_quote

__all__ = [
    "HOLD",
    "HoldExpired",
    "PatientBusy",
    "SlotTaken",
    "book_appointment",
    "book_hold",
    "hold_slot",
    "release_hold",
]

#: How long a time is kept while the patient confirms.
HOLD = timedelta(minutes=10)


class HoldExpired(Conflict):
    """The time is no longer kept; it may still be free, and can be held again."""

    code = "hold-expired"


class NoSuchVisitType(NotFound):
    """The clinic does not offer that."""

    code = "no-such-visit-type"


class NoSuchHold(NotFound):
    """There is no such hold for this principal."""

    code = "no-such-hold"


def hold_slot(
    session: PortalSession,
    *,
    patient_id: UUID,
    visit_type_id: UUID,
    practitioner_id: UUID,
    starts_at: datetime,
    zone: str,
    jurisdiction: str,
    now: datetime,
) -> SlotHold:
    """Keep an open time for ten minutes. A patient holds one time: an earlier hold is given back.

    Asked again for the time that the patient holds already, answers with that hold.
    Raises NoSuchVisitType, SlotTaken, PatientBusy.
    """
    visit_type = _visit_type(session, visit_type_id)
    if visit_type_id not in price_quote()(session, visit_type_ids=[visit_type_id], now=now):
        raise NoSuchVisitType
    lock_times(session, practitioner_id, patient_id)
    release_expired(session, practitioner_id=practitioner_id, now=now)
    earlier = session.scalars(
        select(SlotHold).where(
            SlotHold.patient_id == patient_id, SlotHold.expires_at > now, SlotHold.appointment_id.is_(None)
        )
    ).all()
    for one in earlier:
        same = (one.practitioner_id, one.visit_type_id, one.starts_at) == (practitioner_id, visit_type_id, starts_at)
        if same and one.jurisdiction == jurisdiction and hold_in_force(session, hold=one, now=now):
            return one
    release_holds(session, hold_ids=[one.id for one in earlier])
    spoken, wanted_interpreter = wish_of(session, patient_id=patient_id)
    hold = SlotHold(
        patient_id=patient_id,
        practitioner_id=practitioner_id,
        visit_type_id=visit_type_id,
        starts_at=starts_at,
        zone=zone,
        jurisdiction=jurisdiction,
        spoken=spoken,
        interpreter=wanted_interpreter,
        held_by=session.principal.actor_id,
        held_at=now,
        expires_at=now + HOLD,
    )
    wanted = _wanted(hold)
    check_open(session, wanted, now=now)
    check_patient_free(
        session, patient_id=patient_id, starts_at=starts_at, ends_at=length_of(visit_type).ends(starts_at)
    )

    def change() -> None:
        session.add(hold)
        session.flush()
        session.add(
            Occupancy(
                practitioner_id=practitioner_id,
                kind="hold",
                during=span_of(visit_type, starts_at),
                expires_at=hold.expires_at,
                hold_id=hold.id,
            )
        )

    take(session, change, wanted=wanted, now=now)
    return hold


def release_hold(session: PortalSession, *, hold_id: UUID) -> None:
    """Give the time back before it expires; nothing happens to one that was booked or is gone."""
    release_holds(session, hold_ids=[hold_id])


def book_hold(session: PortalSession, *, hold_id: UUID, now: datetime) -> Appointment:
    """Book what is held. A second time answers with the same appointment.

    Raises NoSuchHold, HoldExpired (not kept any more, but free: hold it again), SlotTaken, PatientBusy.
    """
    known = hold_by_id(session, hold_id=hold_id)
    if known is None:
        raise NoSuchHold
    lock_times(session, known.practitioner_id, known.patient_id)
    hold = hold_by_id(session, hold_id=hold_id, lock=True)
    if hold is None:
        raise NoSuchHold
    if hold.appointment_id is not None:
        return session.get_one(Appointment, (session.tenant_id, hold.appointment_id))
    wanted = _wanted(hold)
    if not hold_in_force(session, hold=hold, now=now):
        release_expired(session, practitioner_id=hold.practitioner_id, now=now)
        check_open(session, wanted, now=now)
        raise HoldExpired
    visit_type = _visit_type(session, hold.visit_type_id)
    appointment = _appointment(session, wanted, visit_type, patient_id=hold.patient_id, zone=hold.zone, now=now)
    _say_language(session, appointment, spoken=hold.spoken, interpreter=hold.interpreter)

    def change() -> None:
        session.add(appointment)
        session.flush()
        kept = session.scalars(select(Occupancy).where(Occupancy.hold_id == hold.id)).one()
        kept.kind, kept.expires_at, kept.appointment_id = "appointment", None, appointment.id
        hold.appointment_id = appointment.id

    take(session, change, wanted=wanted, now=now)
    _tell_booked(session, appointment, now=now)
    return appointment


def book_appointment(
    session: PortalSession,
    *,
    patient_id: UUID,
    visit_type_id: UUID,
    practitioner_id: UUID,
    starts_at: datetime,
    zone: str,
    jurisdiction: str,
    now: datetime,
) -> Appointment:
    """Book an open time without a hold. The same booking twice is one appointment.

    Raises NoSuchVisitType, SlotTaken, PatientBusy.
    """
    visit_type = _visit_type(session, visit_type_id)
    lock_times(session, practitioner_id, patient_id)
    twin = session.scalars(
        select(Appointment).where(
            Appointment.patient_id == patient_id,
            Appointment.practitioner_id == practitioner_id,
            Appointment.visit_type_id == visit_type_id,
            Appointment.starts_at == starts_at,
            Appointment.status == "booked",
        )
    ).first()
    if twin is not None:
        return twin
    release_expired(session, practitioner_id=practitioner_id, now=now)
    wanted = Wanted(
        visit_type_id=visit_type_id, practitioner_id=practitioner_id, jurisdiction=jurisdiction, starts_at=starts_at
    )
    check_open(session, wanted, now=now)
    appointment = _appointment(session, wanted, visit_type, patient_id=patient_id, zone=zone, now=now)
    spoken, interpreter = wish_of(session, patient_id=patient_id)
    _say_language(session, appointment, spoken=spoken, interpreter=interpreter)

    def change() -> None:
        session.add(appointment)
        session.flush()
        session.add(
            Occupancy(
                practitioner_id=practitioner_id,
                kind="appointment",
                during=span_of(visit_type, starts_at),
                appointment_id=appointment.id,
            )
        )

    take(session, change, wanted=wanted, now=now)
    _tell_booked(session, appointment, now=now)
    return appointment


def _visit_type(session: PortalSession, visit_type_id: UUID) -> VisitType:
    found = visit_type_by_id(session, visit_type_id=visit_type_id)
    if found is None or not found.active:
        raise NoSuchVisitType
    return found


def _wanted(hold: SlotHold) -> Wanted:
    return Wanted(
        visit_type_id=hold.visit_type_id,
        practitioner_id=hold.practitioner_id,
        jurisdiction=hold.jurisdiction,
        starts_at=hold.starts_at,
    )


def _appointment(
    session: PortalSession, wanted: Wanted, visit_type: VisitType, *, patient_id: UUID, zone: str, now: datetime
) -> Appointment:
    return Appointment(
        patient_id=patient_id,
        practitioner_id=wanted.practitioner_id,
        visit_type_id=visit_type.id,
        starts_at=wanted.starts_at,
        ends_at=length_of(visit_type).ends(wanted.starts_at),
        zone=zone,
        jurisdiction=wanted.jurisdiction,
        status="booked",
        booked_by=session.principal.user_id,
        booked_at=now,
        sequence=0,
    )


def _say_language(session: PortalSession, appointment: Appointment, *, spoken: str | None, interpreter: bool) -> None:
    appointment.spoken = spoken
    appointment.interpreter = need_with(
        session, practitioner_id=appointment.practitioner_id, spoken=spoken, wanted=interpreter
    )


def _tell_booked(session: PortalSession, appointment: Appointment, *, now: datetime) -> None:
    session.add(
        AppointmentChange(
            patient_id=appointment.patient_id,
            appointment_id=appointment.id,
            action="booked",
            at=now,
            by=session.principal.user_id,
            starts_at=appointment.starts_at,
            practitioner_id=appointment.practitioner_id,
        )
    )
    session.flush()
    open_record_to(session, appointment=appointment, now=now)
    event = AppointmentBooked(
        appointment_id=appointment.id,
        patient_id=appointment.patient_id,
        practitioner_id=appointment.practitioner_id,
    )
    emit(session, event, now=now)
