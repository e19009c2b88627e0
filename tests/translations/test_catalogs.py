"""Catalogs are complete and whole: nothing missing, nothing left over, placeholders and tags as in the source."""

import re
import unicodedata
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from portal.kernel.locale import LANGUAGES, LOCALES_DIR, STAFF_LANGUAGES
from tests.translations.audience import is_staffs

ROOT = Path(__file__).resolve().parents[2]
TRANSLATED = [code for code in LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
TAG = re.compile(r"</?\w+")
SCRIPT = {"ar": "ARABIC", "hi": "DEVANAGARI", "bn": "BENGALI", "zh": "CJK"}


@lru_cache
def source_texts() -> dict[str, set[str]]:
    """Message id → the files that have it, as the code is now."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
    found: dict[str, set[str]] = {}
    for folder in ("portal", "templates"):
        extracted = extract_from_dir(ROOT / folder, methods, options, keywords=keywords)
        for file, _line, message, _comments, _context in extracted:
            if text := message[0] if isinstance(message, tuple) else message:
                found.setdefault(text, set()).add(f"{folder}/{file}")
    return found


@lru_cache
def texts_in(language: str) -> frozenset[str]:
    """Which texts a language must have: all that patients meet, and staff's where staff's pages are in it."""
    return frozenset(
        text for text, files in source_texts().items() if language in STAFF_LANGUAGES or not all(map(is_staffs, files))
    )


@lru_cache
def catalog(language: str) -> Catalog:
    path = LOCALES_DIR / language / "LC_MESSAGES" / "messages.po"
    return read_po(BytesIO(path.read_bytes()), locale=language)


def messages(language: str) -> list[Message]:
    """What is translated: staff's own texts may be left empty where staff's pages are not in the language."""
    return [message for message in catalog(language) if message.id and any(_texts(message))]


def _texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_is_untranslated(language: str) -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0]: message for message in messages(language)}
    assert sorted(texts_in(language) - set(known)) == []
    assert [text for text, message in known.items() if not all(_texts(message))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over_or_fuzzy(language: str) -> None:
    ids = {message.id if isinstance(message.id, str) else message.id[0]: message for message in messages(language)}
    assert [text for text in ids if text not in source_texts()] == []
    assert [text for text, message in ids.items() if message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_plurals_have_every_form_of_the_language(language: str) -> None:
    wrong = [
        message.id[0]
        for message in messages(language)
        if isinstance(message.id, tuple | list) and len(message.string) != catalog(language).num_plurals
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_and_tags_are_those_of_the_source(language: str) -> None:
    wrong = []
    for message in messages(language):
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = {mark for source in sources for mark in PLACEHOLDER.findall(source)}
        tags = sorted(TAG.findall(sources[-1]))
        for text in _texts(message):
            marks = set(PLACEHOLDER.findall(text))
            # A plural form may leave the number out: "one person".
            if marks - wanted or wanted - marks - {"%(num)s"} or sorted(TAG.findall(text)) != tags:
                wrong.append((sources[0], text))
    assert wrong == []


@pytest.mark.parametrize("language", [code for code in TRANSLATED if code in SCRIPT])
def test_a_translation_is_written_in_its_own_script(language: str) -> None:
    wrong = []
    for message in messages(language):
        for text in _texts(message):
            letters = [letter for letter in PLACEHOLDER.sub("", TAG.sub("", text)) if letter.isalpha()]
            own = [letter for letter in letters if SCRIPT[language] in unicodedata.name(letter, "")]
            # A sentence may name many things in Latin letters.
            if len(letters) > 12 and len(own) < len(letters) / 3:
                wrong.append(text)
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_letter_is_of_another_script(language: str) -> None:
    allowed = {"LATIN", SCRIPT.get(language, "LATIN")}
    wrong = []
    for message in messages(language):
        for text in _texts(message):
            scripts = {unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha()}
            # Signs that count as letters and belong to no script: ordinals, and the modifier of Haitian and Swahili.
            if scripts - allowed - {"MODIFIER", "FEMININE", "MASCULINE", "FULLWIDTH", "MICRO"}:
                wrong.append((text, scripts - allowed))
    assert wrong == []
