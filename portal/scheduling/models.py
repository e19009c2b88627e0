"""Tables of scheduling. Times of a working day are wall-clock times in the practitioner's zone; all else is UTC."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import (
    Base,
    Encrypted,
    Instant,
    OptionalInstant,
    PatientRow,
    Sealed,
    TenantRow,
    ref,
    sealed_column,
    table_args,
)


class VisitType(TenantRow, Base):
    """A service that can be booked, with the rules for booking it. Texts are by language."""

    __tablename__ = "visit_type"
    __table_args__ = table_args("scheduling")
    code: Mapped[str]
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    descriptions: Mapped[dict[str, str]] = mapped_column(JSONB)
    minutes: Mapped[int]
    buffer_before: Mapped[int] = mapped_column(default=0, comment="minutes kept free before")
    buffer_after: Mapped[int] = mapped_column(default=0, comment="minutes kept free after")
    modality: Mapped[str] = mapped_column(default="video")
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    lead_minutes: Mapped[int] = mapped_column(default=30, comment="booked at least this long before it starts")
    horizon_days: Mapped[int] = mapped_column(default=60, comment="booked at most this far ahead")
    change_minutes: Mapped[int] = mapped_column(default=60, comment="patients move or cancel until this long before")


class Availability(TenantRow, Base):
    """Hours of a weekday that a practitioner works, week after week. `ends` 00:00 is the end of the day."""

    __tablename__ = "availability"
    __table_args__ = table_args("scheduling", ref("practitioner_id", "practitioners.practitioner"))
    practitioner_id: Mapped[UUID] = mapped_column(Uuid)
    weekday: Mapped[int] = mapped_column(comment="Monday is 0")
    starts: Mapped[time]
    ends: Mapped[time]
    zone: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    visit_type_ids: Mapped[list[str] | None] = mapped_column(JSONB, comment="null: all visit types")


class AvailabilityException(TenantRow, Base):
    """Time in which a practitioner does not work although the week says so, or works although it does not."""

    __tablename__ = "availability_exception"
    __table_args__ = table_args("scheduling", ref("practitioner_id", "practitioners.practitioner"))
    practitioner_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    removed_at: Mapped[OptionalInstant]


class SlotHold(PatientRow, Base):
    """A time that is kept for a patient while they confirm. It is in force as long as its occupancy row stands."""

    __tablename__ = "slot_hold"
    __table_args__ = table_args(
        "scheduling",
        ref("patient_id", "patients.patient"),
        ref("practitioner_id", "practitioners.practitioner"),
        ref("visit_type_id", "scheduling.visit_type"),
    )
    practitioner_id: Mapped[UUID] = mapped_column(Uuid)
    visit_type_id: Mapped[UUID] = mapped_column(Uuid)
    starts_at: Mapped[Instant]
    zone: Mapped[str]
    jurisdiction: Mapped[str]
    spoken: Mapped[str | None] = mapped_column(comment="ISO 639: in which the patient talks")
    interpreter: Mapped[bool] = mapped_column(default=False, comment="where the clinician does not speak it")
    held_by: Mapped[UUID] = mapped_column(Uuid, comment="account")
    held_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    appointment_id: Mapped[UUID | None] = mapped_column(Uuid, comment="what was booked from it")


class Appointment(PatientRow, Base):
    """A visit that is agreed upon. Its place in time is its row of `occupancy`."""

    __tablename__ = "appointment"
    __table_args__ = table_args(
        "scheduling",
        ref("patient_id", "patients.patient"),
        ref("practitioner_id", "practitioners.practitioner"),
        ref("visit_type_id", "scheduling.visit_type"),
    )
    practitioner_id: Mapped[UUID] = mapped_column(Uuid)
    visit_type_id: Mapped[UUID] = mapped_column(Uuid)
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    zone: Mapped[str] = mapped_column(comment="zone in which the patient was told the time")
    jurisdiction: Mapped[str] = mapped_column(comment="ISO 3166-2: where the patient says they will be")
    status: Mapped[str] = mapped_column(default="booked", comment="FHIR: booked, cancelled, fulfilled, noshow")
    spoken: Mapped[str | None] = mapped_column(comment="ISO 639: in which the patient talks")
    interpreter: Mapped[str] = mapped_column(default="not-needed", comment="not-needed, needed, arranged")
    interpreter_note_sealed: Mapped[Sealed | None] = sealed_column()
    interpreter_note = Encrypted[str | None]("interpreter_note_sealed")
    booked_by: Mapped[UUID | None] = mapped_column(Uuid, comment="account; null: our own process")
    booked_at: Mapped[Instant]
    cancelled_at: Mapped[OptionalInstant]
    cancel_reason: Mapped[str | None] = mapped_column(comment="FHIR appointment-cancellation-reason")
    sequence: Mapped[int] = mapped_column(default=0, comment="RFC 5545 SEQUENCE: grows with each change")


class AppointmentChange(PatientRow, Base):
    """What happened to an appointment; only added to."""

    __tablename__ = "appointment_change"
    __table_args__ = table_args("scheduling", ref("appointment_id", "scheduling.appointment"))
    appointment_id: Mapped[UUID] = mapped_column(Uuid)
    action: Mapped[str]
    at: Mapped[Instant]
    by: Mapped[UUID | None] = mapped_column(Uuid, comment="account; null: our own process")
    starts_at: Mapped[Instant]
    practitioner_id: Mapped[UUID] = mapped_column(Uuid)
    reason: Mapped[str | None]


class Occupancy(TenantRow, Base):
    """The one truth about a practitioner's time: `ex_occupancy_no_overlap` lets no two rows overlap."""

    __tablename__ = "occupancy"
    __table_args__ = table_args(
        "scheduling",
        ref("practitioner_id", "practitioners.practitioner"),
        ref("hold_id", "scheduling.slot_hold"),
        ref("appointment_id", "scheduling.appointment"),
    )
    practitioner_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(comment="hold or appointment")
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, comment="buffers included")
    expires_at: Mapped[OptionalInstant] = mapped_column(comment="of a hold")
    hold_id: Mapped[UUID | None] = mapped_column(Uuid)
    appointment_id: Mapped[UUID | None] = mapped_column(Uuid)
