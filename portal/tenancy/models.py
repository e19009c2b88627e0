"""Tables of tenancy. The directory is global: its row's id is the tenant's id, and it holds no patient data."""

from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Base, Instant, table_args


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
