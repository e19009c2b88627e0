"""The registry of work that happens outside a request, and the verbs that ask for it.

Three kinds of work: a reaction to an event (`@on`), something due at a time (`@scheduled`), both inside our walls and
in one transaction; and a call to the outside (`Outside`), claimed with a fencing number, called with no transaction
open, settled in a second transaction. The worker in `jobs` runs them; handlers here only declare.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from portal.kernel.db import PortalSession
from portal.kernel.events import Event, Task
from portal.kernel.ids import new_id

E_ = TypeVar("E_", bound=Event)
Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """A handler of one event. `purpose` is what the database's policies see."""

    kind: str
    event: type[Event]
    purpose: str
    run: Callable[..., None]


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """A handler of work that is due at a time: run(session, subject_id, now=…)."""

    kind: str
    purpose: str
    run: Callable[..., None]


class Outside(Protocol, Generic[Request, Answer]):
    """A call to a partner.

    claim: reads what the call needs (None: nothing to do any more). call: talks to the partner, no transaction open;
    `again` says that an earlier claim never settled, so a partner without idempotency keys is looked up first.
    settle: stores the answer. failed: stores that the call is given up.
    """

    kind: str
    purpose: str

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> Request | None: ...

    def call(self, request: Request, *, again: bool, now: datetime) -> Answer: ...

    def settle(self, session: PortalSession, subject_id: UUID, answer: Answer, *, now: datetime) -> None: ...

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None: ...


_reactions: dict[str, Reaction] = {}
_scheduled: dict[str, Scheduled] = {}
_outside: dict[str, "Outside[Any, Any]"] = {}


def on(event: type[E_], *, kind: str, purpose: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Subscribe `run(session, event, *, now)` to an event. `kind` reads "context.what_it_does" and never changes."""

    def register(run: Callable[..., None]) -> Callable[..., None]:
        _reactions[kind] = Reaction(kind=kind, event=event, purpose=purpose, run=run)
        return run

    return register


def scheduled(*, kind: str, purpose: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare `run(session, subject_id, *, now)` for work asked for by `schedule`."""

    def register(run: Callable[..., None]) -> Callable[..., None]:
        _scheduled[kind] = Scheduled(kind=kind, purpose=purpose, run=run)
        return run

    return register


def register_outside(work: "Outside[Any, Any]") -> None:
    """Register a call to the outside; app wires it with its adapter at start."""
    _outside[work.kind] = work


def reactions_to(name: str) -> list[Reaction]:
    """Handlers subscribed to an event's name."""
    return [one for one in _reactions.values() if one.event.name == name]


def work_of(kind: str) -> "Reaction | Scheduled | Outside[Any, Any]":
    """What a task's kind stands for; KeyError when this process knows no such work."""
    found: Mapping[str, Any] = {**_reactions, **_scheduled, **_outside}
    work: Reaction | Scheduled | Outside[Any, Any] = found[kind]
    return work


def schedule(
    session: PortalSession, *, kind: str, subject_id: UUID, key: str, due_at: datetime, event_id: UUID | None = None
) -> None:
    """Ask for work in this transaction. The same key twice is one task (the first wins)."""
    session.execute(
        insert(Task)
        .values(
            tenant_id=session.tenant_id,
            id=new_id(),
            kind=kind,
            subject_id=subject_id,
            key=key,
            due_at=due_at,
            event_id=event_id,
            state="pending",
            attempts=0,
            fence=0,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "key"])
    )


def cancel(session: PortalSession, *, key_prefix: str, now: datetime) -> int:
    """Cancel pending tasks whose key starts with the prefix; returns how many."""
    result = session.execute(
        update(Task)
        .where(Task.key.startswith(key_prefix, autoescape=True), Task.state == "pending")
        .values(state="cancelled", finished_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(result, "rowcount", 0))
