"""The wire: every message on the socket between page and sidecar, as one table, and why a socket is closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CALL_SIZE = 2
"""A peer-to-peer call has two ends."""


@dataclass(frozen=True, slots=True)
class WireMessage:
    """A kind of message: who sends it, its fields with their JSON types, what it means.

    A field's name ending in "?" may be absent or null. Every message is one JSON object with `type`.
    """

    name: str
    sender: str
    fields: Mapping[str, type]
    meaning: str


PAGE, SIDECAR, BOTH = "page", "sidecar", "both"

WIRE: Sequence[WireMessage] = (
    WireMessage(
        "join",
        PAGE,
        {"ticket": str, "connection": str},
        "First message: enter the call or the waiting room",
    ),
    WireMessage(
        "echo",
        PAGE,
        {"ticket": str, "connection": str},
        "First message: begin the device test",
    ),
    WireMessage(
        "joined",
        SIDECAR,
        {"polite": bool, "use": str, "peer?": dict},
        "You are in; the other end, if there",
    ),
    WireMessage(
        "peer-joined",
        SIDECAR,
        {"polite": bool, "participant": str, "connection": str, "role": str},
        "The other end came",
    ),
    WireMessage(
        "peer-left",
        SIDECAR,
        {"connection": str, "reason": str},
        "Its socket is gone; media may go on",
    ),
    WireMessage(
        "offer",
        BOTH,
        {"n": int, "sdp": str, "from?": str},
        "Session description, relayed",
    ),
    WireMessage(
        "answer",
        BOTH,
        {"n": int, "sdp": str, "from?": str},
        "Session description, relayed",
    ),
    WireMessage(
        "candidate",
        BOTH,
        {"n": int, "candidate?": dict, "from?": str},
        "ICE candidate; null: no more",
    ),
    WireMessage(
        "quality",
        PAGE,
        {
            "n": int,
            "seconds": int,
            "rtt_ms": int,
            "loss_permille": int,
            "concealed_permille": int,
            "kbps": int,
            "relayed": int,
            "restarts": int,
        },
        "Summary of the last 15 s; kept by the page until acknowledged",
    ),
    WireMessage("leave", PAGE, {}, "Hang up"),
    WireMessage("ping", PAGE, {}, "Is the socket alive?"),
    WireMessage("pong", SIDECAR, {}, "It is"),
    WireMessage(
        "ack",
        SIDECAR,
        {"n": int, "taken": bool},
        "Relayed or stored; not taken: nobody was there",
    ),
    WireMessage("message", SIDECAR, {}, "Fetch the chat"),
    WireMessage("admitted", SIDECAR, {}, "Leave the waiting room for the call"),
    WireMessage("ended", SIDECAR, {}, "The visit is over; the socket closes"),
    WireMessage("withdrawn", SIDECAR, {}, "You may no longer take part; the socket closes"),
    WireMessage("replaced", SIDECAR, {}, "You joined from another page; the socket closes"),
    WireMessage("error", SIDECAR, {"code": str}, "Why the socket closes"),
    WireMessage(
        "ready",
        SIDECAR,
        {"seconds": int},
        "Device test: send an offer; it lasts so long",
    ),
    WireMessage(
        "burst-sent",
        BOTH,
        {"bytes": int},
        "Device test: so much was sent over the data channel",
    ),
    WireMessage(
        "burst-received",
        SIDECAR,
        {"bytes": int, "ms": int},
        "Device test: so much came through, in this time",
    ),
    WireMessage("burst-please", PAGE, {}, "Device test: now send to me"),
)


class CloseCode:
    """Why a socket was closed (RFC 6455, section 7.4.2: 4000 to 4999 are ours)."""

    BAD_MESSAGE = 4400
    TICKET_REFUSED = 4401
    WITHDRAWN = 4403
    TOO_SLOW = 4408
    ROOM_FULL = 4409
    ENDED = 4410
    REPLACED = 4412
    TOO_FAST = 4429
    ECHO_BUSY = 4503
