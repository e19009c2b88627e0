"""Tables of visits. A visit's id is its appointment's: one encounter an appointment."""

from uuid import UUID

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

SCHEMA = "visits"


class Visit(PatientRow, Base):
    """An encounter (FHIR Encounter, class virtual)."""

    __tablename__ = "visit"
    __table_args__ = table_args(
        SCHEMA,
        ref("id", "scheduling.appointment"),
        ref("patient_id", "patients.patient"),
        ref("practitioner_id", "practitioners.practitioner"),
        ref("intake_id", "intake.intake"),
    )
    practitioner_id: Mapped[UUID]
    intake_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default="planned")
    starts_at: Mapped[Instant]
    arrived_at: Mapped[OptionalInstant]
    waiting_since: Mapped[OptionalInstant]
    admitted_at: Mapped[OptionalInstant]
    ended_at: Mapped[OptionalInstant]
    outcome: Mapped[str | None]

    @property
    def appointment_id(self) -> UUID:
        return self.id

    @property
    def is_open(self) -> bool:
        """Whether somebody may still come in."""
        return self.state in {"planned", "arrived", "waiting", "in_progress"}


class QueuePlace(TenantRow, Base):
    """A place in a practitioner's waiting room, without a name; its id is the visit's."""

    __tablename__ = "queue_place"
    __table_args__ = table_args(SCHEMA)
    practitioner_id: Mapped[UUID]
    since: Mapped[Instant]
    left_at: Mapped[OptionalInstant]


class Participation(PatientRow, Base):
    """One connection of one person to the call; its id is the connection's."""

    __tablename__ = "participation"
    __table_args__ = table_args(SCHEMA, ref("visit_id", "visits.visit"))
    visit_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    role: Mapped[str]
    joined_at: Mapped[Instant]
    left_at: Mapped[OptionalInstant]
    reason: Mapped[str | None]


class CallQuality(PatientRow, Base):
    """One end's view of a stretch of the call; whole numbers."""

    __tablename__ = "call_quality"
    __table_args__ = table_args(SCHEMA, ref("visit_id", "visits.visit"))
    visit_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    seconds: Mapped[int]
    rtt_ms: Mapped[int]
    loss_permille: Mapped[int]
    concealed_permille: Mapped[int]
    kbps: Mapped[int]
    relayed: Mapped[int]
    restarts: Mapped[int]


class ChatMessage(PatientRow, Base):
    """A message beside the call; never changed."""

    __tablename__ = "chat_message"
    __table_args__ = table_args(SCHEMA, ref("visit_id", "visits.visit"))
    visit_id: Mapped[UUID]
    author_id: Mapped[UUID]
    author_role: Mapped[str]
    body_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    body = Encrypted[str]("body_sealed")
    sent_at: Mapped[Instant]


class DeviceTest(PatientRow, Base):
    """What a patient's device and line can do: video, audio, or message only."""

    __tablename__ = "device_test"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    verdict: Mapped[str]
    camera: Mapped[str]
    microphone: Mapped[str]
    echo: Mapped[str]
    speaker: Mapped[str]
    up_kbps: Mapped[int | None]
    down_kbps: Mapped[int | None]
    tested_at: Mapped[Instant]
