"""The encounter's state machine and the waiting room's hours. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

EARLIEST = timedelta(minutes=30)
LATEST = timedelta(hours=4)
LONGEST_MESSAGE = 2000

MOVES: dict[str, frozenset[str]] = {
    "planned": frozenset({"arrived", "waiting", "cancelled", "noshow"}),
    "arrived": frozenset({"waiting", "cancelled", "noshow"}),
    "waiting": frozenset({"arrived", "in_progress", "cancelled", "noshow"}),
    "in_progress": frozenset({"finished"}),
    "finished": frozenset(),
    "cancelled": frozenset(),
    "noshow": frozenset({"waiting"}),
}


class Door(StrEnum):
    """Whether the waiting room is open for a visit."""

    EARLY = "early"
    OPEN = "open"
    OVER = "over"


def may_move(state: str, target: str) -> bool:
    """Whether an encounter may go from one state to another."""
    return target in MOVES[state]


def door(*, state: str, starts_at: datetime, now: datetime) -> Door:
    """Open from 30 minutes before until 4 hours after the start, and always while the visit goes on."""
    if state == "in_progress" or state == "waiting":
        return Door.OPEN
    if state in {"finished", "cancelled"} or now > starts_at + LATEST:
        return Door.OVER
    return Door.EARLY if now < starts_at - EARLIEST else Door.OPEN


def verdict_by_hand(*, camera: str, microphone: str) -> str:
    """What a call can be when nothing was measured: from a person's own answers, yes or no."""
    if microphone != "yes":
        return "message"
    return "video" if camera == "yes" else "audio"
