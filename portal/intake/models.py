"""Tables of intake. An intake's own row is administrative (how far it is); answers and photos are clinical."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
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


class FormDefinition(TenantRow, Base):
    """A version of a form. An intake keeps the version that it began with."""

    __tablename__ = "form_definition"
    __table_args__ = table_args("intake")
    code: Mapped[str]
    version: Mapped[int]
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    published_at: Mapped[OptionalInstant]
    published_by: Mapped[UUID | None]


class Intake(PatientRow, Base):
    """One filling-in of a form. State: in_progress → stopped → in_progress; in_progress → completed."""

    __tablename__ = "intake"
    __table_args__ = table_args(
        "intake", ref("patient_id", "patients.patient"), ref("form_id", "intake.form_definition")
    )
    form_id: Mapped[UUID]
    state: Mapped[str]
    current_step: Mapped[str]
    steps_done: Mapped[int]
    steps_total: Mapped[int]
    started_at: Mapped[Instant]
    saved_at: Mapped[Instant]
    completed_at: Mapped[OptionalInstant]

    @property
    def is_open(self) -> bool:
        return self.state in {"in_progress", "stopped"}


class IntakeStep(PatientRow, Base):
    """The answers of one step. `version` grows with each save, so that nothing is overwritten unseen."""

    __tablename__ = "step"
    __table_args__ = table_args("intake", ref("patient_id", "patients.patient"), ref("intake_id", "intake.intake"))
    intake_id: Mapped[UUID]
    step: Mapped[str]
    version: Mapped[int]
    is_finished: Mapped[bool]
    answers_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    answers = Encrypted[dict[str, Any]]("answers_sealed")
    saved_at: Mapped[Instant]


class Photo(PatientRow, Base):
    """A photo that belongs to an intake; its content lies in the object store."""

    __tablename__ = "photo"
    __table_args__ = table_args("intake", ref("patient_id", "patients.patient"), ref("intake_id", "intake.intake"))
    intake_id: Mapped[UUID]
    question: Mapped[str]
    object_id: Mapped[UUID]
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str]
    taken_at: Mapped[Instant]
    removed_at: Mapped[OptionalInstant]
    scan_state: Mapped[str]
    scanned_at: Mapped[OptionalInstant]
