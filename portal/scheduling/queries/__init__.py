"""Reads of scheduling, always inside the caller's tenant."""

from portal.scheduling.queries.appointments import (
    Taken,
    appointment_by_id,
    appointments_between,
    appointments_by_id,
    appointments_of_patient,
    calendar_of,
    changes_of,
    count_booked,
    hold_by_id,
    hold_in_force,
    patients_with_appointments,
    upcoming_appointments,
)
from portal.scheduling.queries.hours import hours_of, upcoming_exceptions
from portal.scheduling.queries.licensing import Licensed, licensed_between
from portal.scheduling.queries.slots import (
    Offer,
    Slot,
    Wanted,
    find_slots,
    length_of,
    next_free,
    occupied_spans,
    open_slots,
    slot_at,
    weekly_hours,
)
from portal.scheduling.queries.visit_types import visit_type_by_code, visit_type_by_id, visit_types, visit_types_by_id

__all__ = [
    "Licensed",
    "Offer",
    "Slot",
    "Taken",
    "Wanted",
    "appointment_by_id",
    "appointments_between",
    "appointments_by_id",
    "appointments_of_patient",
    "calendar_of",
    "changes_of",
    "count_booked",
    "find_slots",
    "hold_by_id",
    "hold_in_force",
    "hours_of",
    "length_of",
    "licensed_between",
    "next_free",
    "occupied_spans",
    "open_slots",
    "patients_with_appointments",
    "slot_at",
    "upcoming_appointments",
    "upcoming_exceptions",
    "visit_type_by_code",
    "visit_type_by_id",
    "visit_types",
    "visit_types_by_id",
    "weekly_hours",
]
