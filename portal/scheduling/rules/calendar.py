"""An appointment as a calendar file (RFC 5545), and its short reference. Pure: texts come from the caller."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

# Crockford's base 32: no I, L, O or U, so that it can be read out on the phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def reference_of(appointment_id: UUID) -> str:
    """Eight signs from the random end of the id, for example "7K3M-9QXT"; for people, not a key."""
    rest = appointment_id.int & (2**40 - 1)
    signs = "".join(ALPHABET[rest >> (5 * place) & 31] for place in range(7, -1, -1))
    return f"{signs[:4]}-{signs[4:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """What goes into the file. The texts must not say anything about health."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    summary: str
    description: str
    url: str
    cancelled: bool = False


def calendar_file(entry: CalendarEntry) -> bytes:
    """One event with an alarm a quarter of an hour before."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Telemedicine portal//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{_stamp(entry.made_at)}",
        f"DTSTART:{_stamp(entry.starts_at)}",
        f"DTEND:{_stamp(entry.ends_at)}",
        f"SUMMARY:{_text(entry.summary)}",
        f"DESCRIPTION:{_text(entry.description)}",
        f"URL:{entry.url}",
        f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}",
        "CLASS:PRIVATE",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(entry.summary)}",
        "TRIGGER:-PT15M",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    for sign in ("\\", ";", ","):
        value = value.replace(sign, f"\\{sign}")
    return value.replace("\r\n", "\n").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """At most 75 octets a line (RFC 5545, 3.1), never within a letter."""
    pieces: list[bytes] = []
    piece = b""
    for letter in line:
        encoded = letter.encode()
        if len(piece) + len(encoded) > (75 if not pieces else 74):
            pieces.append(piece)
            piece = b""
        piece += encoded
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
