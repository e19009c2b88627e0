"""Files that are two things at once, or none, or far too much: refused, or drawn anew until only a picture is left."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from portal.intake import BadPhoto
from portal.intake.rules import make_safe
from portal.kernel.db import Database
from tests.factories.people import People
from tests.intake.test_photos import at_photos, photo_href, upload
from tests.intake.test_safe_photo import LIMIT, picture, with_exif
from tests.support.client import PolicedClient

HARM = b"<script>alert('zoo')</script>"
PDF = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"
# Read by browsers as a picture and as a script: the header's size is "/*", closed behind the picture.
GIF_SCRIPT = b"GIF89a/*" + b"\x00" * 8 + b"*/=1;alert(1)//;"


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG whose header says one size, whatever its data holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def with_profile() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + b"zoo-profile"
    return picture(icc_profile=profile)


def animated(kind: str) -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


HIDING = {
    "a page behind a JPEG": picture() + HARM,
    "a PDF behind a JPEG": picture() + PDF,
    "a page in a JPEG's comment": picture(comment=HARM),
    "a page behind a PNG": picture(kind="PNG") + HARM,
    "where it was taken": with_exif(),
    "a colour profile": with_profile(),
    "four colours for print": picture(mode="CMYK"),
    "a moving PNG": animated("PNG"),
    "a moving WebP": animated("WEBP"),
}


@pytest.mark.parametrize("content", HIDING.values(), ids=HIDING)
def test_what_hides_in_a_picture_is_not_drawn_again(content: bytes) -> None:
    safe = make_safe(content, max_bytes=LIMIT)
    for hidden in (b"script", b"%PDF", b"zoo", b"Exif", b"GPS", b"SecretPhoneMaker", b"ICC_PROFILE", b"acTL", b"ANIM"):
        assert hidden not in safe.content
    with Image.open(BytesIO(safe.content)) as drawn:
        assert (drawn.format, drawn.mode, getattr(drawn, "n_frames", 1)) == ("JPEG", "RGB", 1)
        assert not drawn.getexif() and "icc_profile" not in drawn.info and "comment" not in drawn.info


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "a picture that is a script": (GIF_SCRIPT, "no-image"),
    "a moving GIF": (animated("GIF"), "no-image"),
    "a page with a PNG's first bytes": (b"\x89PNG\r\n\x1a\n<html>" + HARM, "no-image"),
    "a PDF with a JPEG in it": (PDF + picture(), "no-image"),
    "a drawing that may hold scripts": (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "no-image"),
    "entities within entities": (b"<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><svg>&b;</svg>", "no-image"),
    "pixels without end in few bytes": (png(50_000, 50_000, bytes(1_000_000)), "too-many-pixels"),
    "a strip of very many pixels": (png(65_000, 600, bytes(60_000_000)), "no-image"),
    "less data than its size says": (png(1000, 1000, bytes(500)), "no-image"),
    "a line": (picture((4200, 200)), "no-image"),
    "a line that stands": (picture((1, 21), "PNG"), "no-image"),
    "cut off": (picture((400, 300))[:-400], "no-image"),
    "only its beginning": (picture()[:20], "no-image"),
    "a camera's own format": (picture(kind="TIFF"), "no-image"),
    "a bitmap": (picture(kind="BMP"), "no-image"),
    "an icon": (picture(kind="ICO"), "no-image"),
    "30 megabytes": (b"\xff\xd8\xff" + bytes(30_000_000), "too-large"),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_photo_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadPhoto) as refused:
        make_safe(content, max_bytes=LIMIT)
    assert refused.value.why == why


def test_a_panorama_is_a_photo() -> None:
    safe = make_safe(picture((4000, 400)), max_bytes=LIMIT)
    assert (safe.width, safe.height) == (2048, 205)


NAMES = [
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "photo.php",
    "photo.jpg.html",
    "/elm/../../photo.jpg",
    "gpj.\u202eexe.photo",
    "фото\u0000.jpg",
    "x" * 4000 + ".jpg",
    "",
    "<img src=x onerror=alert(1)>.jpg",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_files_name_is_nothing_to_us(client: PolicedClient, people: People, database: Database, name: str) -> None:
    page = upload(client, at_photos(client, people), picture(), name or "x")
    assert "1 photo added" in page.text
    shown = client.get(photo_href(page))
    assert shown.response.headers["Content-Type"] == "image/jpeg"
    assert shown.response.headers["Content-Disposition"] == "inline; filename=photo.jpg"
    assert "sandbox" in shown.response.headers["Content-Security-Policy"]
    for part in (part for part in (name[:40], name[-12:]) if len(part) > 8):
        assert part not in page.html
