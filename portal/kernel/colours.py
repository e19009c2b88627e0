"""Colours that can be read: contrast as WCAG 2.2 reckons it, and what a clinic's own colour must hold against.

Owns the schemes' surfaces on which that colour stands; a test holds them against the stylesheet, which draws them.
"""

import colorsys
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

#: The portal's own, where a clinic has said nothing.
OWN = "#0b5d66"

_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One of the stylesheet's sets of colours. `on`: text on the clinic's colour; the others lie under it as text."""

    name: str
    on: str
    paper: str
    ground: str
    tint: str
    well: str
    least: float


LIGHT = Scheme(name="light", on="#ffffff", paper="#ffffff", ground="#f2f6f6", tint="#e4f0f0", well="#e3ebec", least=4.5)
DARK = Scheme(name="dark", on="#0f1a1e", paper="#17252a", ground="#0f1a1e", tint="#1c3238", well="#22343a", least=4.5)
#: 7:1 is WCAG's enhanced contrast (1.4.6).
CONTRAST = Scheme(
    name="contrast", on="#ffffff", paper="#ffffff", ground="#ffffff", tint="#eef3f3", well="#eef3f3", least=7
)
DARK_CONTRAST = Scheme(
    name="dark-contrast", on="#000000", paper="#000000", ground="#000000", tint="#10201f", well="#10201f", least=7
)
SCHEMES = (LIGHT, CONTRAST, DARK, DARK_CONTRAST)


@dataclass(frozen=True, slots=True)
class Fault:
    """A use in which a colour cannot be read. `use`: "on" (text on it) or "text" (it is the text)."""

    use: str
    scheme: Scheme
    contrast: float


def colour_of(text: str) -> str | None:
    """#rrggbb in small letters, from what somebody wrote: with or without #, three digits or six."""
    digits = text.strip().lower().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return f"#{digits}" if _COLOUR.fullmatch(f"#{digits}") else None


def brand_colour(brand: Mapping[str, str] | None) -> str | None:
    """The colour that a clinic has said, on white and light surfaces; None where it has none that can be read there."""
    colour = colour_of(str((brand or {}).get("colour", "")))
    return colour if colour and not faults(colour, LIGHT) else None


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of #rrggbb."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faults(colour: str, scheme: Scheme) -> list[Fault]:
    """The uses in which the colour cannot be read, each with the worst contrast that it comes to."""
    surfaces = (scheme.paper, scheme.ground, scheme.tint, scheme.well)
    worst = {
        "on": contrast(colour, scheme.on),
        "text": min(contrast(colour, surface) for surface in surfaces),
    }
    return [Fault(use, scheme, ratio) for use, ratio in worst.items() if ratio < scheme.least]


@lru_cache(maxsize=1024)
def nearest(colour: str, scheme: Scheme) -> str:
    """The same hue as little lighter or darker as it takes to be read; the colour itself where it can be.

    There always is one: black or white at the end of the way, since a scheme's surfaces lie on one side.
    """
    return next(shade for shade in _shades(colour) if not faults(shade, scheme))


def _shades(colour: str) -> Iterator[str]:
    """The colour, then the same hue ever lighter and darker by steps of a 256th."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    yield colour
    for step in range(1, 257):
        for sign in (-1, 1):
            moved = min(1.0, max(0.0, lightness + sign * step / 256))
            yield "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, moved, saturation))


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
