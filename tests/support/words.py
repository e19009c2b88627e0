"""What a text of a page is called in a reader's language: of the catalog, of the standard form, or of a clinic's own.

Journeys name what they look for in English, and go in any language by that.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from portal.kernel.locale import LOCALES_DIR, gettext, pgettext, use_locale
from tests.factories.scheduling import NAMES

FORM = Path(__file__).resolve().parents[2] / "portal" / "intake" / "standard_form.json"


def in_language(language: str, text: str, **values: Any) -> str:
    """The text as readers of the language meet it; as it is where nobody has translated it (a name, a number)."""
    own = _of_clinics().get(text, {})
    if language in own:
        return own[language]
    with use_locale(language, "UTC"):
        context = _contexts(language).get(text)
        return pgettext(context, text, **values) if context else gettext(text, **values)


@cache
def _contexts(language: str) -> dict[str, str]:
    """Texts that are in the catalog with a context alone: the first one."""
    if language == "en":
        return {}
    with (Path(LOCALES_DIR) / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog: Catalog = read_po(file)
    plain = {message.id for message in catalog if message.context is None}
    return {str(one.id): one.context for one in catalog if one.context and one.id not in plain}


@cache
def _of_clinics() -> dict[str, dict[str, str]]:
    """What a clinic of the tests has written itself."""
    form = json.loads(FORM.read_text("utf-8"))
    return {words["en"]: words for words in (NAMES, *_texts(form))}


def _texts(part: Any) -> Iterator[dict[str, str]]:
    if isinstance(part, dict) and isinstance(part.get("en"), str):
        yield part
    elif isinstance(part, dict | list):
        for one in part.values() if isinstance(part, dict) else part:
            yield from _texts(one)
