"""The words of a note, as they are looked for: whole words, however they are written.

Letters are compared without case and without what is often left out when typing: accents and the tilde (Spanish),
vowel signs, the long stroke and the article (Arabic). Scripts that set no spaces are cut into pairs of characters.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

#: Letters of one sound that are typed either way.
_SAME = str.maketrans(
    {"\u0671": "ا", "ى": "ي", "\u06cc": "ي", "\u06a9": "ك", "ة": "ه", "\u0640": "", "\u200c": "", "\u200d": ""}
)
_LEFT_OUT = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
_ARTICLE = re.compile("^(?:[وبكف]?ال|لل)(?=.{3})")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_AROUND = 60  # characters shown on each side of what was found


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of an excerpt; `found`: a word that was looked for."""

    text: str
    found: bool


def words_in(text: str) -> frozenset[str]:
    """Every word of a text, in the form in which words are compared."""
    return frozenset(word for start, end in _spans(text) for word in _forms(text[start:end], alone=True))


def words_asked(text: str) -> frozenset[str]:
    """What somebody looks for: a note has to hold all of them."""
    return frozenset(word for start, end in _spans(text) for word in _forms(text[start:end], alone=end - start == 1))


def excerpt(text: str, wanted: Collection[str]) -> list[Piece]:
    """The surroundings of the first word that is wanted, in pieces; empty when there is none."""
    hits = [(start, end) for start, end in _spans(text) if not _forms(text[start:end], alone=True).isdisjoint(wanted)]
    if not hits:
        return []
    first, last = _window(text, *hits[0])
    pieces, done = [Piece(text="…", found=False)] if first else [], first
    for start, end in hits:
        if start >= done and end <= last:
            pieces += [Piece(text=text[done:start], found=False), Piece(text=text[start:end], found=True)]
            done = end
    pieces.append(Piece(text=text[done:last] + ("…" if last < len(text) else ""), found=False))
    return [piece for piece in pieces if piece.text]


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    """From a beginning of a word to an end of one, with the word at start:end within."""
    first, last = max(0, start - _AROUND), min(len(text), end + _AROUND)
    if first:
        first = start - len(text[first:start].partition(" ")[2]) if " " in text[first:start] else first
    if last < len(text):
        last = end + len(text[end:last].rpartition(" ")[0]) if " " in text[end:last] else last
    return first, last


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where words begin and end: letters, digits, and the marks that belong to them."""
    start = -1
    for place, one in enumerate(text):
        inside = one.isalnum() or unicodedata.category(one)[0] == "M" or one in "\u0640\u200c\u200d"
        if inside and start < 0:
            start = place
        elif not inside and start >= 0:
            yield start, place
            start = -1
    if start >= 0:
        yield start, len(text)


def _forms(word: str, *, alone: bool) -> frozenset[str]:
    """A word's compared form; of scripts without spaces, its pairs, and single characters where they stand `alone`."""
    plain = _LEFT_OUT.sub("", unicodedata.normalize("NFKD", word).casefold()).translate(_SAME)
    plain = "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in plain)
    plain = unicodedata.normalize("NFC", plain)
    if _UNSPACED.search(plain):
        pairs = {plain[at : at + 2] for at in range(len(plain) - 1)}
        return frozenset(pairs | set(plain) if alone or not pairs else pairs)
    plain = _ARTICLE.sub("", plain)
    # Single letters are lists and initials; a single digit may be a dose.
    return frozenset([plain]) if len(plain) > 1 or plain.isdecimal() else frozenset()
