"""Decisions of scheduling: which times can be offered, what may still be changed, how a visit looks in a calendar."""

from portal.scheduling.rules.calendar import CalendarEntry, calendar_file, reference_of
from portal.scheduling.rules.changes import may_still_change
from portal.scheduling.rules.interpreter import INTERPRETER_STATES, interpreter_after_move, interpreter_need
from portal.scheduling.rules.reminders import reminders_ahead
from portal.scheduling.rules.slots import (
    Length,
    Span,
    WeeklyHours,
    free_starts,
    merged,
    starts_within,
    weekly_spans,
    without,
    working_time,
)
from portal.scheduling.rules.zones import closing_of, day_of, instant_of, start_of_day

__all__ = [
    "INTERPRETER_STATES",
    "CalendarEntry",
    "Length",
    "Span",
    "WeeklyHours",
    "calendar_file",
    "closing_of",
    "day_of",
    "free_starts",
    "instant_of",
    "interpreter_after_move",
    "interpreter_need",
    "may_still_change",
    "merged",
    "reference_of",
    "reminders_ahead",
    "start_of_day",
    "starts_within",
    "weekly_spans",
    "without",
    "working_time",
]
