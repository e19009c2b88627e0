"""Tables of consent. Rows of all of them are final once written."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.consent.rules import Reading, reading_of
from portal.kernel.db import Base, Encrypted, Instant, PatientRow, Sealed, TenantRow, ref, sealed_column, table_args


class ConsentDocument(TenantRow, Base):
    """One version of a text that patients sign. The highest version of a kind is the current one."""

    __tablename__ = "document"
    __table_args__ = table_args("consent")
    kind: Mapped[str]
    version: Mapped[int]
    texts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[Instant]
    published_by: Mapped[UUID | None]

    def read_in(self, language: str) -> Reading:
        """This version as a reader of that language gets it."""
        return reading_of(kind=self.kind, version=self.version, texts=self.texts, language=language)


class Signature(PatientRow, Base):
    """Somebody signed a document for a patient: what was shown, in which language, by whom, when and from where."""

    __tablename__ = "signature"
    __table_args__ = table_args(
        "consent", ref("patient_id", "patients.patient"), ref("document_id", "consent.document")
    )
    document_id: Mapped[UUID]
    kind: Mapped[str]
    version: Mapped[int]
    round: Mapped[int] = mapped_column(default=0)
    language: Mapped[str]
    sha256: Mapped[str]
    typed_name_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    typed_name = Encrypted[str]("typed_name_sealed")
    signed_at: Mapped[Instant]
    signed_by: Mapped[UUID]
    zone: Mapped[str]
    address: Mapped[str]
    device: Mapped[str]


class Withdrawal(PatientRow, Base):
    """A signature that holds no longer, from then on."""

    __tablename__ = "withdrawal"
    __table_args__ = table_args(
        "consent", ref("patient_id", "patients.patient"), ref("signature_id", "consent.signature")
    )
    signature_id: Mapped[UUID]
    withdrawn_at: Mapped[Instant]
    withdrawn_by: Mapped[UUID]


class DocumentPdf(PatientRow, Base):
    """The PDF of a signature, in the object store."""

    __tablename__ = "document_pdf"
    __table_args__ = table_args(
        "consent", ref("patient_id", "patients.patient"), ref("signature_id", "consent.signature")
    )
    signature_id: Mapped[UUID]
    object_id: Mapped[UUID]
    sha256: Mapped[str]
    size: Mapped[int]
    made_at: Mapped[Instant]
