"""From a template and its values to what the recipient reads, in their language and zone. Framework-free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.kernel import locale as words
from portal.notifications.templates import Template

TEMPLATES_DIR = Path(__file__).resolve().parents[2] / "templates"
PAGE = "emails/notifications/message"


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A message in words. For an SMS, `text` only."""

    text: str
    language: str
    subject: str = ""
    html: str | None = None


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words.speak(environment)
    return environment


def render_sms(template: Template, *, values: Mapping[str, str], language: str, zone: str, clinic: str) -> Rendered:
    """The text message."""
    with words.use_locale(language, zone) as locale:
        return Rendered(text=template.sms(_readable(values, clinic)), language=locale.language)


def render_email(template: Template, *, values: Mapping[str, str], language: str, zone: str, clinic: str) -> Rendered:
    """The mail: subject, plain text and HTML that say the same."""
    with words.use_locale(language, zone) as locale:
        shown = _readable(values, clinic)
        context: dict[str, Any] = {
            "locale": locale,
            "clinic": {"name": clinic},
            "subject": template.subject(shown),
            "paragraphs": list(template.body(shown)),
            "code": shown[template.code] if template.code else None,
            "link": shown.get("link") if template.link_text else None,
            "link_text": template.link_text(shown) if template.link_text else "",
        }
        return Rendered(
            subject=context["subject"],
            text=_environment().get_template(f"{PAGE}.txt").render(context).strip() + "\n",
            html=_environment().get_template(f"{PAGE}.html").render(context),
            language=locale.language,
        )


def _readable(values: Mapping[str, str], clinic: str) -> dict[str, str]:
    """The values as the recipient reads them: instants in their zone, a phone number with its plus sign in front."""
    shown = dict(values)
    for name, value in values.items():
        if name.endswith("_at"):
            shown[name] = words.format_datetime(datetime.fromisoformat(value))
        elif name == "phone":
            shown[name] = words.left_to_right(value)
    return {**shown, "clinic": clinic}
