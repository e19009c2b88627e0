"""Tables of tenancy. The directory is global: its row's id is the tenant's id, and it holds no patient data."""

from datetime import date
from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Base, Instant, TenantRow, table_args


class Organisation(Base):
    """A clinic. `jurisdiction` is ISO 3166-2 ("US-MA"): where it is established."""

    __tablename__ = "organisation"
    __table_args__ = table_args("tenancy")
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    default_language: Mapped[str]
    zone: Mapped[str]
    country: Mapped[str]
    jurisdiction: Mapped[str]
    currency: Mapped[str]
    emergency_number: Mapped[str]
    brand: Mapped[dict[str, str]] = mapped_column(JSONB)
    created_at: Mapped[Instant]


class Logo(TenantRow, Base):
    """A picture that pages show in place of the clinic's name; never changed, since browsers keep it for a year."""

    __tablename__ = "logo"
    __table_args__ = table_args("tenancy")
    content: Mapped[bytes] = mapped_column(comment="a PNG of our own drawing")
    width: Mapped[int]
    height: Mapped[int]
    drawn_at: Mapped[Instant]


class LookVersion(TenantRow, Base):
    """How a clinic looked from a moment on; a change is a further row. The last one is in `Organisation.brand`."""

    __tablename__ = "look"
    __table_args__ = table_args("tenancy")
    version: Mapped[int]
    name: Mapped[str]
    colour: Mapped[str]
    dark: Mapped[str | None]
    corner: Mapped[str]
    logo_id: Mapped[UUID | None]
    said_at: Mapped[Instant]
    said_by: Mapped[UUID | None]


class Agreement(TenantRow, Base):
    """What a clinic has signed with a partner that sees its patients' data; a renewal is a further row.

    `kind`: "baa" (45 CFR 164.504(e)) or "dpa" (GDPR article 28). In force from its day on, and on the last one still.
    """

    __tablename__ = "agreement"
    __table_args__ = table_args("tenancy")
    partner: Mapped[str]
    kind: Mapped[str]
    party: Mapped[str]
    reference: Mapped[str] = mapped_column(comment="where the signed paper lies")
    signed_on: Mapped[date]
    expires_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    recorded_at: Mapped[Instant]

    def in_force(self, day: date) -> bool:
        """Whether it binds on that day."""
        return self.signed_on <= day and (self.last_day is None or day <= self.last_day)

    @property
    def last_day(self) -> date | None:
        """The day after which it does not bind; None: it has no end yet."""
        return min((end for end in (self.expires_on, self.ended_on) if end), default=None)
