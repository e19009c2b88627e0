"""A logo made small and safe: drawn anew as a PNG of few colours, without whatever else the file held.

An SVG is refused with all that is no PNG or JPEG: it is a document that may run scripts and fetch.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

FORMATS = ("PNG", "JPEG")
MAX_BYTES = 2_000_000
MAX_PIXELS = 20_000_000
#: What a page can afford: it is fetched once and kept for a year.
LARGEST = 4096
#: Twice the size at which it is shown, for fine screens; smaller where it would weigh too much.
WIDEST, HEIGHTS = 400, (80, 64, 48)
COLOURS = (64, 24, 8)


class BadLogo(ValueError):
    """The file is no PNG or JPEG that can be read, or its picture cannot be made small enough."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A PNG of our own making."""

    content: bytes
    width: int
    height: int


def draw_logo(content: bytes) -> Drawn:
    """Check and draw anew, at most 4 KB; raises BadLogo."""
    if not 0 < len(content) <= MAX_BYTES:
        raise BadLogo
    try:
        with warnings.catch_warnings():
            # Our own limit is lower than the one that Pillow warns of, and checked before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise BadLogo
                # Whole to its end, also in a process in which WeasyPrint has told Pillow to take what is cut off.
                picture.verify()
            with Image.open(BytesIO(content), formats=FORMATS) as picture:
                return _smallest(picture.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise BadLogo from error


def _smallest(picture: Image.Image) -> Drawn:
    """The largest drawing that is light enough."""
    for height in HEIGHTS:
        small = picture.copy()
        small.thumbnail((WIDEST, height), Image.Resampling.LANCZOS)
        # A new image, so that nothing of the old one's metadata comes along.
        clean = Image.new("RGBA", small.size)
        clean.paste(small)
        for colours in COLOURS:
            out = BytesIO()
            clean.quantize(colours, method=Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
            if out.tell() <= LARGEST:
                return Drawn(content=out.getvalue(), width=clean.width, height=clean.height)
    raise BadLogo
