"""Tables of practitioners. The directory is public to the clinic's visitors; it holds no patient data."""

from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Base, Instant, TenantRow, ref, table_args

SCHEMA = "practitioners"


class Practitioner(TenantRow, Base):
    """A clinician (FHIR Practitioner with its role). `specialty` and `bio` are texts by language."""

    __tablename__ = "practitioner"
    __table_args__ = table_args(SCHEMA)
    account_id: Mapped[UUID | None]
    name: Mapped[str]
    specialty: Mapped[dict[str, str]] = mapped_column(JSONB)
    languages: Mapped[list[str]] = mapped_column(JSONB)
    zone: Mapped[str]
    bio: Mapped[dict[str, str]] = mapped_column(JSONB)
    npi: Mapped[str | None]
    listed: Mapped[bool] = mapped_column(comment="offered to patients")
    created_at: Mapped[Instant]


class Licence(TenantRow, Base):
    """A licence to see patients who are in a jurisdiction (ISO 3166-2), from a day to a day, both included."""

    __tablename__ = "licence"
    __table_args__ = table_args(SCHEMA, ref("practitioner_id", "practitioners.practitioner"))
    practitioner_id: Mapped[UUID]
    jurisdiction: Mapped[str]
    number: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]

    def covers(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.since <= day and (self.until is None or day <= self.until)
