"""What the code asks for and what the catalogs have, for the tests of translations.

A text is known by its context ("" for most) and its English words.
"""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from portal.kernel.locale import LANGUAGES, LOCALES_DIR, STAFF_LANGUAGES
from tests.translations.audience import is_staffs

ROOT = Path(__file__).resolve().parents[2]
TRANSLATED = [code for code in LANGUAGES if code != "en"]
#: (context, English text)
Key = tuple[str, str]


@lru_cache
def source_texts() -> dict[Key, set[str]]:
    """Each text → the files that have it, as the code is now."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_pgettext": ((1, "c"), 2)}
    found: dict[Key, set[str]] = {}
    for folder in ("portal", "templates"):
        extracted = extract_from_dir(ROOT / folder, methods, options, keywords=keywords)
        for file, _line, message, _comments, context in extracted:
            if text := message[0] if isinstance(message, tuple) else message:
                found.setdefault((context or "", text), set()).add(f"{folder}/{file}")
    return found


@lru_cache
def texts_in(language: str) -> frozenset[Key]:
    """Which texts a language must have: all that patients meet, and staff's where staff's pages are in it."""
    return frozenset(
        key for key, files in source_texts().items() if language in STAFF_LANGUAGES or not all(map(is_staffs, files))
    )


@lru_cache
def catalog(language: str) -> Catalog:
    """The catalog of a language."""
    return read_catalog((LOCALES_DIR / language / "LC_MESSAGES" / "messages.po").read_bytes(), language)


def read_catalog(text: bytes, language: str) -> Catalog:
    """A catalog from the text of its file."""
    return read_po(BytesIO(text), locale=language, abort_invalid=True)


def every_message(whole: Catalog) -> list[Message]:
    """The messages of a catalog, without its head."""
    return [message for message in whole if message.id]


def messages(language: str) -> list[Message]:
    """What is translated: staff's own texts may be left empty where staff's pages are not in the language."""
    return [message for message in every_message(catalog(language)) if any(forms(message))]


def sources(message: Message) -> list[str]:
    """The English words: one text, or one and many."""
    return [message.id] if isinstance(message.id, str) else list(message.id)


def forms(message: Message) -> list[str]:
    """The translation: one text, or every plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def key(message: Message) -> Key:
    """By what a message is known."""
    return message.context or "", sources(message)[0]
