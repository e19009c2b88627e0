"""What stands at the head of a clinic's mail and papers: both are white, whatever scheme a reader chose for pages."""

from base64 import b64encode
from dataclasses import dataclass
from uuid import UUID

from portal.kernel.colours import OWN


@dataclass(frozen=True, kw_only=True)
class Emblem:
    """A clinic's logo with its bytes (a PNG), and its size as it is shown, in CSS pixels."""

    id: UUID
    content: bytes
    width: int
    height: int

    @property
    def data_url(self) -> str:
        """The picture within a document, which fetches nothing."""
        return f"data:image/png;base64,{b64encode(self.content).decode('ascii')}"


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """Who sends or signs. `colour`: as text on white, and under white text, it can be read."""

    name: str
    country: str
    address: str
    phone: str
    colour: str = OWN
    logo: Emblem | None = None
