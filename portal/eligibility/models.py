"""Tables of eligibility. Administrative: the front desk works with them."""

from uuid import UUID

from sqlalchemy.orm import Mapped

from portal.eligibility.rules import normalise_member_id
from portal.kernel.db import (
    Base,
    Encrypted,
    Instant,
    OptionalInstant,
    PatientRow,
    Sealed,
    index_column,
    ref,
    sealed_column,
    table_args,
)


class Coverage(PatientRow, Base):
    """Who pays for this patient. A new statement supersedes the one before it; nothing is deleted."""

    __tablename__ = "coverage"
    __table_args__ = table_args("eligibility", ref("patient_id", "patients.patient"))
    kind: Mapped[str]
    payer: Mapped[str]
    plan: Mapped[str]
    member_id_sealed: Mapped[Sealed | None] = sealed_column()
    member_id_index: Mapped[bytes | None] = index_column()
    member_id = Encrypted[str | None]("member_id_sealed", index="member_id_index", normalise=normalise_member_id)
    holder: Mapped[str]
    status: Mapped[str]
    checked_at: Mapped[OptionalInstant]
    checked_by: Mapped[UUID | None]
    note_sealed: Mapped[Sealed | None] = sealed_column()
    note = Encrypted[str | None]("note_sealed")
    recorded_at: Mapped[Instant]
    recorded_by: Mapped[UUID | None]
    superseded_at: Mapped[OptionalInstant]

    @property
    def is_self_pay(self) -> bool:
        return self.kind == "self-pay"
