"""Taking and giving back a practitioner's time: the only place that writes `occupancy`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict
from portal.scheduling.models import Appointment, Occupancy, VisitType
from portal.scheduling.queries import Slot, Wanted, length_of, next_free, slot_at

#: How many other times somebody is offered who came second.
OFFERED = 6


class SlotTaken(Conflict):
    """Somebody else has that time, or it is not offered (any more). `next_free` holds the times that are open now."""

    code = "slot-taken"

    def __init__(self, next_free: list[Slot]) -> None:
        super().__init__()
        self.next_free = next_free


class PatientBusy(Conflict):
    """The patient has another appointment at that time."""

    code = "patient-busy"


def lock_times(session: PortalSession, *people: UUID) -> None:
    """Let bookings of one practitioner or patient wait for each other, until the end of the transaction.

    The exclusion constraint decides without this too, but two that insert at the same moment may wait for each other,
    and PostgreSQL then ends one of them with a deadlock after a second. Taken in one order, so that these cannot.
    """
    for person in sorted(people, key=lambda one: one.int):
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"{session.tenant_id}|{person}"}
        )


def release_expired(session: PortalSession, *, practitioner_id: UUID, now: datetime) -> None:
    """Give back the practitioner's time that was held until `now` or earlier."""
    session.execute(
        delete(Occupancy)
        .where(Occupancy.practitioner_id == practitioner_id, Occupancy.kind == "hold", Occupancy.expires_at <= now)
        .execution_options(synchronize_session=False)
    )


def release_holds(session: PortalSession, *, hold_ids: list[UUID]) -> None:
    """Give back what these holds keep; nothing happens to one that was booked or is gone."""
    if hold_ids:
        session.execute(
            delete(Occupancy)
            .where(Occupancy.kind == "hold", Occupancy.hold_id.in_(hold_ids))
            .execution_options(synchronize_session=False)
        )


def occupancy_of(session: PortalSession, *, appointment_id: UUID) -> Occupancy | None:
    """The row that an appointment occupies."""
    return session.scalar(select(Occupancy).where(Occupancy.appointment_id == appointment_id))


def span_of(visit_type: VisitType, starts_at: datetime) -> Range[datetime]:
    """What a visit takes of the practitioner's time, buffers included."""
    span = length_of(visit_type).occupied(starts_at)
    return Range(span.start, span.end, bounds="[)")


def take(session: PortalSession, change: Callable[[], None], *, wanted: Wanted, now: datetime) -> None:
    """Make the change in a savepoint, and let the constraints decide. Raises SlotTaken or PatientBusy."""
    try:
        with session.begin_nested():
            change()
            session.flush()
    except IntegrityError as error:
        rule = constraint_of(error)
        if rule == "ex_occupancy_no_overlap":
            raise taken_error(session, wanted, now=now) from error
        if rule == "ex_appointment_patient_no_overlap":
            raise PatientBusy from error
        raise


def taken_error(session: PortalSession, wanted: Wanted, *, now: datetime) -> SlotTaken:
    """The error for a time that is gone: the practitioner's next open ones from an hour before on, else anybody's."""
    after = max(now, wanted.starts_at - timedelta(hours=1))
    found: list[Slot] = []
    for person, begin in ((wanted.practitioner_id, after), (None, now)):
        found = found or next_free(
            session,
            visit_type_id=wanted.visit_type_id,
            practitioner_id=person,
            jurisdiction=wanted.jurisdiction,
            after=begin,
            now=now,
            count=OFFERED,
        )
    return SlotTaken(found)


def check_open(
    session: PortalSession, wanted: Wanted, *, now: datetime, except_appointment: UUID | None = None
) -> None:
    """Working hours, licence, lead time and what is taken already. Raises SlotTaken.

    Between this and the insert the constraint decides.
    """
    if slot_at(session, wanted=wanted, now=now, except_appointment=except_appointment) is None:
        raise taken_error(session, wanted, now=now)


def check_patient_free(
    session: PortalSession,
    *,
    patient_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    except_appointment: UUID | None = None,
) -> None:
    """Raises PatientBusy. A courtesy before the hold: the constraint decides when it is booked."""
    statement = select(Appointment).where(
        Appointment.patient_id == patient_id,
        Appointment.status == "booked",
        func.tstzrange(Appointment.starts_at, Appointment.ends_at).op("&&")(func.tstzrange(starts_at, ends_at)),
    )
    if except_appointment is not None:
        statement = statement.where(Appointment.id != except_appointment)
    if session.scalars(statement).first() is not None:
        raise PatientBusy
