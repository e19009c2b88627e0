"""Pure decisions of consent: what a document is, which text a reader gets, and the bytes that a signature is about.

A document's texts are {language: {"title": str, "body": [block]}}, a block {"heading": str}, {"text": str} or
{"items": [str]}. Nothing in them is a template.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.kernel.locale import ReaderLocale

Block = Mapping[str, Any]
Texts = Mapping[str, Mapping[str, Any]]

LONGEST_NAME = 120


class UnreadableDocument(ValueError):
    """Texts of a document do not have the shape above; the message is the path at fault."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A document as one reader gets it. `sha256` (hex) is over `canonical_text`, UTF-8."""

    kind: str
    version: int
    language: str
    title: str
    body: Sequence[Block]
    sha256: str

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl", of the language that the text is in."""
        return ReaderLocale(self.language, "UTC").direction


def check_texts(texts: Any) -> None:
    """Raise UnreadableDocument when a document's texts could not be shown."""
    if not isinstance(texts, Mapping) or not texts:
        raise UnreadableDocument("texts")
    for language, text in texts.items():
        if not isinstance(text, Mapping) or not isinstance(text.get("title"), str) or not text["title"].strip():
            raise UnreadableDocument(f"texts.{language}.title")
        body = text.get("body")
        if not isinstance(body, list) or not body:
            raise UnreadableDocument(f"texts.{language}.body")
        for number, block in enumerate(body):
            if not _is_block(block):
                raise UnreadableDocument(f"texts.{language}.body[{number}]")


def _is_block(block: Any) -> bool:
    if not isinstance(block, Mapping) or len(block) != 1:
        return False
    ((kind, value),) = block.items()
    if kind in {"heading", "text"}:
        return isinstance(value, str) and bool(value.strip())
    return kind == "items" and isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def canonical_text(*, kind: str, version: int, language: str, title: str, body: Sequence[Block]) -> str:
    """All that was shown, as one plain text: the same words always give the same bytes."""
    lines = [f"{kind} {version} {language}", title]
    for block in body:
        ((shape, value),) = block.items()
        if shape == "items":
            lines.extend(f"- {item}" for item in value)
        else:
            lines.append(f"# {value}" if shape == "heading" else value)
    return "\n\n".join(lines) + "\n"


def digest(text: str) -> str:
    """SHA-256 (hex) of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def reading_of(*, kind: str, version: int, texts: Texts, language: str) -> Reading:
    """The document in the reader's language; in English, then in any, where that is missing."""
    chosen = next(code for code in (language, "en", *texts) if code in texts)
    title, body = str(texts[chosen]["title"]), list(texts[chosen]["body"])
    text = canonical_text(kind=kind, version=version, language=chosen, title=title, body=body)
    return Reading(kind=kind, version=version, language=chosen, title=title, body=body, sha256=digest(text))
