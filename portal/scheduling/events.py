"""What scheduling tells the others: ids and a count, nothing of the patient."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(Event):
    """A time was agreed upon."""

    name: ClassVar[str] = "scheduling.appointment_booked"
    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID


@dataclass(frozen=True, kw_only=True)
class AppointmentRescheduled(Event):
    """It moved, perhaps to another practitioner. `sequence` tells this move from an earlier one."""

    name: ClassVar[str] = "scheduling.appointment_rescheduled"
    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    sequence: int


@dataclass(frozen=True, kw_only=True)
class InterpreterChanged(Event):
    """Whether an interpreter is needed at a visit, or arranged, was settled anew."""

    name: ClassVar[str] = "scheduling.interpreter_changed"
    appointment_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(Event):
    """It will not take place."""

    name: ClassVar[str] = "scheduling.appointment_cancelled"
    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
