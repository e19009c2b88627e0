"""What consent tells the others."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(Event):
    """A consent that was signed holds no longer."""

    name: ClassVar[str] = "consent.withdrawn"
    patient_id: UUID
    signature_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConsentSigned(Event):
    """A patient signed a consent."""

    name: ClassVar[str] = "consent.signed"
    patient_id: UUID
    signature_id: UUID
