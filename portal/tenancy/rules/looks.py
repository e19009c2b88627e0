"""How a clinic looks: its name, colours and corners. Whether a colour can be read, the kernel knows."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from portal.kernel.colours import DARK, LIGHT, OWN, Fault, faults, nearest

LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Look:
    """What an administrator says. `dark`: the colour in the dark scheme; None: the nearest that can be read."""

    name: str
    colour: str = OWN
    dark: str | None = None
    corner: str = "soft"

    def faults(self) -> list[Fault]:
        """Where its colours cannot be read. Shades that we choose ourselves always can."""
        return faults(self.colour, LIGHT) + (faults(self.dark, DARK) if self.dark else [])

    def nearest(self) -> "Look":
        """The same with colours that can be read."""
        return replace(self, colour=nearest(self.colour, LIGHT), dark=nearest(self.dark, DARK) if self.dark else None)


@dataclass(frozen=True, kw_only=True)
class LogoPlace:
    """A logo that is stored, and its size as it is shown, in CSS pixels."""

    id: UUID
    width: int
    height: int


def brand_of(look: Look, *, version: int, logo: LogoPlace | None) -> dict[str, str]:
    """As the directory keeps it, for every page to read."""
    said = {"version": str(version), "colour": look.colour, "dark": look.dark or "", "corner": look.corner}
    if logo is None:
        return said
    return said | {"logo": str(logo.id), "logo_width": str(logo.width), "logo_height": str(logo.height)}


def look_in(name: str, brand: dict[str, Any]) -> Look:
    """What is in force, from the directory."""
    kept = {key: brand[key] for key in ("colour", "corner") if brand.get(key)}
    return Look(name=name, dark=brand.get("dark") or None, **kept)


def logo_in(brand: dict[str, Any]) -> LogoPlace | None:
    """The logo in force, from the directory."""
    if not brand.get("logo"):
        return None
    return LogoPlace(id=UUID(brand["logo"]), width=int(brand["logo_width"]), height=int(brand["logo_height"]))
