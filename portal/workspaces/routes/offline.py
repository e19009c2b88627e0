"""The clinic on a patient's home screen: the manifest, the service worker, and the page that is kept for no connection.

The first two are the same for everybody and may be kept by a browser for a day.
"""

import json
from typing import Any

from flask import Response, current_app, g, make_response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.http import http_date

from portal.kernel.locale import LANGUAGES, ReaderLocale, current_locale
from portal.scheduling import Appointment
from portal.web.access import clinic, db, now, principal, public, requires
from portal.web.assets import Assets
from portal.web.headers import public_file
from portal.web.pages import found, render
from portal.workspaces.access import Permission
from portal.workspaces.offline import ICONS, kept_page, mark
from portal.workspaces.offline import manifest as manifest_of
from portal.workspaces.routes import home as blueprint

DAY = 86_400


@blueprint.app_context_processor
def _offline() -> dict[str, object]:
    """For pages of a patient that know which visit is next."""
    return {"kept_address": _kept_address}


def _kept_address(seen: Appointment | None) -> str | None:
    """Where the kept page is; its query only says whether it is still the same. None: nothing is kept for staff."""
    who = principal()
    if not who.has(Permission.HOME_KEEP) or who.is_staff:
        return None
    return url_for("home.offline", seen=mark(who.session_id, current_locale(), seen))


@blueprint.get("/offline")
@requires(Permission.HOME_KEEP, purpose="offline")
def offline() -> ResponseReturnValue:
    """The time of the next visit and the clinic's number; no name, no kind of visit, nothing of health."""
    ends_at = found(None if principal().is_staff else g.signed_in.ends_at)
    page = kept_page(db(), session_ends=ends_at, now=now())
    response = render("home/offline.html", appointment=page.appointment, looked_at=now())
    response.headers["Expires"] = http_date(page.until)
    return response


@blueprint.get("/manifest.webmanifest")
@public("A clinic's name, colours and icons; fetched without a cookie")
def manifest() -> ResponseReturnValue:
    """In the language of ?language=, else the clinic's; `lang` would be taken for the reader's choice."""
    asked = request.args.get("language", "")
    place = clinic()
    locale = ReaderLocale(asked if asked in LANGUAGES else place.default_language, place.zone)
    icons = {path: _assets().url(path) for path, _sizes, _purpose in ICONS}
    said = manifest_of(place, locale, start=url_for("home.start"), icon_url=icons)
    return _for_a_day(json.dumps(said, ensure_ascii=False), "application/manifest+json")


@blueprint.get("/worker.js")
@public("The portal's own service worker; from here, so that it serves this clinic's pages only")
def worker() -> ResponseReturnValue:
    """The service worker."""
    return _for_a_day(_assets().get("js/worker.js").body, "text/javascript; charset=utf-8")


def _for_a_day(body: Any, content_type: str) -> Response:
    return public_file(make_response(body, {"Content-Type": content_type}), seconds=DAY)


def _assets() -> Assets:
    assets = current_app.jinja_env.globals["assets"]
    assert isinstance(assets, Assets)
    return assets
