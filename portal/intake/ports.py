"""What intake needs from the outside; app wires it."""

from typing import Protocol


class Scanner(Protocol):
    """Looks for what harms in a file."""

    def scan(self, content: bytes) -> str | None:
        """The name of what was found; None: nothing. Raises PartnerUnavailable, PartnerRefused."""
        ...
