"""The mail and text messages that the sinks took: one JSON file a message, read newest first.

Owns the files' form, for the sinks that write and for whoever reads: the demo's inbox page and the tests.
"""

import json
import os
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class InboxMessage:
    """One message as the partner took it. `id` sorts by time; `reference` is the Message-ID or Twilio's sid."""

    id: str
    channel: Literal["email", "sms"]
    at: datetime
    to: str
    from_: str
    subject: str
    text: str
    html: str
    language: str
    reference: str


class Inbox:
    """Writes messages into a directory; each appears whole or not at all."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._last = 0
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(
        self,
        *,
        channel: Literal["email", "sms"],
        to: str,
        from_: str,
        text: str,
        subject: str = "",
        html: str = "",
        language: str = "",
        reference: str = "",
    ) -> InboxMessage:
        """Write one message and return it with its id and time."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())  # the clock may stand still between two messages
            moment = self._last
        message = InboxMessage(
            id=f"{moment:020d}-{secrets.token_hex(4)}",
            channel=channel,
            at=datetime.fromtimestamp(moment / 1e9, UTC),
            to=to,
            from_=from_,
            subject=subject,
            text=text,
            html=html,
            language=language,
            reference=reference,
        )
        fields = asdict(message) | {"at": message.at.isoformat()}
        fields["from"] = fields.pop("from_")
        unfinished = self._directory / f".{message.id}.new"
        with unfinished.open("x", encoding="utf-8") as file:
            json.dump(fields, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._directory / f"{message.id}.json")
        return message


def read_inbox(directory: Path, *, limit: int, to: str | None = None) -> list[InboxMessage]:
    """At most `limit` messages, newest first; `to` keeps those to one address or number. No directory: no messages."""
    found: list[InboxMessage] = []
    for file in sorted(directory.glob("[0-9]*.json"), reverse=True):
        if len(found) >= limit:
            break
        try:
            message = _read(file)
        except FileNotFoundError:  # emptied while we read
            continue
        if to is None or message.to == to:
            found.append(message)
    return found


def _read(file: Path) -> InboxMessage:
    fields = json.loads(file.read_text(encoding="utf-8"))
    fields["at"] = datetime.fromisoformat(fields["at"])
    fields["from_"] = fields.pop("from")
    return InboxMessage(**fields)
