"""Tables of audit."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Base, Encrypted, Instant, OptionalInstant, Sealed, TenantRow, sealed_column, table_args


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


class Watch(Base):
    """What a clinic calls unusual; see rules.Thresholds."""

    __tablename__ = "watch"
    __table_args__ = table_args("audit")
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    mass_patients: Mapped[int]
    mass_minutes: Mapped[int]
    night_from: Mapped[int]
    night_until: Mapped[int]
    mass_reads: Mapped[bool]
    odd_hours: Mapped[bool]
    same_surname: Mapped[bool]
    own_record: Mapped[bool]
    changed_at: Mapped[Instant]
    changed_by: Mapped[UUID | None]


class Watched(Base):
    """How far a clinic's log has been watched: the position of the first leaf that was not."""

    __tablename__ = "watched"
    __table_args__ = table_args("audit")
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    upto: Mapped[int] = mapped_column(BigInteger)


class Alert(TenantRow, Base):
    """Something unusual that was found: open, or seen by somebody who says what it was."""

    __tablename__ = "alert"
    __table_args__ = table_args("audit")
    __patient__: ClassVar[str | None] = "patient_id"
    kind: Mapped[str]
    key: Mapped[str]
    user_id: Mapped[UUID]
    patient_id: Mapped[UUID | None]
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]
    count: Mapped[int]
    state: Mapped[str] = mapped_column(default="open")
    found_at: Mapped[Instant]
    note_sealed: Mapped[Sealed | None] = sealed_column()
    note = Encrypted[str | None]("note_sealed")
    seen_at: Mapped[OptionalInstant]
    seen_by: Mapped[UUID | None]


class Retention(Base):
    """How many years a jurisdiction keeps the record, and who says so."""

    __tablename__ = "retention"
    __table_args__ = table_args("audit")
    jurisdiction: Mapped[str] = mapped_column(primary_key=True)
    years: Mapped[int]
    source: Mapped[str]
