"""What patients tells the others: opaque ids only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PatientRegistered(Event):
    """A record was made by the person, the desk or an import."""

    name: ClassVar[str] = "patients.registered"
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class EmergencyOpened(Event):
    """A clinician opened a record in an emergency; somebody else is to judge it."""

    name: ClassVar[str] = "patients.emergency_opened"
    emergency_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProxyChanged(Event):
    """Somebody may act for a patient from now on, or may no longer; `what`: appointed or ended."""

    name: ClassVar[str] = "patients.proxy_changed"
    grant_id: UUID
    user_id: UUID
    what: str


@dataclass(frozen=True, kw_only=True)
class RecordTakenUp(Event):
    """An account now acts for a record that existed before."""

    name: ClassVar[str] = "patients.record_taken_up"
    patient_id: UUID
    user_id: UUID
