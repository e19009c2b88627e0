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

from portal.kernel.locale import LANGUAGES, LOCALES_DIR

ROOT = Path(__file__).resolve().parents[2]
TRANSLATED = [code for code in LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
TAG = re.compile(r"</?\w+")
SCRIPT = {"ar": "ARABIC"}


@lru_cache
def source_texts() -> dict[str, str | None]:
    """Message id → plural id (None where there is none), as the code has them now."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
    found: dict[str, str | None] = {}
    for folder in ("portal", "templates"):
        extracted = extract_from_dir(ROOT / folder, methods, options, keywords=keywords)
        for _file, _line, message, _comments, _context in extracted:
            if isinstance(message, tuple):
                found[message[0]] = message[1]
            elif message:
                found.setdefault(message, None)
    return found


@lru_cache
def catalog(language: str) -> Catalog:
    path = LOCALES_DIR / language / "LC_MESSAGES" / "messages.po"
    return read_po(BytesIO(path.read_bytes()), locale=language)


def messages(language: str) -> list[Message]:
    return [message for message in catalog(language) if message.id]


def _texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_is_untranslated(language: str) -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0]: message for message in messages(language)}
    missing = [text for text in source_texts() if text not in known]
    empty = [text for text, message in known.items() if text in source_texts() and not all(_texts(message))]
    assert missing == []
    assert empty == []


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
            if letters and len(letters) > 12 and len(own) < len(letters) / 2:
                wrong.append(text)
    assert wrong == []
