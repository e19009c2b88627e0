"""The rules of a catalog. Each takes a catalog and what it must have, and gives the faults that it finds."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator

from babel.messages.catalog import Catalog
from babel.messages.plurals import get_plural

from tests.translations.catalogs import Key, every_message, forms, key, sources

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
TAG = re.compile(r"<[^>]*>")
SCRIPT = {"ar": "ARABIC", "hi": "DEVANAGARI", "bn": "BENGALI", "zh": "CJK"}
#: Signs that count as letters and belong to no script: ordinals, and the modifier of Haitian and Swahili.
NO_SCRIPT = {"MODIFIER", "FEMININE", "MASCULINE", "FULLWIDTH", "MICRO"}
Rule = Callable[[Catalog, Collection[Key]], Iterator[object]]


def missing(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A text that readers meet, without a translation or without one of its plural forms."""
    known = {key(message): forms(message) for message in every_message(catalog)}
    for one in wanted:
        if not all(known.get(one, [""])):
            yield one
    for message in every_message(catalog):
        if any(forms(message)) and not all(forms(message)):
            yield key(message)


def unused(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A text that the code has no more, also when it is commented out."""
    for message in every_message(catalog):
        if key(message) not in wanted:
            yield key(message)
    yield from catalog.obsolete


def fuzzy(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A guess of a tool, which nobody has read."""
    for message in every_message(catalog):
        if message.fuzzy:
            yield key(message)


def plural_forms(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A head that says another number of forms than the language has: the reader would drop or invent some."""
    said, rule = catalog.num_plurals, get_plural(catalog.locale_identifier)
    if said != rule.num_plurals:
        yield said, rule.num_plurals


def broken_placeholders(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A placeholder that is lost, made up or misspelt, or a text that cannot be filled in at all."""
    for message in every_message(catalog):
        marks = {mark for source in sources(message) for mark in PLACEHOLDER.findall(source)}
        values = dict.fromkeys(re.findall(r"%\((\w+)\)", " ".join(sources(message))), 1)
        for text in filter(None, forms(message)):
            own = set(PLACEHOLDER.findall(text))
            # A plural form may leave the number out: "one person".
            if own - marks or marks - own - ({"%(num)s"} if len(sources(message)) > 1 else set()):
                yield key(message), text
            elif marks:
                try:
                    _ = text % values
                except (KeyError, TypeError, ValueError):
                    yield key(message), text


def lost_tags(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A tag that is not as in the source, whole: a link keeps where it goes."""
    for message in every_message(catalog):
        tags = sorted(TAG.findall(sources(message)[-1]))
        for text in filter(None, forms(message)):
            if sorted(TAG.findall(text)) != tags:
                yield key(message), text


def edges(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A space or a line's end before or after the text that the source has not."""
    for message in every_message(catalog):
        for text in filter(None, forms(message)):
            if text != text.strip() and sources(message)[0] == sources(message)[0].strip():
                yield key(message), text


def _letters(text: str) -> Iterator[tuple[str, str]]:
    """The letters of a text, each with its script."""
    for letter in TAG.sub("", PLACEHOLDER.sub("", text)):
        if letter.isalpha():
            yield letter, unicodedata.name(letter, "?").split()[0].split("-")[0]


def foreign_letters(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A letter that neither the language nor a name in Latin letters has."""
    allowed = {"LATIN", SCRIPT.get(str(catalog.locale), "LATIN")} | NO_SCRIPT
    for message in every_message(catalog):
        for text in forms(message):
            if strange := {letter for letter, script in _letters(text) if script not in allowed}:
                yield key(message), text, strange


def own_script(catalog: Catalog, wanted: Collection[Key]) -> Iterator[object]:
    """A sentence left in Latin letters, in a language of another script; it may name many things in them."""
    script = SCRIPT.get(str(catalog.locale))
    for message in every_message(catalog):
        for text in forms(message) if script else []:
            scripts = [one for _letter, one in _letters(text)]
            if len(scripts) > 12 and scripts.count(str(script)) < len(scripts) / 3:
                yield key(message), text


RULES: tuple[Rule, ...] = (
    missing,
    unused,
    fuzzy,
    plural_forms,
    broken_placeholders,
    lost_tags,
    edges,
    foreign_letters,
    own_script,
)
