"""The agreed terms of `locales/glossary`, as tables that a test can read.

Columns: the English terms, the agreed words, a note, and "Also": stems and variants that grammar or a good sentence
asks for. A translation uses a term when it holds one of the agreed words or of the variants. "—" in "Also": the
English word means many things, and the row only advises.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

GLOSSARY = Path(__file__).resolve().parents[2] / "locales" / "glossary"
ADVICE = "—"
BRACKETS = re.compile(r"\([^)]*\)|（[^）]*）")
SEPARATORS = re.compile(r"[,;،、；]")
#: Where an English word means another thing than the glossary's.
OTHER_MEANINGS = (
    *("sign language", "sign of", "signs of", "letters or signs", "decimal sign", "equals sign"),
    *("sign you in", "sign it out", "signs in", "switching signs", "sign the review off", "sign up"),
    *("does the bar move", "move each to somebody else"),
    *("there is a problem", "technical problems"),
    *("answers have arrived", "whether it arrived"),
    *("country code", "with this code", "area code"),
    *("link your sign-in", "to link it", "links it", "link them"),
    *("plan for", "keep a note", "claim that lists", "clear the filter", "something not clear", "go on to"),
    *("free of charge", "what the provider calls"),
)
NOT_WORDS = re.compile(r"%\(\w+\)[sd]|<[^>]*>")


@dataclass(frozen=True, slots=True)
class Term:
    """One row: any of the English terms asks for any of the accepted words."""

    english: tuple[str, ...]
    accepted: tuple[str, ...]
    advice: bool = False


def plain(text: str) -> str:
    """Letters as they are compared: no capitals, no vowel signs of Arabic, one kind of apostrophe, dash and space."""
    folded = unicodedata.normalize("NFC", NOT_WORDS.sub(" ", text)).casefold().replace("’", "'").replace("ʼ", "'")
    bare = "".join(letter for letter in folded if not "\u064b" <= letter <= "\u0652" and letter not in "\u2066\u2069")
    return " ".join(bare.replace("\u2011", "-").split())


def words_of(cell: str) -> tuple[str, ...]:
    """The terms of a cell, without what explains them in brackets."""
    parts = (plain(part) for part in SEPARATORS.split(BRACKETS.sub("", cell)))
    return tuple(part for part in parts if part)


def read_table(text: str) -> Iterator[Term]:
    """The terms of a glossary's table."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells or cells[0] in ("English", "---") or set(cells[0]) == {"-"}:
            continue
        english, agreed, _note, also = cells
        if also == ADVICE:
            yield Term(words_of(english), (), advice=True)
        else:
            yield Term(words_of(english), (*words_of(agreed), *words_of(also)))


@lru_cache
def glossary(language: str) -> tuple[Term, ...]:
    """The agreed terms of a language."""
    return tuple(read_table((GLOSSARY / f"{language}.md").read_text()))


def terms_in(english: str, terms: Iterable[Term]) -> Iterator[tuple[str, Term]]:
    """Which terms a text holds; where one is part of another ("emergency", "emergency number"), the longer one."""
    rest = re.sub("|".join(OTHER_MEANINGS), "·", plain(english))
    by_word = sorted(((word, term) for term in terms for word in term.english), key=lambda pair: -len(pair[0]))
    for word, term in by_word:
        rest, found = re.subn(rf"(?<![\w-]){re.escape(word)}(?:e?s)?(?![\w-])", "·", rest)
        if found and not term.advice:
            yield word, term


def missing_terms(english: str, translated: str, terms: Iterable[Term]) -> list[str]:
    """The terms of the English text for which the translation holds none of the agreed words."""
    shown = plain(translated)
    return [word for word, term in terms_in(english, terms) if not any(stem in shown for stem in term.accepted)]
