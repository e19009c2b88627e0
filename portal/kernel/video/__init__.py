"""The wire contract between the portal, the video sidecar and the visit page.

Owns the ticket that opens a socket, the addresses of the relays, the table of messages on the socket, the notices
that the portal sends to open sockets, and what the sidecar reports back as events. Does not own who may take part
in a visit or what state it is in: the portal decides that before it issues a ticket, and the sidecar only obeys.
"""

from portal.kernel.video.notices import CHANNEL, NoticeKind, announce
from portal.kernel.video.relays import TURN_LIFE, ice_servers, turn_credentials
from portal.kernel.video.reports import (
    CallQualityReported,
    ParticipantJoined,
    ParticipantLeft,
)
from portal.kernel.video.tickets import (
    TICKET_LIFE,
    TicketClaims,
    TicketRefused,
    TicketUse,
    VideoRole,
    VideoTicket,
    issue_ticket,
    read_ticket,
    redeem_ticket,
    sign_ticket,
)
from portal.kernel.video.wire import (
    BOTH,
    CALL_SIZE,
    PAGE,
    SIDECAR,
    WIRE,
    CloseCode,
    WireMessage,
)

__all__ = [
    "BOTH",
    "CALL_SIZE",
    "CHANNEL",
    "PAGE",
    "SIDECAR",
    "TICKET_LIFE",
    "TURN_LIFE",
    "WIRE",
    "CallQualityReported",
    "CloseCode",
    "NoticeKind",
    "ParticipantJoined",
    "ParticipantLeft",
    "TicketClaims",
    "TicketRefused",
    "TicketUse",
    "VideoRole",
    "VideoTicket",
    "WireMessage",
    "announce",
    "ice_servers",
    "issue_ticket",
    "read_ticket",
    "redeem_ticket",
    "sign_ticket",
    "turn_credentials",
]
