"""Pages, fragments and answers.

A fragment is a named block of the page's own template, sent when htmx asks the same URL. The headers that every answer
carries are headers.py's.
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask, Response, abort, g, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from jinja2_fragments.flask import render_block

from portal.kernel import locale as words
from portal.kernel.ids import new_id
from portal.kernel.links import LINK_PARAMETER
from portal.kernel.logs import Code
from portal.kernel.speaking import speak
from portal.kernel.spoken import spoken_name
from portal.web.access import now, safe_next, wants_fragment
from portal.web.headers import allow_camera, sandbox
from portal.web.hints import photos_wait, saves_data
from portal.web.locale import spoken
from portal.web.purposes import purpose_of_form
from portal.web.translated import translated_field

__all__ = [
    "Current",
    "allow_camera",
    "document",
    "endpoint_code",
    "found",
    "install",
    "refused",
    "render",
    "see",
    "see_next",
    "unchanged",
    "wants_fragment",
]


#: So long before a session ends in any case its pages say so.
END_WARNING = timedelta(minutes=15)


def render(template: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """The page, or the named block of it when htmx asked. `fragment` None: always the whole page."""
    if fragment and wants_fragment():
        html = render_block(template, fragment, **context)
    else:
        html = render_template(template, **context)
    response = make_response(html, status)
    response.vary.add("HX-Request")
    return response


def refused(template: str, *, fragment: str | None = None, **context: Any) -> Response:
    """The form again, filled in, with what is wrong first; nothing was stored."""
    return render(template, fragment=fragment, status=422, **context)


def see(endpoint: str, *, anchor: str | None = None, **values: Any) -> Response:
    """303 to our own page, by name only. htmx would follow a 303 inside its request, so it is told where to go."""
    target = url_for(endpoint, _anchor=anchor, **values)
    if wants_fragment():
        return make_response("", 204, {"HX-Redirect": target})
    return make_response(redirect(target, 303))


def see_next(asked: str | None, endpoint: str, **values: Any) -> Response:
    """303 to the path that was asked for, if it is one of this clinic; else to our page by name."""
    path = safe_next(asked)
    return make_response(redirect(path, 303)) if path else see(endpoint, **values)


def unchanged() -> Response:
    """A poll found nothing new."""
    return make_response("", 204)


def document(content: bytes, *, media_type: str, filename: str, inline: bool = False) -> Response:
    """A stored document: never rendered inside our pages, never cached."""
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    kind = "inline" if inline else "attachment"
    response.headers.set("Content-Disposition", kind, filename=filename)
    sandbox()
    return response


T = TypeVar("T")


def found(value: T | None) -> T:
    """The value, or 404: missing and another's are the same answer."""
    if value is None:
        abort(404)
    return value


def install(app: Flask) -> None:
    """Template globals."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    speak(app.jinja_env)
    app.jinja_env.globals.update(
        csrf_token=generate_csrf,
        idempotency_key=lambda: str(new_id()),
        format_datetime=words.format_datetime,
        format_date=words.format_date,
        format_time=words.format_time,
        format_clock=words.format_clock,
        format_money=words.format_money,
        price_in_words=words.price_in_words,
        left_to_right=words.left_to_right,
        format_number=words.format_number,
        format_list=words.format_list,
        language_name=words.language_name,
        spoken_name=spoken_name,
        own_text=words.own_text,
        languages_instead=words.languages_instead,
        zone_name=words.zone_name,
        zone_in_words=words.zone_in_words,
        request_endpoint=lambda: request.endpoint,
        same_page_in=_same_page_in,
        own_address=_own_address,
        purpose_of_form=purpose_of_form,
        translated_field=translated_field,
    )
    app.jinja_env.filters["spoken_name"] = spoken_name
    app.context_processor(_context)


def _same_page_in(language: str) -> str:
    """This address in another language; the rest of its query stays, since it may say whose code or which day."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("lang", LINK_PARAMETER)]
    return "?" + urlencode([*kept, ("lang", language)])


def _own_address() -> str:
    """What a form that goes to its own page says where that hangs on a query: w3m would leave the query out.

    Nothing in a fragment: there the request's address is not that of the page which stands in the browser.
    """
    return request.full_path if request.query_string and not wants_fragment() else ""


def _context() -> dict[str, Any]:
    return {
        "locale": words.current_locale(),
        "languages": list(spoken().items()),
        "csp_nonce": g.get("csp_nonce", ""),
        "clinic": g.get("clinic"),
        "current": Current(),
        "saves_data": saves_data(),
        "photos_wait": photos_wait(),
    }


class Current:
    """Who reads the page, for templates: what to show, never what is allowed."""

    @property
    def is_signed_in(self) -> bool:
        return g.get("signed_in") is not None

    @property
    def is_staff(self) -> bool:
        return self.is_signed_in and bool(g.principal.is_staff)

    @property
    def name(self) -> str:
        return str(g.signed_in.name) if self.is_signed_in else ""

    @property
    def lock_seconds(self) -> int:
        return 60 * g.signed_in.lock_minutes if self.is_staff and not g.signed_in.is_locked else 0

    @property
    def ends_at(self) -> datetime | None:
        return g.signed_in.ends_at if self.is_signed_in else None

    @property
    def ends_soon(self) -> bool:
        return self.lock_seconds > 0 and self.ends_at is not None and self.ends_at - now() < END_WARNING

    @property
    def user_id(self) -> UUID | None:
        return g.principal.user_id if self.is_signed_in else None

    def has(self, permission: str) -> bool:
        return self.is_signed_in and bool(g.principal.has(permission))


def endpoint_code() -> Code:
    """The endpoint's name, safe to log."""
    return Code(request.endpoint or "none")
