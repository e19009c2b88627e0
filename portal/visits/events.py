"""What visits tell the others."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PatientArrived(Event):
    """The patient is in the waiting room, or the desk checked them in."""

    name: ClassVar[str] = "visits.patient_arrived"
    visit_id: UUID
    patient_id: UUID
    practitioner_id: UUID


@dataclass(frozen=True, kw_only=True)
class VisitStarted(Event):
    """The clinician admitted the patient."""

    name: ClassVar[str] = "visits.visit_started"
    visit_id: UUID
    patient_id: UUID
    practitioner_id: UUID


@dataclass(frozen=True, kw_only=True)
class VisitEnded(Event):
    """The clinician ended the visit."""

    name: ClassVar[str] = "visits.visit_ended"
    visit_id: UUID
    patient_id: UUID
    practitioner_id: UUID
