"""The registry of messages: each context registers its own texts in its `messages.py`.

A text is a function of the message's values that returns whole sentences through gettext, so that translators see
sentences and a message cannot say what nobody translated. It says the clinic's name and times, never anything of
health. The values hold strings: whatever ends in `_at` is an instant in ISO 8601, and reaches the text as the recipient
reads it, the zone named; `clinic` is added.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Values = Mapping[str, str]
Text = Callable[[Values], str]


@dataclass(frozen=True, kw_only=True)
class Template:
    """One message in its forms. `body`: the mail's paragraphs. `title`: what staff call it.

    `link_text`: what the mail's link to the value `link` says; the SMS writes the address itself where it wants it.
    `code`: the name of a value that the mail shows large.
    """

    name: str
    sms: Text
    subject: Text
    body: Callable[[Values], Sequence[str]]
    link_text: Text | None = None
    code: str | None = None
    title: Callable[[], str] | None = None


class UnknownTemplate(LookupError):
    """No context registered a message of that name."""


_templates: dict[str, Template] = {}


def register_template(template: Template) -> None:
    """Add a message; its name never changes, since queued messages carry it."""
    if template.name in _templates and _templates[template.name] != template:
        raise RuntimeError(f"two messages are called {template.name}")
    _templates[template.name] = template


def template_by_name(name: str) -> Template:
    """A registered message; raises UnknownTemplate."""
    try:
        return _templates[name]
    except KeyError:
        raise UnknownTemplate(name) from None


def template_names() -> list[str]:
    """All messages, for tests that read each in each language."""
    return sorted(_templates)
