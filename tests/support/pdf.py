"""What a PDF is for whoever does not see it, and what its glyphs are: read from the file's own objects.

Text that is copied cannot tell a drawn character from an empty box, and pages cannot tell in which order they are read.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from fontTools.pens.boundsPen import ControlBoundsPen
from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import ContentStream

INVISIBLE = set("\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\u061c")


@dataclass(frozen=True)
class Glyph:
    """A glyph that a page draws."""

    face: str
    number: int
    text: str
    is_drawn: bool


@dataclass
class Element:
    """A part of the structure tree: H1, P, TH …; with what is drawn of it, in the order of the tree.

    `headers`: the ids of the cells that say what a cell of a table is.
    """

    kind: str
    text: str = ""
    says: str | None = None
    language: str = ""
    id: str = ""
    headers: tuple[str, ...] = ()
    alt: str = ""
    parts: "list[Element]" = field(default_factory=list)

    def walk(self) -> "Iterator[Element]":
        yield self
        for part in self.parts:
            yield from part.walk()

    def words(self) -> str:
        """All that is read of it, line after line."""
        return self.says if self.says is not None else self.text + "".join(part.words() for part in self.parts)


class Face:
    """A font of a page: its embedded file, and which text each of its glyphs stands for."""

    def __init__(self, font: Any) -> None:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        (file,) = (descriptor[key] for key in ("/FontFile2", "/FontFile3") if key in descriptor)
        self.name = str(font["/BaseFont"]).removeprefix("/")
        self._file = TTFont(BytesIO(file.get_object().get_data()))
        self._glyphs = self._file.getGlyphSet()
        self._texts = _texts(font["/ToUnicode"].get_object().get_data().decode("ascii"))

    def glyph(self, number: int) -> Glyph:
        text = self._texts.get(number, "")
        return Glyph(self.name, number, text, self._is_drawn(number, text))

    def _is_drawn(self, number: int, text: str) -> bool:
        if number == 0 or number >= self._file["maxp"].numGlyphs:
            return False
        if not text.strip() or set(text) <= INVISIBLE:
            return True
        pen = ControlBoundsPen(self._glyphs)
        self._glyphs[self._file.getGlyphName(number)].draw(pen)
        return pen.bounds is not None


def faces_of(content: bytes) -> dict[str, str]:
    """What `pdffonts` says: a face's name, without the mark of its subset, and whether it is embedded, a subset, and
    can be read back ("yes yes yes").
    """
    done = subprocess.run(["pdffonts", "-"], input=content, check=True, capture_output=True)
    lines = [line.split() for line in done.stdout.decode().splitlines()[2:]]
    return {line[0].partition("+")[2]: " ".join(line[-5:-2]) for line in lines}


def glyphs_of(content: bytes) -> list[Glyph]:
    """Everything that is drawn, page by page."""
    return [glyph for page in PdfReader(BytesIO(content)).pages for _, glyph in _drawn(page)]


def tree_of(content: bytes) -> Element:
    """The structure tree as a screen reader walks it."""
    reader = PdfReader(BytesIO(content))
    texts: dict[tuple[int, int], str] = {}
    for page in reader.pages:
        for mark, glyph in _drawn(page):
            if mark is not None:
                key = (page.indirect_reference.idnum, mark)
                texts[key] = texts.get(key, "") + glyph.text
    root = reader.root_object["/StructTreeRoot"]
    return Element("Root", parts=[_element(kid.get_object(), texts) for kid in _kids(root)])


def _element(node: Any, texts: dict[tuple[int, int], str]) -> Element:
    made = Element(str(node["/S"]).removeprefix("/"), language=str(node.get("/Lang", "")))
    made.says = str(node["/ActualText"]) if "/ActualText" in node else None
    made.id, made.alt = str(node.get("/ID", "")), str(node.get("/Alt", ""))
    made.headers = tuple(str(one) for one in node.get("/A", {}).get("/Headers", ()))
    page = node.raw_get("/Pg").idnum if "/Pg" in node else 0
    for kid in _kids(node):
        one = kid.get_object()
        if isinstance(one, int):
            made.parts.append(Element("", text=texts.get((page, one), "")))
        elif "/MCID" in one:
            at = one.raw_get("/Pg").idnum if "/Pg" in one else page
            made.parts.append(Element("", text=texts.get((at, one["/MCID"]), "")))
        elif "/S" in one:
            made.parts.append(_element(one, texts))
    return made


def _kids(node: Any) -> list[Any]:
    kids = node.get("/K", [])
    return list(kids) if isinstance(kids, list) else [kids]


def _drawn(page: Any) -> Iterator[tuple[int | None, Glyph]]:
    """Each glyph with the mark (MCID) that it stands in; None outside of all, as the page's number is."""
    fonts = {name: Face(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    marks: list[int | None] = []
    face = None
    for operands, operator in ContentStream(page["/Contents"], page.pdf).operations:
        if operator == b"Tf":
            face = fonts[operands[0]]
        elif operator in (b"BDC", b"BMC"):
            given = operands[1] if operator == b"BDC" else {}
            marks.append(given.get("/MCID") if hasattr(given, "get") else None)
        elif operator == b"EMC":
            marks.pop()
        elif operator in (b"Tj", b"TJ"):
            shown = operands[0] if operator == b"TJ" else operands
            for number in (n for piece in shown for n in _numbers(piece)):
                assert face is not None
                yield next((mark for mark in reversed(marks) if mark is not None), None), face.glyph(number)


def _numbers(piece: Any) -> list[int]:
    if not hasattr(piece, "original_bytes"):
        return []
    raw = piece.original_bytes
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]


def _texts(cmap: str) -> dict[int, str]:
    """WeasyPrint's ToUnicode: lines of <glyph> <UTF-16>, after the one that says which codes there may be."""
    pairs = re.findall(r"^<(\w{4})> <(\w*)>$", cmap.partition("beginbfchar")[2], re.MULTILINE)
    return {int(glyph, 16): bytes.fromhex(text).decode("utf-16-be") for glyph, text in pairs}
