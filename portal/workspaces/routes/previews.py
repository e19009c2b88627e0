"""See as a patient: any page of patients in any of their languages, with invented people.

It reads and writes nothing of a patient, and nothing on the page acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import LANGUAGES, ReaderLocale, current_locale, use_locale
from portal.kernel.locale import gettext as _
from portal.notifications import render_email, render_sms, template_by_name
from portal.patients.previews import example_patient
from portal.tenancy import letterhead
from portal.web.access import clinic, db, now, requires
from portal.web.pages import found, render
from portal.web.previews import Preview, inert, preview_by_name
from portal.web.previews import previews as all_previews
from portal.workspaces.access import Permission
from portal.workspaces.message_examples import MESSAGES, example_values
from portal.workspaces.routes import blueprint


@dataclass(frozen=True, kw_only=True)
class AsReader:
    """Who reads the page, for its template: a patient or a visitor, never whoever looks at the preview."""

    name: str
    is_signed_in: bool
    is_staff: bool = False
    lock_seconds: int = 0
    ends_soon: bool = False

    def has(self, permission: str) -> bool:
        """Templates of patients ask for nothing that a preview would show."""
        return False


@blueprint.get("/staff/preview")
@requires(Permission.PREVIEW, purpose="preview")
def previews() -> ResponseReturnValue:
    """Which pages there are, and in which language to see them."""
    return render("workspaces/previews.html", previews=all_previews(), language=_language(), languages_all=_all())


@blueprint.get("/staff/preview/messages")
@requires(Permission.PREVIEW, purpose="preview")
def preview_messages() -> ResponseReturnValue:
    """What patients get by SMS and by mail, in the language asked for."""
    language, soon = _language(), now() + timedelta(days=2)
    shown = []
    for name in MESSAGES:
        text: dict[str, Any] = {
            "values": example_values(clinic(), at=soon),
            "language": language,
            "zone": clinic().zone,
        }
        template = template_by_name(name)
        sms = render_sms(template, clinic=clinic().name, **text)
        mail = render_email(template, clinic=letterhead(db()), **text)
        shown.append({"name": name, "sms": sms.text, "subject": mail.subject, "mail": mail.text})
    with use_locale(language, clinic().zone) as locale:
        direction = locale.direction
    return render(
        "workspaces/preview_messages.html",
        messages=shown,
        language=language,
        direction=direction,
        languages_all=_all(),
    )


@blueprint.get("/staff/preview/<name>")
@requires(Permission.PREVIEW, purpose="preview")
def preview(name: str) -> ResponseReturnValue:
    """One page, made by its own template."""
    chosen, language = found(preview_by_name(name)), _language()
    part = request.args.get("preview-part", "")
    with use_locale(language, clinic().zone) as locale:
        parts = chosen.parts()
    with use_locale(language, clinic().zone):
        example = chosen.example(part)
        html = _as_patient(chosen, example, locale) if example is not None else ""
    page: dict[str, Any] = {
        "preview": chosen,
        "language": language,
        "languages_all": _all(),
        "parts": parts,
        "part": part,
        "reader": current_locale(),
    }
    if example is None:
        return render("workspaces/preview_missing.html", **page)
    banner = render_template("workspaces/_preview.html", **page)
    return make_response(inert(html, banner=banner, title=_("Preview:")))


def _as_patient(chosen: Preview, example: Mapping[str, Any], locale: ReaderLocale) -> str:
    around: dict[str, Any] = {
        "locale": locale,
        "current": AsReader(name=example_patient().display_name, is_signed_in=chosen.signed_in),
        "navigation": None,
        "languages": _all(),
    }
    return render_template(chosen.template, **(around | dict(example)))


def _language() -> str:
    """The one asked for, else the reader's own. All twelve, whatever staff's own pages are in."""
    asked = request.args.get("preview-language", "")
    return asked if asked in LANGUAGES else current_locale().language


def _all() -> list[tuple[str, str]]:
    return list(LANGUAGES.items())
