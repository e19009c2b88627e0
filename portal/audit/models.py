"""Tables of audit."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Base, Instant, TenantRow, table_args


class Leaf(TenantRow, Base):
    """Who did what to whose record, when, from where and why."""

    __tablename__ = "leaf"
    __table_args__ = table_args("audit")
    __audit__: ClassVar[bool] = True
    at: Mapped[Instant]
    user_id: Mapped[UUID | None]
    on_behalf_of: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    purpose: Mapped[str]
    permission: Mapped[str]
    action: Mapped[str]
    patient_id: Mapped[UUID | None]
    resources: Mapped[list[str]] = mapped_column(ARRAY(Text))
    grant_basis: Mapped[str | None]
    address: Mapped[str]
    device: Mapped[str]
    request_id: Mapped[str]
