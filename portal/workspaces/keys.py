"""The keys of staff's pages, as one table that a person reads. What each leads to says so (aria-keyshortcuts)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.kernel.locale import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one place: (as aria-keyshortcuts writes it, what it does)."""

    place: Any
    keys: Sequence[tuple[str, Any]]


EVERYWHERE = Keys(
    _l("On every page"),
    (
        ("?", _l("Show this list, when you are not in a field")),
        ("Control+Alt+L", _l("Lock the screen")),
    ),
)
BOARDS = Keys(
    _l("On the board and on your day"),
    (
        ("Control+Alt+J", _l("Go to the next card")),
        ("Control+Alt+K", _l("Go to the card before")),
        ("Control+Alt+F", _l("Find a patient")),
    ),
)
VISIT = Keys(
    _l("On a visit’s page"),
    (
        ("Control+Alt+A", _l("Go to the button that admits the patient")),
        ("Control+Alt+B", _l("Show or hide what is known of the patient")),
        ("Control+Alt+1", _l("Write what the patient says")),
        ("Control+Alt+2", _l("Write what you see and measure")),
        ("Control+Alt+3", _l("Write what you think it is")),
        ("Control+Alt+4", _l("Write what is to be done")),
        ("Control+Alt+F", _l("Find a diagnosis by its name or code")),
        ("Control+Alt+S", _l("Save the draft of the note")),
        ("Control+Alt+G", _l("Go to the button that signs the note")),
        ("Control+Alt+C", _l("Write a message in the chat")),
        ("Control+Alt+M", _l("Turn your microphone off or on")),
        ("Control+Alt+V", _l("Turn your camera off or on")),
        ("Control+Alt+E", _l("Go to the button that ends the visit")),
    ),
)
ALL = (EVERYWHERE, BOARDS, VISIT)
