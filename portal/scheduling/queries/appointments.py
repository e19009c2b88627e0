"""Reads of appointments and holds. Whose rows come back, the database's policies decide."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, and_, func, literal, not_, or_, select, tuple_

from portal.kernel.db import Place, PortalSession
from portal.scheduling.models import Appointment, AppointmentChange, Occupancy, SlotHold, VisitType


def appointment_by_id(session: PortalSession, *, appointment_id: UUID, lock: bool = False) -> Appointment | None:
    """One appointment; `lock` makes a second change wait for the first."""
    statement = select(Appointment).where(Appointment.id == appointment_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def appointments_by_id(session: PortalSession, appointment_ids: Collection[UUID]) -> dict[UUID, Appointment]:
    """Several at once."""
    if not appointment_ids:
        return {}
    return {one.id: one for one in session.scalars(select(Appointment).where(Appointment.id.in_(appointment_ids)))}


def appointments_between(
    session: PortalSession,
    *,
    start: datetime,
    end: datetime,
    practitioner_id: UUID | None = None,
    statuses: Sequence[str] = ("booked", "fulfilled", "noshow"),
) -> list[Appointment]:
    """Appointments that start within the time, in order; cancelled ones only when asked for."""
    statement = (
        select(Appointment)
        .where(Appointment.starts_at >= start, Appointment.starts_at < end, Appointment.status.in_(statuses))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    if practitioner_id is not None:
        statement = statement.where(Appointment.practitioner_id == practitioner_id)
    return list(session.scalars(statement))


_WITH_TYPE = select(Appointment, VisitType).join(
    VisitType, and_(VisitType.tenant_id == Appointment.tenant_id, VisitType.id == Appointment.visit_type_id)
)


def day_of_appointments(
    session: PortalSession, *, start: datetime, end: datetime
) -> list[tuple[Appointment, VisitType]]:
    """Appointments of everybody that start within the time and were not cancelled, with what they are; one query."""
    statement = _WITH_TYPE.where(
        Appointment.starts_at >= start, Appointment.starts_at < end, Appointment.status != "cancelled"
    ).order_by(Appointment.starts_at, Appointment.id)
    return [(row.Appointment, row.VisitType) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentFile:
    """An appointment, what it is, and what else is booked for the same patient, the next one first."""

    appointment: Appointment
    visit_type: VisitType
    ahead: Sequence[Appointment]


def appointment_file(
    session: PortalSession, *, appointment_id: UUID, ahead_of: datetime | None = None
) -> AppointmentFile | None:
    """An appointment, in one query; with `ahead_of`, the patient's others that end after it come along."""
    statement = _WITH_TYPE.where(Appointment.id == appointment_id)
    if ahead_of is not None:
        patient = select(Appointment.patient_id).where(Appointment.id == appointment_id).scalar_subquery()
        ahead = and_(Appointment.status == "booked", Appointment.ends_at > ahead_of)
        statement = _WITH_TYPE.where(
            Appointment.patient_id == patient, or_(Appointment.id == appointment_id, ahead)
        ).order_by(Appointment.starts_at)
    rows = session.execute(statement).all()
    for row in rows:
        if row.Appointment.id == appointment_id:
            others = [one.Appointment for one in rows if one is not row]
            return AppointmentFile(appointment=row.Appointment, visit_type=row.VisitType, ahead=others)
    return None


def upcoming_appointments(session: PortalSession, *, patient_id: UUID, now: datetime) -> list[Appointment]:
    """A patient's booked appointments that are not over yet, the next one first."""
    statement = (
        select(Appointment)
        .where(Appointment.patient_id == patient_id, Appointment.status == "booked", Appointment.ends_at > now)
        .order_by(Appointment.starts_at)
    )
    return list(session.scalars(statement))


def next_appointment(session: PortalSession, *, patient_ids: Collection[UUID], now: datetime) -> Appointment | None:
    """Of the patients' booked appointments the one that is next, or on now."""
    ahead = (Appointment.patient_id.in_(patient_ids), Appointment.status == "booked", Appointment.ends_at > now)
    return session.scalar(select(Appointment).where(*ahead).order_by(Appointment.starts_at, Appointment.id).limit(1))


def booked_with(
    session: PortalSession, *, practitioner_id: UUID, now: datetime, limit: int
) -> tuple[list[Appointment], int]:
    """What is booked with a practitioner and not over, the next one first, at most `limit`; and how much there is."""
    wanted = (Appointment.practitioner_id == practitioner_id, Appointment.status == "booked", Appointment.ends_at > now)
    rows = session.scalars(
        select(Appointment).where(*wanted).order_by(Appointment.starts_at, Appointment.id).limit(limit)
    )
    total = session.scalar(select(func.count()).select_from(Appointment).where(*wanted))
    return list(rows), total or 0


def appointments_of_patient(
    session: PortalSession, *, patient_id: UUID, latest: int, after: Place | None = None, following: int = 0
) -> tuple[list[Appointment], int]:
    """A patient's latest appointments whatever became of them, in the order of their times; and how many there are.

    `after`: with the `following` ones before that place, for a page of a long history. One query.
    """
    theirs = select(Appointment.id).where(Appointment.patient_id == patient_id)
    newest = theirs.order_by(Appointment.starts_at.desc(), Appointment.id.desc())
    stretches = [newest.limit(latest)]
    if after is not None:
        place = tuple_(literal(after.at, Appointment.starts_at.type), literal(after.id, Uuid()))
        stretches.append(newest.where(tuple_(Appointment.starts_at, Appointment.id) < place).limit(following))
    total = select(func.count()).select_from(theirs.subquery()).scalar_subquery()
    wanted = select(Appointment, total).where(or_(*(Appointment.id.in_(one) for one in stretches)))
    rows = session.execute(wanted.order_by(Appointment.starts_at, Appointment.id)).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def patients_with_appointments(session: PortalSession, patient_ids: Collection[UUID], *, now: datetime) -> set[UUID]:
    """Those of the patients who have a booked appointment that is not over yet."""
    if not patient_ids:
        return set()
    statement = select(Appointment.id).where(
        Appointment.patient_id.in_(patient_ids), Appointment.status == "booked", Appointment.ends_at > now
    )
    return {row.audited_patient for row in session.read_rows(statement, patient=Appointment.patient_id)}


def changes_of(session: PortalSession, *, appointment_id: UUID) -> list[AppointmentChange]:
    """What happened to an appointment, oldest first."""
    statement = (
        select(AppointmentChange)
        .where(AppointmentChange.appointment_id == appointment_id)
        .order_by(AppointmentChange.at, AppointmentChange.id)
    )
    return list(session.scalars(statement))


def hold_by_id(session: PortalSession, *, hold_id: UUID, lock: bool = False) -> SlotHold | None:
    """One hold, in force or not."""
    statement = select(SlotHold).where(SlotHold.id == hold_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def hold_in_force(session: PortalSession, *, hold: SlotHold, now: datetime) -> bool:
    """Whether the time is still kept: not expired at `now`, and not cleared away."""
    if hold.expires_at <= now:
        return False
    statement = select(Occupancy.id).where(Occupancy.hold_id == hold.id, Occupancy.kind == "hold")
    return session.execute(statement).first() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A piece of a practitioner's time that is not free. `appointment` is None for a hold."""

    starts_at: datetime
    ends_at: datetime
    kind: str
    appointment: Appointment | None


def count_booked(session: PortalSession, *, practitioner_id: UUID, start: datetime, end: datetime) -> int:
    """How many appointments take of a practitioner's time between two instants."""
    statement = (
        select(func.count())
        .select_from(Occupancy)
        .where(
            Occupancy.practitioner_id == practitioner_id,
            Occupancy.kind == "appointment",
            Occupancy.during.op("&&")(func.tstzrange(start, end)),
        )
    )
    return int(session.execute(statement).scalar_one())


def calendar_of(
    session: PortalSession, *, practitioner_id: UUID, start: datetime, end: datetime, now: datetime
) -> list[Taken]:
    """Booked and held time of one practitioner, in order. An appointment that the reader may not see shows as taken."""
    rows = session.execute(
        select(Occupancy.kind, Occupancy.during, Occupancy.appointment_id)
        .where(
            Occupancy.practitioner_id == practitioner_id,
            Occupancy.during.op("&&")(func.tstzrange(start, end)),
            not_(and_(Occupancy.kind == "hold", Occupancy.expires_at <= now)),
        )
        .order_by(func.lower(Occupancy.during))
    ).all()
    known = appointments_by_id(session, {row.appointment_id for row in rows if row.appointment_id})
    taken = []
    for row in rows:
        appointment = known.get(row.appointment_id)
        taken.append(
            Taken(
                starts_at=appointment.starts_at if appointment else row.during.lower,
                ends_at=appointment.ends_at if appointment else row.during.upper,
                kind=row.kind,
                appointment=appointment,
            )
        )
    return taken
