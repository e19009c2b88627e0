"""Pages of scheduling: booking, an appointment, and the staff's calendar, hours and visit types."""

from portal.scheduling.routes import (
    appointments,
    book,
    calendar,
    hours,
    language,
    move,
    staff_appointments,
    staff_book,
    visit_types,
)
from portal.scheduling.routes.blueprint import blueprint

__all__ = [
    "appointments",
    "blueprint",
    "book",
    "calendar",
    "hours",
    "language",
    "move",
    "staff_appointments",
    "staff_book",
    "visit_types",
]
