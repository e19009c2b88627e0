"""Whether a form was sent by a page of ours: asked of the browser, beside the token that the form carries.

A token can leak, through a proxy's log or a page that somebody saved; where a request starts is said by the browser
itself and out of a page's reach. Webhooks are sent by servers, carry a signature, and are left out.
"""

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from werkzeug.exceptions import Forbidden

READING = frozenset({"GET", "HEAD", "OPTIONS"})
#: What `Sec-Fetch-Site` says of another's page. "none" is somebody's own doing, and decided by the origin.
FOREIGN = frozenset({"cross-site", "same-site"})


class ForeignPage(Forbidden):
    """Another site's page sent this, or the browser does not say whose page did."""


def install(app: Flask) -> None:
    """Refuse what is posted from elsewhere, before anything is written or looked up for it."""
    app.before_request(refuse_foreign_page)


def is_from_our_page() -> bool:
    """The request's origin is this address's own. A browser without Origin is asked for its Referer."""
    if request.headers.get("Sec-Fetch-Site") in FOREIGN:
        return False
    stated = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        parts = urlsplit(stated)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc.lower()) == (request.scheme, request.host.lower())


def is_readers_own() -> bool:
    """No other site's page had this asked: a page of ours did, or the reader, by an address, a bookmark or an app.

    A browser that is older than `Sec-Fetch-Site` is asked for its Referer, which it has for pages of ours only.
    """
    said = request.headers.get("Sec-Fetch-Site")
    return said in {"same-origin", "none"} if said else is_from_our_page()


def refuse_foreign_page() -> None:
    """Raise ForeignPage for what a foreign page posts."""
    if request.method in READING or request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    if not getattr(view, "__csrf_exempt__", False) and not is_from_our_page():
        raise ForeignPage
