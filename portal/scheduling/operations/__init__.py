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
from portal.scheduling.operations.interpreter import (
    InterpreterState,
    UnableToChange,
    choose_language,
    need_with,
    settle_interpreter,
)
from portal.scheduling.operations.visit_types import CodeTaken, create_visit_type, update_visit_type

__all__ = [
    "CodeTaken",
    "HoldExpired",
    "HoursOverlap",
    "InterpreterState",
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
    "choose_language",
    "close_appointment",
    "create_visit_type",
    "hold_slot",
    "need_with",
    "release_hold",
    "remove_exception",
    "remove_hours",
    "reschedule_appointment",
    "settle_interpreter",
    "update_visit_type",
]
