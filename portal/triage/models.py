"""Tables of triage. `RedFlag` is clinical; `RedFlagNotice` is administrative and says only that there is one."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from portal.kernel.db import (
    Base,
    Encrypted,
    Instant,
    OptionalInstant,
    PatientRow,
    Sealed,
    ref,
    sealed_column,
    table_args,
)


class RedFlag(PatientRow, Base):
    """What the rules found in one set of answers. `findings` is {"codes": […], "reasons": {code: [question]}}."""

    __tablename__ = "red_flag"
    __table_args__ = table_args("triage", ref("patient_id", "patients.patient"))
    intake_id: Mapped[UUID | None]
    acuity: Mapped[str]
    rule_version: Mapped[str]
    findings_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    findings = Encrypted[dict[str, Any]]("findings_sealed")
    raised_at: Mapped[Instant]
    withdrawn_at: Mapped[OptionalInstant]
    withdrawn_reason: Mapped[str | None]
    seen_at: Mapped[OptionalInstant]
    seen_by: Mapped[UUID | None]
    outcome: Mapped[str | None]
    outcome_reason_sealed: Mapped[Sealed | None] = sealed_column()
    outcome_reason = Encrypted[str | None]("outcome_reason_sealed")

    @property
    def codes(self) -> list[str]:
        """Codes of the rules that held."""
        codes: list[str] = self.findings["codes"]
        return codes


class RedFlagNotice(PatientRow, Base):
    """For the front desk: this patient has a red flag, phone them."""

    __tablename__ = "red_flag_notice"
    __table_args__ = table_args("triage", ref("patient_id", "patients.patient"), ref("red_flag_id", "triage.red_flag"))
    red_flag_id: Mapped[UUID]
    raised_at: Mapped[Instant]
    state: Mapped[str]
    withdrawn_at: Mapped[OptionalInstant]
    handled_at: Mapped[OptionalInstant]
    handled_by: Mapped[UUID | None]
    done: Mapped[str | None]
    note_sealed: Mapped[Sealed | None] = sealed_column()
    note = Encrypted[str | None]("note_sealed")
