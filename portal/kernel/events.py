"""Domain events and the outbox that carries them.

An event holds opaque ids and codes, never patient data. `emit` writes it in the operation's own transaction; the
relay hands it to each subscribed handler after commit, at least once.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Base, Instant, OptionalInstant, PortalSession, TenantRow, table_args
from portal.kernel.ids import new_id

_events: dict[str, type["Event"]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events: a frozen dataclass whose fields are UUID, int or short code strings."""

    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        known = _events.setdefault(cls.name, cls)
        if known.__qualname__ != cls.__qualname__:
            raise RuntimeError(f"two events are called {cls.name}")


E_ = TypeVar("E_", bound=Event)
EventHandler = Callable[[PortalSession, E_, datetime], None]


class OutboxEvent(TenantRow, Base):
    """An event on its way."""

    __tablename__ = "outbox_event"
    __table_args__ = table_args(
        "kernel", Index("ix_outbox_event_waiting", "occurred_at", postgresql_where="relayed_at IS NULL")
    )
    name: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="opaque ids and codes only")
    occurred_at: Mapped[Instant]
    relayed_at: Mapped[OptionalInstant]


class Task(TenantRow, Base):
    """A piece of work that must happen: an event for one handler, or something due at a time.

    State: pending → done | dead | cancelled; an outside call passes through running (claimed with a fencing number).
    """

    __tablename__ = "task"
    __table_args__ = table_args(
        "kernel",
        Index("uq_task_tenant_id_key", "tenant_id", "key", unique=True),
        Index("ix_task_due", "due_at", postgresql_where="state IN ('pending', 'running')"),
        ForeignKeyConstraint(["tenant_id", "event_id"], ["kernel.outbox_event.tenant_id", "kernel.outbox_event.id"]),
    )
    kind: Mapped[str] = mapped_column(comment="name of the handler")
    subject_id: Mapped[UUID] = mapped_column(comment="opaque id that the handler starts from")
    event_id: Mapped[UUID | None]
    key: Mapped[str] = mapped_column(comment="the same work asked for twice is one row")
    due_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(default="pending")
    enqueued_at: Mapped[OptionalInstant]
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0, comment="number of the claim that may settle")
    claimed_at: Mapped[OptionalInstant]
    last_error: Mapped[str | None] = mapped_column(comment="the error's code, no message")
    finished_at: Mapped[OptionalInstant]


def emit(session: PortalSession, event: Event, *, now: datetime) -> UUID:
    """Put an event into the outbox of this transaction; returns its id."""
    payload = {key: str(value) if isinstance(value, UUID) else value for key, value in asdict(event).items()}
    row = OutboxEvent(id=new_id(), name=event.name, payload=payload, occurred_at=now)
    session.add(row)
    session.flush()
    return row.id


def read_event(name: str, payload: dict[str, Any]) -> Event:
    """An event from its outbox row; unknown fields are passed over, so that older and newer processes may mix."""
    kind = _events[name]
    values = {}
    for field in fields(kind):
        if field.name in payload:
            value = payload[field.name]
            optional_id = field.type in (UUID, UUID | None, "UUID", "UUID | None")
            values[field.name] = UUID(value) if optional_id and value is not None else value
    return kind(**values)
