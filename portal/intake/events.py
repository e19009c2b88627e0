"""What intake tells the others."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class IntakeCompleted(Event):
    """A patient sent the answers."""

    name: ClassVar[str] = "intake.completed"
    intake_id: UUID
    patient_id: UUID
