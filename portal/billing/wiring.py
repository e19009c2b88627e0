"""Where app puts what billing's routes need of the outside."""

from dataclasses import dataclass

from portal.billing.ports import CardGateway


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The card gateway, and the address by which browsers find this portal (no slash at its end)."""

    gateway: CardGateway
    public_url: str


_wired: list[Wiring] = []


def wire(*, gateway: CardGateway, public_url: str) -> None:
    """Called once by app in each process; later calls replace it."""
    _wired[:] = [Wiring(gateway=gateway, public_url=public_url.rstrip("/"))]


def wired() -> Wiring:
    """What app wired."""
    if not _wired:
        raise LookupError("no card gateway is wired")
    return _wired[0]
