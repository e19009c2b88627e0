"""What triage tells the others."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class RedFlagRaised(Event):
    """Answers meant danger; `triage_id` is the red flag's."""

    name: ClassVar[str] = "triage.red_flag_raised"
    patient_id: UUID
    triage_id: UUID
