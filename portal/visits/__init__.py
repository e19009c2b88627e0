"""The encounter: its state machine, its link to intake and appointment, waiting room, video room, chat, call quality.

A visit's id is its appointment's. Does not own notes (charting), the appointment's time (scheduling) or the page that
shows all of it at once (workspaces). Its handlers also queue the appointment's confirmation and reminders.
"""

from portal.visits.access import Permission
from portal.visits.events import PatientArrived, VisitEnded, VisitStarted
from portal.visits.models import CallQuality, ChatMessage, DeviceTest, Participation, Visit
from portal.visits.operations import (
    ConsentMissing,
    VisitMoved,
    WaitingRoomClosed,
    admit,
    arrive,
    call_off,
    check_in,
    echo_ticket,
    end_visit,
    plan_visit,
    post_message,
    record_device_test,
    video_ticket,
)
from portal.visits.queries import (
    VisitFile,
    last_device_test,
    messages_of,
    participations_of,
    place_in_queue,
    quality_of,
    visit_by_id,
    visit_file,
    visits_by_id,
    waiting_room,
)
from portal.visits.rules import EARLIEST, Door, door

__all__ = [
    "EARLIEST",
    "CallQuality",
    "ChatMessage",
    "ConsentMissing",
    "DeviceTest",
    "Door",
    "Participation",
    "PatientArrived",
    "Permission",
    "Visit",
    "VisitEnded",
    "VisitFile",
    "VisitMoved",
    "VisitStarted",
    "WaitingRoomClosed",
    "admit",
    "arrive",
    "call_off",
    "check_in",
    "door",
    "echo_ticket",
    "end_visit",
    "last_device_test",
    "messages_of",
    "participations_of",
    "place_in_queue",
    "plan_visit",
    "post_message",
    "quality_of",
    "record_device_test",
    "video_ticket",
    "visit_by_id",
    "visit_file",
    "visits_by_id",
    "waiting_room",
]
