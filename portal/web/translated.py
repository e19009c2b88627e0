"""Clinic-written texts in a form: one field for each language that patients read, the English one first.

A form says `@in_each_language("about", TextAreaField, _l("Description"), longest=400)`; its fields are `about_en` and
so on, `texts_of` reads them as a table stores them, `stored_texts` is the way back. Pages show them by
`ui.translated(translated_field(form, "about"))`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from babel.support import LazyProxy
from wtforms import Field, Form
from wtforms.validators import InputRequired, Length, Optional

from portal.kernel.locale import LANGUAGES, ReaderLocale, gettext, language_name

F = TypeVar("F", bound=type[Form])


def in_each_language(
    prefix: str, kind: Callable[..., Any], label: Any, *, longest: int, required: bool = False
) -> Callable[[F], F]:
    """Give a form the fields `<prefix>_<language>`. `required`: the English text, to which patients fall back."""

    def give(form: F) -> F:
        for code in LANGUAGES:
            first = InputRequired() if required and code == "en" else Optional()
            direction = ReaderLocale(code, "UTC").direction
            asked = kind(
                LazyProxy(_label, label, code, enable_cache=False),
                [first, Length(max=longest)],
                render_kw={"lang": code, "dir": direction},
            )
            setattr(form, f"{prefix}_{code}", asked)
        return form

    return give


def _label(label: Any, code: str) -> str:
    return gettext("%(what)s, in %(language)s", what=str(label), language=language_name(code))


def texts_of(form: Form, prefix: str) -> dict[str, str]:
    """Language → text of what is filled in."""
    texts = {code: (form[f"{prefix}_{code}"].data or "").strip() for code in LANGUAGES}
    return {code: text for code, text in texts.items() if text}


def stored_texts(texts: Mapping[str, str], prefix: str) -> dict[str, str]:
    """What is on file, by the form's field names."""
    return {f"{prefix}_{code}": texts.get(code, "") for code in LANGUAGES}


@dataclass(frozen=True, kw_only=True)
class TranslatedField:
    """A text's fields for the component `translated`: English first. `missing`: names of languages without one."""

    first: Field
    others: list[Field]
    missing: list[str]


def translated_field(form: Form, prefix: str) -> TranslatedField:
    """A text of a form, as its page shows it."""
    first, *others = (form[f"{prefix}_{code}"] for code in LANGUAGES)
    missing = [language_name(code) for code in [*LANGUAGES][1:] if not form[f"{prefix}_{code}"].data]
    return TranslatedField(first=first, others=others, missing=missing)
