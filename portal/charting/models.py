"""Tables of charting."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import LargeBinary, Numeric
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.charting.rules import ICD_10_CM, NORMAL, NoteText, suggested_sensitivity
from portal.kernel.db import (
    Base,
    Encrypted,
    Hashed,
    Instant,
    OptionalInstant,
    PatientRow,
    Sealed,
    index_column,
    ref,
    sealed_column,
    table_args,
)

SCHEMA = "charting"


class _Sections(PatientRow, Base):
    """The four sealed sections of a note or of text that lost against it."""

    __abstract__ = True

    subjective_sealed: Mapped[Sealed | None] = sealed_column()
    objective_sealed: Mapped[Sealed | None] = sealed_column()
    assessment_sealed: Mapped[Sealed | None] = sealed_column()
    plan_sealed: Mapped[Sealed | None] = sealed_column()
    subjective = Encrypted[str | None]("subjective_sealed")
    objective = Encrypted[str | None]("objective_sealed")
    assessment = Encrypted[str | None]("assessment_sealed")
    plan = Encrypted[str | None]("plan_sealed")

    @property
    def text(self) -> NoteText:
        """All four, as written."""
        return NoteText(
            subjective=self.subjective or "",
            objective=self.objective or "",
            assessment=self.assessment or "",
            plan=self.plan or "",
        )

    def put(self, text: NoteText) -> None:
        """Write all four."""
        self.subjective, self.objective = text.subjective or None, text.objective or None
        self.assessment, self.plan = text.assessment or None, text.plan or None


class Note(_Sections):
    """The note of a visit (FHIR Composition): a draft in versions, then signed and never changed again."""

    __tablename__ = "note"
    __table_args__ = table_args(
        SCHEMA,
        ref("visit_id", "visits.visit"),
        ref("patient_id", "patients.patient"),
        ref("practitioner_id", "practitioners.practitioner"),
    )
    visit_id: Mapped[UUID]
    practitioner_id: Mapped[UUID]
    author_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(default=1)
    editor: Mapped[UUID | None] = mapped_column(comment="the open page that saved last")
    status: Mapped[str] = mapped_column(default="draft")
    sensitivity: Mapped[str] = mapped_column(default="N", comment="HL7 v3 ActCode; N: normal")
    started_at: Mapped[Instant]
    saved_at: Mapped[Instant]
    signed_at: Mapped[OptionalInstant]
    signed_by: Mapped[UUID | None]
    content_digest: Mapped[bytes | None]

    @property
    def is_signed(self) -> bool:
        return self.status == "signed"


class NoteDiagnosis(PatientRow, Base):
    """A diagnosis of a note, ICD-10-CM; rank 1 is the main one."""

    __tablename__ = "note_diagnosis"
    __table_args__ = table_args(SCHEMA, ref("note_id", "charting.note"))
    note_id: Mapped[UUID]
    code: Mapped[str]
    display_clear: Mapped[str | None] = mapped_column("display")
    display_sealed: Mapped[Sealed | None] = sealed_column()
    display = Encrypted[str]("display_sealed", was="display_clear")
    rank: Mapped[int]

    @property
    def suggested(self) -> str:
        """The label that a note with this diagnosis is usually given."""
        return suggested_sensitivity(ICD_10_CM, self.code)


class Addendum(PatientRow, Base):
    """What is added to a signed note; itself never changed."""

    __tablename__ = "addendum"
    __table_args__ = table_args(SCHEMA, ref("note_id", "charting.note"))
    note_id: Mapped[UUID]
    author_id: Mapped[UUID]
    text_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    text = Encrypted[str]("text_sealed")
    added_at: Mapped[Instant]


class NoteWords(PatientRow, Base):
    """The words of a signed note (`addendum_id` empty) or of an addendum, as sorted keyed hashes (16 bytes)."""

    __tablename__ = "note_words"
    __table_args__ = table_args(
        SCHEMA,
        ref("patient_id", "patients.patient"),
        ref("note_id", "charting.note"),
        ref("addendum_id", "charting.addendum"),
    )
    note_id: Mapped[UUID]
    addendum_id: Mapped[UUID | None]
    word_hashes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))


class NoteConflict(_Sections):
    """Text that was written upon an older version of the note."""

    __tablename__ = "note_conflict"
    __table_args__ = table_args(SCHEMA, ref("note_id", "charting.note"))
    note_id: Mapped[UUID]
    author_id: Mapped[UUID]
    base_version: Mapped[int]
    editor: Mapped[UUID | None]
    kept_at: Mapped[Instant]
    settled_at: Mapped[OptionalInstant]


class _Statement:
    """What is said of a patient, coded, with where it comes from."""

    system: Mapped[str] = mapped_column(comment="code system's URI, empty for words only")
    code: Mapped[str]
    source: Mapped[str]
    recorded_at: Mapped[Instant]
    recorded_by: Mapped[UUID | None]


class _Worded(_Statement):
    """A statement in somebody's words. Where it comes from may be those words, too: a hash is all that is kept."""

    display_clear: Mapped[str | None] = mapped_column("display")
    display_sealed: Mapped[Sealed | None] = sealed_column()
    display = Encrypted[str]("display_sealed", was="display_clear")
    source_id_clear: Mapped[str | None] = mapped_column("source_id")
    source_id_index: Mapped[bytes | None] = index_column()
    source_id = Hashed("source_id_index", was="source_id_clear")


class Labelled(_Worded, PatientRow, Base):
    """A statement that not every reader of the record may read. Who put the label, the database writes down."""

    __abstract__ = True

    sensitivity: Mapped[str] = mapped_column(default=NORMAL, comment="HL7 v3 ActCode; N: normal")
    labelled_by: Mapped[UUID | None] = mapped_column(comment="written by the database alone")

    @property
    def suggested(self) -> str:
        """The label that its code suggests, where it has none yet; else N."""
        return suggested_sensitivity(self.system, self.code) if self.sensitivity == NORMAL else NORMAL


class Condition(Labelled):
    """A problem (FHIR Condition)."""

    __tablename__ = "problem"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    clinical_status: Mapped[str] = mapped_column(default="active")
    onset_at: Mapped[OptionalInstant]
    abated_at: Mapped[OptionalInstant]


class Allergy(_Worded, PatientRow, Base):
    """FHIR AllergyIntolerance."""

    __tablename__ = "allergy"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    clinical_status: Mapped[str] = mapped_column(default="active")
    category: Mapped[str] = mapped_column(default="")
    criticality: Mapped[str] = mapped_column(default="unable-to-assess")
    reaction_clear: Mapped[str | None] = mapped_column("reaction")
    reaction_sealed: Mapped[Sealed | None] = sealed_column()
    reaction = Encrypted[str]("reaction_sealed", was="reaction_clear")


class Medication(Labelled):
    """What the patient takes or took (FHIR MedicationStatement)."""

    __tablename__ = "medication"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    status: Mapped[str] = mapped_column(default="active")
    dosage_clear: Mapped[str | None] = mapped_column("dosage")
    dosage_sealed: Mapped[Sealed | None] = sealed_column()
    dosage = Encrypted[str]("dosage_sealed", was="dosage_clear")
    since: Mapped[OptionalInstant]


class VitalSign(_Statement, PatientRow, Base):
    """A measured value (FHIR Observation, category vital-signs); code is LOINC, unit is UCUM."""

    __tablename__ = "vital_sign"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    display: Mapped[str]
    source_id: Mapped[str | None]
    value: Mapped[Decimal] = mapped_column(Numeric)
    unit: Mapped[str]
    effective_at: Mapped[Instant]
