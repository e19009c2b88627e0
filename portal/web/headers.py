"""Headers that every answer carries, errors too: what a browser must not do with it, and that nobody keeps it.

docs/security/headers.md is their table, and a test holds both against the answers themselves.
"""

from collections.abc import Mapping

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import HTTPException

from portal.web.hints import ACCEPT_CH

#: What a page may use of the device. The call's pages ask for camera and microphone with `allow_camera`.
NO_DEVICES = "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()"
CALL_DEVICES = NO_DEVICES.replace("camera=()", "camera=(self)").replace("microphone=()", "microphone=(self)")
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
HSTS = "max-age=31536000; includeSubDomains"

YEAR = 31_536_000

#: Limits of tries are counted over an hour at most.
WAIT_SECONDS = "3600"

ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask, *, socket_sources: tuple[str, ...], https_only: bool) -> None:
    """Set them on every answer. `https_only`: the portal's address is https, and stays so."""
    app.extensions["portal_sockets"] = socket_sources
    app.extensions["portal_https_only"] = https_only
    app.session_interface = _Sessions()
    app.after_request(_headers)


class _Sessions(SecureCookieSessionInterface):
    """Cookies of pages only: a file that is the same for everybody must not vary with them, or is fetched again."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not _is_public_file(response):
            super().save_session(app, session, response)


def allow_camera() -> None:
    """This page may use camera and microphone."""
    g.allow_camera = True


def sandbox() -> None:
    """This answer is a document, not a page of ours: nothing in it may run, load or reach our pages."""
    g.sandboxed = True


def public_file(response: Response, *, seconds: int, immutable: bool = False) -> Response:
    """This answer is the same for everybody who asks, and a browser may keep it for so long.

    `immutable`: its address changes with it.
    """
    g.public_file = True
    response.headers["Cache-Control"] = f"public, max-age={seconds}" + (", immutable" if immutable else "")
    return response


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.update(ALWAYS)
    headers["Content-Security-Policy"] = SANDBOX if g.get("sandboxed") else _page_policy()
    headers["Permissions-Policy"] = CALL_DEVICES if g.get("allow_camera") else NO_DEVICES
    if current_app.extensions["portal_https_only"]:
        headers["Strict-Transport-Security"] = HSTS
    if response.status_code == 429:
        headers.setdefault("Retry-After", WAIT_SECONDS)
    if not _is_public_file(response):
        headers["Cache-Control"] = "no-store"
        headers["Accept-CH"] = ACCEPT_CH
        response.vary.update(("Cookie", "Accept-Language"))
    return response


def _is_public_file(response: Response) -> bool:
    """A file of ours that holds nothing of anybody, found: its absence is an answer like any other."""
    is_one = request.endpoint == "assets.file" or g.get("public_file", False)
    return is_one and response.status_code in {200, 304}


def _page_policy() -> str:
    nonce = g.get("csp_nonce", "")
    sockets = " ".join((*_own_socket(), *current_app.extensions["portal_sockets"]))
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:;"
        f" connect-src 'self' {sockets}; media-src 'self' blob:; form-action 'self'; manifest-src 'self';"
        " worker-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ).replace(" ;", ";")


def _own_socket() -> tuple[str, ...]:
    """'self' does not cover WebSockets in every browser. A host that we do not answer to has none."""
    try:
        return (f"{'wss' if request.is_secure else 'ws'}://{request.host}",)
    except HTTPException:
        return ()
