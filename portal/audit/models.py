"""Tables of audit."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Base, Instant, OptionalInstant, TenantRow, table_args


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


class Waiting(Base):
    """A leaf that is in no log yet; written by a trigger in the leaf's own transaction."""

    __tablename__ = "waiting"
    __table_args__ = table_args("audit")
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    leaf_id: Mapped[UUID] = mapped_column(primary_key=True)


class Entry(Base):
    """A leaf's place in its clinic's log, and its hash as it was then."""

    __tablename__ = "entry"
    __table_args__ = table_args("audit")
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    leaf_id: Mapped[UUID]
    hash: Mapped[bytes]


class StoredCheckpoint(Base):
    """A signed checkpoint, and the subtrees' roots from which the log goes on."""

    __tablename__ = "checkpoint"
    __table_args__ = table_args("audit")
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes]
    peaks: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    note: Mapped[str]
    made_at: Mapped[Instant]
    exported_at: Mapped[OptionalInstant]


class Retention(Base):
    """How many years a jurisdiction keeps the record, and who says so."""

    __tablename__ = "retention"
    __table_args__ = table_args("audit")
    jurisdiction: Mapped[str] = mapped_column(primary_key=True)
    years: Mapped[int]
    source: Mapped[str]
