"""Reading what a page sends: size, shape and pace. Knows the table of messages, not what they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.kernel.strict_json import BadJson, read_json
from portal.kernel.video import SIDECAR, WIRE

MAX_MESSAGE_BYTES = 64 * 1024
"""A session description with all candidates is 8 KB."""

MAX_DEPTH = 4

_FROM_PAGE = {message.name: message for message in WIRE if message.sender != SIDECAR}
_CANDIDATE_FIELDS = ("candidate", "sdpMid", "sdpMLineIndex", "usernameFragment")
_MAX_NUMBER = 2**31 - 1


class BadMessage(ValueError):
    """Not a message that a page may send."""


def parse_message(text: str) -> tuple[str, dict[str, Any]]:
    """Type and fields of a page's message. Fields that the table does not name are dropped; raises BadMessage."""
    try:
        raw = read_json(text, max_bytes=MAX_MESSAGE_BYTES, max_depth=MAX_DEPTH)
    except BadJson as error:
        raise BadMessage("not JSON") from error
    if not isinstance(raw, dict):
        raise BadMessage("not an object")
    name = raw.get("type")
    known = _FROM_PAGE.get(name) if isinstance(name, str) else None
    if known is None:
        raise BadMessage("unknown type")
    return known.name, {
        key.removesuffix("?"): _value(raw, key, kind) for key, kind in known.fields.items() if key != "from?"
    }


def _value(raw: Mapping[str, Any], key: str, kind: type) -> Any:
    value = raw.get(key.removesuffix("?"))
    if value is None and key.endswith("?"):
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadMessage("wrong field")
    if isinstance(value, int) and not 0 <= value <= _MAX_NUMBER:
        raise BadMessage("number out of range")
    if isinstance(value, dict):
        return {name: value[name] for name in _CANDIDATE_FIELDS if _is_plain(value.get(name))}
    return value


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


@dataclass(slots=True)
class Pace:
    """A bucket of tokens: `burst` at once, then `per_second`. Times are those of a monotonic clock, in seconds."""

    per_second: float
    burst: int
    tokens: float = field(init=False)
    last: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.tokens = float(self.burst)

    def allows(self, *, at: float) -> bool:
        """Whether one more is within the pace; takes its token if so."""
        if self.last is not None:
            self.tokens = min(float(self.burst), self.tokens + (at - self.last) * self.per_second)
        self.last = at
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
