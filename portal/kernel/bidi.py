"""Text within text of the other direction: whatever is put into a sentence keeps its own direction and turns nothing
around it (Unicode's isolates; in a page they do what `<bdi>` does, and they stand in titles, attributes and text
messages as well).

Only where the value has a letter of the other direction: elsewhere an isolate changes nothing, and would take an
English text message out of its alphabet.
"""

import re
from collections.abc import Mapping
from typing import Any

FIRST_STRONG, END = "\u2068", "\u2069"
_RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
#: Reader's direction → a letter of the other one.
_OPPOSITE = {"ltr": re.compile(f"[{_RTL}]"), "rtl": re.compile(rf"(?![{_RTL}])[^\W\d_]")}
#: What is isolated already; an address, of which a phone would take the invisible sign for a part.
_LEFT_ALONE = ("\u2066", "\u2067", FIRST_STRONG, "<bdi", "https://", "http://")


def isolated(text: str) -> str:
    """The text takes its own direction and turns nothing around it. What was markup stays markup."""
    return type(text)(f"{FIRST_STRONG}{text}{END}")


def inserted(values: Mapping[str, Any], direction: str) -> dict[str, Any]:
    """The values of a sentence's placeholders, isolated where they would turn it."""
    return {name: settled(value, direction) for name, value in values.items()}


def settled(text: Any, direction: str) -> Any:
    """A text as part of a line of this direction: isolated where it would turn it. What is no text stays as it is."""
    if not isinstance(text, str) or text.startswith(_LEFT_ALONE) or not _OPPOSITE[direction].search(text):
        return text
    return isolated(text)
