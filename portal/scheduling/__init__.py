"""Scheduling: what can be booked, when, and what is booked.

Owns visit types, practitioners' working hours and their exceptions, the occupancy of their time (holds and
appointments) and appointments. Does not own prices (port `PriceQuote`), visits, or reminders: those hear of it by
events.
"""

from portal.scheduling.access import Permission
from portal.scheduling.events import AppointmentBooked, AppointmentCancelled, AppointmentRescheduled
from portal.scheduling.models import Appointment, Availability, AvailabilityException, SlotHold, VisitType
from portal.scheduling.operations import (
    CodeTaken,
    HoldExpired,
    HoursOverlap,
    PatientBusy,
    SlotTaken,
    TooLateToChange,
    UnableToChange,
    add_exception,
    add_hours,
    book_appointment,
    book_hold,
    cancel_appointment,
    close_appointment,
    create_visit_type,
    hold_slot,
    release_hold,
    remove_exception,
    remove_hours,
    reschedule_appointment,
    update_visit_type,
)
from portal.scheduling.ports import PriceQuote
from portal.scheduling.queries import (
    Slot,
    appointment_by_id,
    appointments_between,
    appointments_by_id,
    appointments_of_patient,
    changes_of,
    day_of_appointments,
    next_free,
    open_slots,
    patients_with_appointments,
    soonest_slots,
    upcoming_appointments,
    visit_type_by_code,
    visit_type_by_id,
    visit_types,
    visit_types_by_id,
)
from portal.scheduling.rules import reference_of
from portal.scheduling.wiring import wire

__all__ = [
    "Appointment",
    "AppointmentBooked",
    "AppointmentCancelled",
    "AppointmentRescheduled",
    "Availability",
    "AvailabilityException",
    "CodeTaken",
    "HoldExpired",
    "HoursOverlap",
    "PatientBusy",
    "Permission",
    "PriceQuote",
    "Slot",
    "SlotHold",
    "SlotTaken",
    "TooLateToChange",
    "UnableToChange",
    "VisitType",
    "add_exception",
    "add_hours",
    "appointment_by_id",
    "appointments_between",
    "appointments_by_id",
    "appointments_of_patient",
    "book_appointment",
    "book_hold",
    "cancel_appointment",
    "changes_of",
    "close_appointment",
    "create_visit_type",
    "day_of_appointments",
    "hold_slot",
    "next_free",
    "open_slots",
    "patients_with_appointments",
    "reference_of",
    "release_hold",
    "remove_exception",
    "remove_hours",
    "reschedule_appointment",
    "soonest_slots",
    "upcoming_appointments",
    "update_visit_type",
    "visit_type_by_code",
    "visit_type_by_id",
    "visit_types",
    "visit_types_by_id",
    "wire",
]
