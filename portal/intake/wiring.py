"""Where app puts what the installation says of scanning."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scanning:
    """Whether a scanner is connected, and whether a photo that none has looked at may be opened."""

    on: bool = False
    open_unscanned: bool = False


_wired: list[Scanning] = [Scanning()]


def wire(scanning: Scanning) -> None:
    """Called once by app in each process; later calls replace it."""
    _wired[:] = [scanning]


def scanning() -> Scanning:
    """What app wired; until then nothing is scanned and nothing opens."""
    return _wired[0]
