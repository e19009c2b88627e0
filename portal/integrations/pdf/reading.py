"""What a document says to whoever does not see it: the letters of each line in the order in which they are read, and
the language of those that are not in the document's.

Owns two entries of the structure tree, `ActualText` and `Lang` (ISO 32000-2, 14.9.4 and 14.9.2), which WeasyPrint does
not write. A glyph stands for letters in one way only, and the glyphs of a line are kept from left to right: Arabic is
read backwards from them, and what Devanagari and Bengali join or turn round is read wrong.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pydyf

if TYPE_CHECKING:
    from weasyprint.document import Document
    from weasyprint.formatting_structure.boxes import TextBox

#: What steers the direction of a line and is no letter of it.
_STEERING = dict.fromkeys(map(ord, "\u200e\u200f\u2066\u2067\u2068\u2069"))


def say_how_it_is_read(document: "Document", pdf: pydyf.PDF) -> None:
    """A finisher. The tree's leaves and the boxes of text are made in one order, so that they go in pairs."""
    for leaf, box in zip(_leaves(pdf), _texts(document), strict=True):
        leaf["ActualText"] = pydyf.String(box.text.translate(_STEERING))
        if (language := box.style["lang"]) and language != document.metadata.lang:
            leaf["Lang"] = pydyf.String(language)


def _leaves(pdf: pydyf.PDF) -> Iterator[pydyf.Dictionary]:
    """The elements that hold the number of a mark and nothing else."""
    for one in pdf.objects:
        if isinstance(one, pydyf.Dictionary) and one.get("S") == "/Span":
            kids = one["K"]
            if len(kids) == 1 and isinstance(kids[0], int):
                yield one


def _texts(document: "Document") -> "Iterator[TextBox]":
    from weasyprint.formatting_structure.boxes import TextBox

    for page in document.pages:
        for box in page._page_box.descendants(placeholders=True):
            if isinstance(box, TextBox):
                yield box
