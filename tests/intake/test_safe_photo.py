"""Photos are drawn anew; what is no photo is refused."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from portal.intake import BadPhoto
from portal.intake.rules import make_safe

LIMIT = 10_000_000


def picture(size: tuple[int, int] = (60, 40), kind: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "red" if mode != "P" else 1).save(out, kind, **options)
    return out.getvalue()


def with_exif(size: tuple[int, int] = (60, 40)) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by a quarter
    exif[0x010F] = "SecretPhoneMaker"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    return picture(size, exif=exif)


def test_metadata_is_gone_and_the_photo_stands_upright() -> None:
    raw = with_exif()
    assert b"SecretPhoneMaker" in raw
    safe = make_safe(raw, max_bytes=LIMIT)
    assert (safe.width, safe.height) == (40, 60)
    assert b"SecretPhoneMaker" not in safe.content
    with Image.open(BytesIO(safe.content)) as drawn:
        assert drawn.format == "JPEG"
        assert not drawn.getexif()


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("WEBP", "RGB"), ("JPEG", "L")]
)
def test_every_kind_that_we_take_becomes_a_jpeg(kind: str, mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (30, 20)).save(out, kind)
    assert make_safe(out.getvalue(), max_bytes=LIMIT).content.startswith(b"\xff\xd8\xff")


def test_a_large_photo_becomes_smaller() -> None:
    safe = make_safe(picture((5000, 2500)), max_bytes=LIMIT)
    assert (safe.width, safe.height) == (2048, 1024)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda: b"", "empty"),
        (lambda: b"%PDF-1.7 not a photo", "no-image"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no-image"),
        (lambda: picture(kind="GIF", mode="P"), "no-image"),
        (lambda: picture((400, 300))[:600], "no-image"),
        (lambda: picture((10_000, 5_000), "PNG", "1"), "too-many-pixels"),
        (lambda: picture((30_000, 30_000), "PNG", "1"), "too-many-pixels"),
        (lambda: b"\xff\xd8\xff" + b"x" * LIMIT, "too-large"),
    ],
    ids=["empty", "pdf", "svg", "gif", "cut-off", "50-megapixels", "bomb", "too-large"],
)
def test_what_is_no_photo_is_refused_with_its_reason(content: Callable[[], bytes], why: str) -> None:
    with pytest.raises(BadPhoto) as refused:
        make_safe(content(), max_bytes=LIMIT)
    assert refused.value.why == why
