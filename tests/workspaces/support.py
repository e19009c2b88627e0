"""What tests of workspaces share: statements counted, audit leaves, a busy day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, select

from portal.audit.models import Leaf
from portal.kernel.db import Database
from tests.factories.patients import make_record
from tests.factories.practitioners import make_practitioner
from tests.factories.scheduling import free_slots, make_appointment, work_every_day
from tests.factories.visits import BookedVisit
from tests.support.clinics import Clinic


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Statements that reach the database in the block; telling it who acts is none."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "set_config" not in statement:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def reads_of(worker: Database, clinic: Clinic, user_id: UUID) -> int:
    """How many leaves of reading an account has left."""
    with worker.transaction(clinic.system("audit")) as session:
        wanted = select(func.count()).select_from(Leaf).where(Leaf.user_id == user_id, Leaf.action == "read")
        return int(session.scalar(wanted) or 0)


def last_read_of(worker: Database, clinic: Clinic, user_id: UUID) -> list[str]:
    """The models that the account's latest leaf of reading names."""
    with worker.transaction(clinic.system("audit")) as session:
        wanted = select(Leaf).where(Leaf.user_id == user_id, Leaf.action == "read").order_by(Leaf.id.desc()).limit(1)
        return [one.partition("/")[0] for one in session.scalars(wanted).one().resources]


def fill_day(worker: Database, clinic: Clinic, booked: BookedVisit, *, count: int, now: datetime) -> None:
    """`count` further visits on the day of a booked one, with two clinicians."""
    _, colleague = make_practitioner(worker, clinic, now=now, name="Dr. Omar Haddad")
    work_every_day(worker, clinic, colleague, now=now)
    slots = free_slots(worker, clinic, booked.visit_type_id, now=now, count=count * 3, after=booked.starts_at)
    day = [slot for slot in slots if slot.starts_at.date() == booked.starts_at.date()]
    taken: set[tuple[UUID, datetime]] = set()
    made = 0
    for slot in day:
        free = all(slot.practitioner_id != who or abs(slot.starts_at - at).total_seconds() >= 1500 for who, at in taken)
        if free and made < count:
            patient = make_record(worker, clinic, now=now, given_name=f"Ana {made}", family_name="Ruiz")
            make_appointment(worker, clinic, patient_id=patient, visit_type_id=booked.visit_type_id, now=now, slot=slot)
            taken.add((slot.practitioner_id, slot.starts_at))
            made += 1
    assert made == count, made
