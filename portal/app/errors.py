"""Error pages: what happened, what to do, nothing lost. The same bytes for missing and for another's."""

import logging

from flask import Flask, Response, g, make_response, request
from flask_wtf.csrf import CSRFError
from jinja2 import StrictUndefined
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError
from werkzeug.exceptions import NotFound as PageNotFound

from portal.kernel.errors import NotFound
from portal.web.limits import has_files
from portal.web.origin import ForeignPage, is_from_our_page
from portal.web.pages import endpoint_code, render

__all__ = ["StrictUndefined", "install"]

log = logging.getLogger("portal.web")


def install(app: Flask) -> None:
    """Answer every failure with a page in the reader's language."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, _missing)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(SecurityError, _elsewhere)
    app.register_error_handler(ForeignPage, _foreign)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _broken)


def _typed() -> list[tuple[str, str]]:
    """What the form held, to be sent again: never a token, a key or a code, and nothing that a foreign page sent."""
    if request.method != "POST" or (request.content_length or 0) > 200_000 or not is_from_our_page():
        return []
    hidden = {
        "csrf_token",
        "idempotency_key",
        "password",
        "new_password",
        "code",
        "step_up_code",
        "passkey",
        "step_up_passkey",
    }
    return [(name, value) for name, values in request.form.lists() if name not in hidden for value in values]


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None:
        return make_response(error.response)
    if code == 401:
        return render("errors/signed_out.html", status=401, typed=_typed())
    known = code if code in {400, 403, 404, 405, 409, 429, 503} else 500 if code >= 500 else 400
    response = render(f"errors/{known}.html", status=code, typed=_typed())
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _too_large(error: RequestEntityTooLarge) -> Response:
    """Nothing of it was read, so that nothing can be offered again."""
    return render("errors/413.html" if has_files() else "errors/413_words.html", status=413)


def _elsewhere(error: SecurityError) -> Response:
    """A host that is not ours: no page of ours, since its links would lead there."""
    return Response("This is not an address of the portal.\n", 400, mimetype="text/plain")


def _missing(error: NotFound) -> Response:
    return _http(PageNotFound())


def _expired(error: CSRFError) -> Response:
    return render("errors/csrf.html", status=400, typed=_typed())


def _foreign(error: ForeignPage) -> Response:
    return render("errors/foreign.html", status=403)


def _busy(error: OperationalError) -> Response:
    log.error("database unavailable in %s", endpoint_code(), exc_info=error)
    g.pop("db", None)
    response = render("errors/503.html", status=503, typed=_typed())
    response.headers["Retry-After"] = "5"
    return response


def _broken(error: Exception) -> Response:
    log.error("unexpected failure in %s", endpoint_code(), exc_info=error)
    return render("errors/500.html", status=500)
