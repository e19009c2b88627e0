"""JSON that somebody else wrote: bounded in size and depth, and with one meaning.

Python's own reader takes any depth until it fails, NaN, and the last of two equal names where another reader takes the
first. What is read here is plain: RFC 8259, with I-JSON's unique names (RFC 7493, section 2.3).
"""

import json
import re
from typing import Any, NoReturn

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class BadJson(ValueError):
    """Not JSON, too much of it, too deep, or with two meanings."""


def read_json(raw: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """The value; raises BadJson, which quotes nothing of it. A text counts as its UTF-8."""
    # A text has at most as many characters as bytes: what is too long is refused before it is copied.
    if len(raw) > max_bytes:
        raise BadJson("too large")
    try:
        # A text with half of a character pair is not UTF-8 and cannot be stored.
        text = raw.decode() if isinstance(raw, bytes) else raw
        if len(text.encode()) > max_bytes:
            raise BadJson("too large")
        _bound_depth(text, max_depth)
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except BadJson:
        raise
    except (ValueError, RecursionError):
        raise BadJson("not JSON") from None


def _bound_depth(text: str, most: int) -> None:
    depth = 0
    for part in _PARTS.finditer(text):
        if part[0] in "[{":
            depth += 1
            if depth > most:
                raise BadJson("too deep")
        elif part[0] in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadJson("a name twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise BadJson("not a number")
