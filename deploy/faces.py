"""Makes the faces of PDFs anew, from Debian's packages: `python -m deploy.faces FOLDER`, where FOLDER holds what
`apt-get download` brings of PACKAGES.

Owns which faces there are and which characters each keeps; `portal/integrations/pdf/faces/` holds what comes out, so
that no machine needs a package of fonts. The same packages give the same bytes.
"""

import bz2
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

FACES = Path(__file__).resolve().parent.parent / "portal/integrations/pdf/faces"
#: Debian 12's, as `sha256sum` writes them. unicode-data says which characters China's table of 2013 has; nothing of it
#: is kept.
PACKAGES = FACES / "PACKAGES"
NOTO = "usr/share/fonts/truetype/noto"
CJK = "usr/share/fonts/opentype/noto"
UNIHAN = "usr/share/unicode/Unihan_OtherMappings.txt.bz2"
CJK_FAMILY = "Noto Sans CJK SC"


@dataclass(frozen=True, kw_only=True)
class Face:
    """One file: where it comes from, and its characters (None: all)."""

    source: str
    characters: frozenset[int] | None


class UnableToMakeFaces(Exception):
    """A package is missing or is another than the one recorded."""


def main(arguments: list[str]) -> int:
    """Write every face, and the sums of all."""
    packages = Path(arguments[0])
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder)
        for wanted, name in (line.split() for line in PACKAGES.read_text().splitlines()):
            package = packages / name
            if not package.exists() or hashlib.sha256(package.read_bytes()).hexdigest() != wanted:
                raise UnableToMakeFaces(name)
            subprocess.run(["dpkg-deb", "-x", str(package), str(unpacked)], check=True)
        for name, face in _faces(unpacked).items():
            _make(unpacked / face.source, FACES / name, face.characters)
            print(name, (FACES / name).stat().st_size)
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(FACES.glob("*.[ot]tf"))
    ]
    (FACES / "SHA256SUMS").write_text("".join(sums))
    return 0


def _faces(unpacked: Path) -> dict[str, Face]:
    faces = {}
    for weight in ("Regular", "Bold"):
        faces[f"NotoSans-{weight}.ttf"] = Face(
            source=f"{NOTO}/NotoSans-{weight}.ttf", characters=frozenset(_alphabets())
        )
        for script in ("SansArabic", "SansDevanagari", "SansBengali"):
            name = f"Noto{script}-{weight}.ttf"
            faces[name] = Face(source=f"{NOTO}/{name}", characters=None)
    common = frozenset(_gb2312(levels=(1,)) | _punctuation())
    # Names hold rare characters, and are set in regular; bold are headings, the clinic and the service.
    rare = frozenset(common | _gb2312(levels=(2,)) | _table_of_2013(unpacked / UNIHAN))
    faces["NotoSansCJKsc-Regular.otf"] = Face(source=f"{CJK}/NotoSansCJK-Regular.ttc", characters=rare)
    faces["NotoSansCJKsc-Bold.otf"] = Face(source=f"{CJK}/NotoSansCJK-Bold.ttc", characters=common)
    return faces


def _alphabets() -> Iterator[int]:
    """Latin with all its marks (Vietnamese, Haitian, Yoruba), Greek, Cyrillic, punctuation, currencies, arrows."""
    for first, last in ((0x20, 0x58F), (0x1E00, 0x1FFF), (0x2000, 0x22FF), (0x25A0, 0x25FF), (0xFFFD, 0xFFFD)):
        yield from range(first, last + 1)


def _gb2312(*, levels: tuple[int, ...]) -> set[int]:
    """The hanzi of GB 2312-80: level 1 (3,755, by sound) is rows 16 to 55, level 2 (3,008, by radical) 56 to 87."""
    rows = {1: range(16, 56), 2: range(56, 88)}
    return {
        ord(character)
        for level in levels
        for row in rows[level]
        for cell in range(1, 95)
        if (character := bytes([0xA0 + row, 0xA0 + cell]).decode("gb2312", errors="ignore"))
    }


def _table_of_2013(unihan: Path) -> set[int]:
    """China's Table of General Standard Characters (8,105): its third level are those of names and places."""
    lines = bz2.decompress(unihan.read_bytes()).decode().splitlines()
    return {int(found[1], 16) for line in lines if (found := re.match(r"U\+(\w+)\tkTGH\t", line))}


def _punctuation() -> set[int]:
    """CJK's own marks and full-width forms, and what a Chinese line sets as wide as a character: “ ” — …

    Not ’: in a name of Latin letters it is an apostrophe.
    """
    return (
        set(range(0x3000, 0x3030)) | set(range(0xFF01, 0xFF5F)) | {0x20, 0xA0, 0xFFE5} | {ord(mark) for mark in "“”—…"}
    )


def _make(source: Path, target: Path, characters: frozenset[int] | None) -> None:
    options = subset.Options()
    options.hinting = False  # a PDF's reader draws outlines
    options.glyph_names = False
    options.notdef_outline = True
    options.name_IDs = ["*"]  # the licence and the copyright stay inside
    if source.suffix == ".ttc":
        # Each character once: its forms for Japan, Korea and Taiwan would come along, and columns from top to bottom.
        options.layout_features = []
        options.drop_tables += ["vhea", "vmtx", "VORG"]
    else:
        options.layout_features = ["*"]
    face = _of_collection(source) if source.suffix == ".ttc" else TTFont(source)
    face.recalcTimestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters if characters is not None else face.getBestCmap().keys())
    subsetter.subset(face)
    face.save(target)


def _of_collection(source: Path) -> TTFont:
    fonts = TTCollection(source).fonts
    return next(font for font in fonts if CJK_FAMILY in {font["name"].getDebugName(1), font["name"].getDebugName(16)})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
