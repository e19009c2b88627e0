"""What charting tells the others: opaque ids only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class NoteSigned(Event):
    """A visit's note is signed and will not change any more."""

    name: ClassVar[str] = "charting.note_signed"
    note_id: UUID
    visit_id: UUID
    patient_id: UUID
    practitioner_id: UUID
