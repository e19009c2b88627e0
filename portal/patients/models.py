"""Tables of patients. A patient's own row is patient data too: its id is the patient's."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import (
    Base,
    Encrypted,
    Instant,
    OptionalInstant,
    PatientRow,
    Sealed,
    TenantRow,
    index_column,
    ref,
    sealed_column,
    table_args,
)
from portal.kernel.names import person_name
from portal.kernel.spoken import OTHER, spoken_code
from portal.patients.rules import contact_of_choice, normalise_contact, normalise_identifier

SCHEMA = "patients"


class Patient(TenantRow, Base):
    """Who somebody is, administratively (FHIR Patient). Nothing of health stands here."""

    __tablename__ = "patient"
    __table_args__ = table_args(SCHEMA)
    __patient__: ClassVar[str | None] = "id"
    given_name: Mapped[str]
    family_name: Mapped[str]
    given_key: Mapped[str] = mapped_column(comment="folded, for look-ups")
    family_key: Mapped[str] = mapped_column(comment="folded, for look-ups")
    birth_date: Mapped[date]
    sex: Mapped[str] = mapped_column(default="unknown", comment="FHIR administrative-gender")
    language: Mapped[str] = mapped_column(comment="in which they read")
    spoken: Mapped[str | None] = mapped_column(comment="ISO 639: in which they talk; null: not asked yet")
    zone: Mapped[str]
    jurisdiction: Mapped[str]
    interpreter: Mapped[bool] = mapped_column(Boolean, default=False, comment="where the clinician does not speak it")
    phone_sealed: Mapped[Sealed | None] = sealed_column()
    phone_index: Mapped[bytes | None] = index_column()
    phone = Encrypted[str | None]("phone_sealed", index="phone_index", normalise=normalise_contact)
    email_sealed: Mapped[Sealed | None] = sealed_column()
    email_index: Mapped[bytes | None] = index_column()
    email = Encrypted[str | None]("email_sealed", index="email_index", normalise=normalise_contact)
    status: Mapped[str] = mapped_column(default="active")
    origin: Mapped[str]
    created_at: Mapped[Instant]
    created_by: Mapped[UUID | None]

    @property
    def display_name(self) -> str:
        """The name as it is shown, to everybody alike."""
        return person_name(self.given_name, self.family_name, language=self.language)

    @property
    def talks(self) -> str:
        """The language in which they talk: as asked, else as they read."""
        return self.spoken or spoken_code(self.language) or OTHER

    @property
    def contact(self) -> tuple[str, str] | None:
        """(channel, target) where the patient is reached."""
        return contact_of_choice(self.phone, self.email)


class Identifier(PatientRow, Base):
    """A number under which another system knows the patient. `system` is a URI."""

    __tablename__ = "identifier"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    system: Mapped[str]
    value_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    value_index: Mapped[bytes] = index_column(nullable=False)
    value = Encrypted[str]("value_sealed", index="value_index", normalise=normalise_identifier)


class AccessGrant(PatientRow, Base):
    """An account may see a patient's record: on what basis, since when, until when."""

    __tablename__ = "access_grant"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    user_id: Mapped[UUID]
    basis: Mapped[str]
    scope: Mapped[list[str] | None] = mapped_column(ARRAY(Text), comment="parts of the record; null: the whole")
    reason: Mapped[str]
    since: Mapped[Instant]
    until: Mapped[OptionalInstant]


class BreakGlass(PatientRow, Base):
    """A record opened in an emergency: by whom, why, and, once somebody else has judged it, whether it was right."""

    __tablename__ = "break_glass"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    user_id: Mapped[UUID]
    reason: Mapped[str]
    sentence_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    sentence = Encrypted[str]("sentence_sealed")
    wants_sensitive: Mapped[bool] = mapped_column(Boolean, default=False)
    since: Mapped[Instant]
    until: Mapped[Instant]
    finding: Mapped[str | None]
    remark_sealed: Mapped[Sealed | None] = sealed_column()
    remark = Encrypted[str | None]("remark_sealed")
    decided_at: Mapped[OptionalInstant]
    decided_by: Mapped[UUID | None]


class Invitation(PatientRow, Base):
    """The desk invites somebody to take up their record. The link's token is kept as a hash only."""

    __tablename__ = "invitation"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    token_hash: Mapped[bytes]
    created_at: Mapped[Instant]
    created_by: Mapped[UUID]
    expires_at: Mapped[Instant]
    used_at: Mapped[OptionalInstant]
    used_by: Mapped[UUID | None]


class ProxyInvitation(PatientRow, Base):
    """A patient asks somebody to act for them, in parts and until a day. The link's token is kept as a hash only."""

    __tablename__ = "proxy_invitation"
    __table_args__ = table_args(SCHEMA, ref("patient_id", "patients.patient"))
    token_hash: Mapped[bytes]
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    acts_until: Mapped[Instant]
    channel: Mapped[str]
    contact_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    contact_index: Mapped[bytes] = index_column(nullable=False)
    contact = Encrypted[str]("contact_sealed", index="contact_index", normalise=normalise_contact)
    created_at: Mapped[Instant]
    created_by: Mapped[UUID]
    expires_at: Mapped[Instant]
    used_at: Mapped[OptionalInstant]
    used_by: Mapped[UUID | None]
    ended_at: Mapped[OptionalInstant]


class ClaimAttempt(TenantRow, Base):
    """An account says that a record is theirs. `patient_id` only once it is known which.

    The ground is a date of birth, or an invitation (`invited_to`: the invited patient).
    """

    __tablename__ = "claim_attempt"
    __table_args__ = table_args(
        SCHEMA, ref("patient_id", "patients.patient"), ref("invitation_id", "patients.invitation")
    )
    __patient__: ClassVar[str | None] = "patient_id"
    patient_id: Mapped[UUID | None]
    user_id: Mapped[UUID]
    channel: Mapped[str]
    contact_index: Mapped[bytes] = index_column(nullable=False)
    contact_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    contact = Encrypted[str]("contact_sealed")
    name_sealed: Mapped[Sealed | None] = sealed_column()
    name = Encrypted[str | None]("name_sealed")
    birth_date: Mapped[date | None]
    invitation_id: Mapped[UUID | None]
    invited_to: Mapped[UUID | None]
    at: Mapped[Instant]
    state: Mapped[str] = mapped_column(default="open")
    decided_at: Mapped[OptionalInstant]
    decided_by: Mapped[UUID | None]
