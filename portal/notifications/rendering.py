"""From a template and its values to what the recipient reads, in their language and zone. Framework-free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.kernel import locale as words
from portal.kernel.speaking import speak
from portal.notifications.ports import InlinePicture
from portal.notifications.templates import Template
from portal.tenancy import Emblem, Letterhead

TEMPLATES_DIR = Path(__file__).resolve().parents[2] / "templates"
PAGE = "emails/notifications/message"
#: CLDR's unbreakable spaces. One of them takes a text message out of GSM 7-bit: 70 characters a part in place of 160.
_PLAIN_SPACES = str.maketrans("\u00a0\u202f", "  ")


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A message in words. For an SMS, `text` only."""

    text: str
    language: str
    subject: str = ""
    html: str | None = None
    picture: InlinePicture | None = None


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
    speak(environment)
    return environment


def render_sms(template: Template, *, values: Mapping[str, str], language: str, zone: str, clinic: str) -> Rendered:
    """The text message."""
    with words.use_locale(language, zone) as locale:
        text = template.sms(_readable(values, clinic)).translate(_PLAIN_SPACES)
        return Rendered(text=text, language=locale.language)


def render_email(
    template: Template, *, values: Mapping[str, str], language: str, zone: str, clinic: Letterhead
) -> Rendered:
    """The mail: subject, plain text and HTML that say the same. The HTML is the clinic's paper, with its logo."""
    picture = _picture(clinic.logo) if clinic.logo else None
    with words.use_locale(language, zone) as locale:
        shown = _readable(values, clinic.name)
        context: dict[str, Any] = {
            "locale": locale,
            "clinic": clinic,
            "picture": picture,
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
            picture=picture,
            language=locale.language,
        )


def _picture(logo: Emblem) -> InlinePicture:
    return InlinePicture(content_id=f"{logo.id}@logo.invalid", content=logo.content)


def _readable(values: Mapping[str, str], clinic: str) -> dict[str, str]:
    """The values as the recipient reads them: instants in their zone, a phone number with its plus sign in front."""
    shown = dict(values)
    for name, value in values.items():
        if name.endswith("_at"):
            shown[name] = words.format_datetime(datetime.fromisoformat(value))
        elif name == "phone":
            shown[name] = words.left_to_right(value)
    return {**shown, "clinic": clinic}
