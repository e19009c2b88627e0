"""A photo made safe: what the file is, is found out from its bytes; what is kept, is drawn anew without metadata.

Where a photo was taken stands in its EXIF data, and what else hides in a file does not survive being drawn again.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 40_000_000
# A panorama is up to ten times as wide as high. What is longer is no photo, and would be drawn as a line.
LONGEST_TO_SHORTEST = 20
LONGEST_SIDE = 2048
QUALITY = 85
MEDIA_TYPE = "image/jpeg"


class BadPhoto(ValueError):
    """The file cannot be taken: it is empty, too large, has too many pixels, or is no image that we read."""

    def __init__(self, why: Literal["empty", "too-large", "too-many-pixels", "no-image"]) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class SafePhoto:
    """A JPEG of our own making."""

    content: bytes
    width: int
    height: int
    media_type: str = MEDIA_TYPE


def make_safe(content: bytes, *, max_bytes: int) -> SafePhoto:
    """Check and draw anew, upright and at most 2048 pixels wide or high; raises BadPhoto."""
    if not content:
        raise BadPhoto("empty")
    if len(content) > max_bytes:
        raise BadPhoto("too-large")
    try:
        with warnings.catch_warnings():
            # Pillow only warns below twice its limit; our own limit is lower and checked before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise BadPhoto("too-many-pixels")
                if max(picture.size) > LONGEST_TO_SHORTEST * min(picture.size):
                    raise BadPhoto("no-image")
                return _draw(picture)
    except BadPhoto:
        raise
    except Image.DecompressionBombError as error:
        raise BadPhoto("too-many-pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise BadPhoto("no-image") from error


def _draw(picture: Image.Image) -> SafePhoto:
    # A JPEG can be decoded at a fraction of its size: less memory for what will be made smaller anyway.
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright: Image.Image = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
        clear = upright.convert("RGBA")
        drawn = Image.new("RGB", clear.size, "white")
        drawn.paste(clear, mask=clear.getchannel("A"))
    else:
        # A new image, so that nothing of the old one's metadata comes along.
        drawn = Image.new("RGB", upright.size)
        drawn.paste(upright.convert("RGB"))
    out = BytesIO()
    drawn.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return SafePhoto(content=out.getvalue(), width=drawn.width, height=drawn.height)
