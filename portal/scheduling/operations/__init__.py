"""Verbs of scheduling."""

from portal.scheduling.operations.booking import (
    HoldExpired,
    PatientBusy,
    SlotTaken,
    book_appointment,
    book_hold,
    hold_slot,
    release_hold,
)
from portal.scheduling.operations.changes import (
    TooLateToChange,
    UnableToChange,
    cancel_appointment,
    close_appointment,
    reschedule_appointment,
)
from portal.scheduling.operations.hours import (
    HoursOverlap,
    WrongHours,
    add_exception,
    add_hours,
    remove_exception,
    remove_hours,
)
from portal.scheduling.operations.visit_types import CodeTaken, create_visit_type, update_visit_type

__all__ = [
    "CodeTaken",
    "HoldExpired",
    "HoursOverlap",
    "PatientBusy",
    "SlotTaken",
    "TooLateToChange",
    "UnableToChange",
    "WrongHours",
    "add_exception",
    "add_hours",
    "book_appointment",
    "book_hold",
    "cancel_appointment",
    "close_appointment",
    "create_visit_type",
    "hold_slot",
    "release_hold",
    "remove_exception",
    "remove_hours",
    "reschedule_appointment",
    "update_visit_type",
]
