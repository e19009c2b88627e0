"""Static files under addresses that change with their content, and the compression of pages.

Owns: `/static/<hash>/<path>`, compressed once ahead and cached by browsers for a year; the choice between an inlined
and a linked stylesheet; brotli and gzip of pages on the fly. Does not own what the files hold.

Compression and secrets (BREACH): a page carries a CSRF token and may echo what its reader sent. Flask-WTF's token is
not masked, but signed with the second of its making: the part that is compared is the whole token, most of which is a
signature that changes each second, and the idempotency key is fresh in each form. Repeated guesses therefore never
meet the same secret, and cookies are not part of a body.

What stands in a record is no token and stays the same. A foreign page can have one's browser open an address of ours,
with one's cookie (`SameSite=Lax`) and a guess in its query; the answer holds the guess (search, filter, the way back)
beside the record, and whoever watches the line reads from its length whether they are alike. Such an answer, and no
other, is sent as it is: to somebody who is signed in, for an address with a query, that is not the reader's own doing.
"""

import gzip
import hashlib
import mimetypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import brotli
from flask import Blueprint, Flask, Response, abort, g, request
from markupsafe import Markup
from rcssmin import cssmin
from rjsmin import jsmin

from portal.web import dictionary
from portal.web.access import public
from portal.web.headers import YEAR, sandbox
from portal.web.origin import is_readers_own
from portal.web.schemes import (
    AUTOMATIC,
    CHOICES,
    answered,
    brand_style,
    chosen_scheme,
    preview_style,
    scheme_head,
)

STYLESHEET = "css/portal.css"
SCRIPT = "js/portal.js"
ICON = "icons/favicon.svg"
STAFF_SCRIPT = "js/staff.js"
# One request instead of five: a request costs more than its bytes on a slow link.
BUNDLES: Mapping[str, tuple[str, ...]] = {
    SCRIPT: (
        "vendor/htmx-2.0.4.min.js",
        # A form that connection.js keeps back is not one that submit-once.js should call busy.
        "js/connection.js",
        "js/submit-once.js",
        "js/focus.js",
        "js/offline.js",
    ),
    STAFF_SCRIPT: ("js/lock.js", "js/keys.js"),
}
COOKIE = "css"
COMPRESSIBLE = frozenset({
    "text/html", "text/css", "text/plain", "text/javascript", "application/json", "application/fhir+json",
    "application/manifest+json", "image/svg+xml",
})  # fmt: skip
# Below this a packet is a packet.
WORTH_COMPRESSING = 700


class UnknownAsset(LookupError):
    """A template names a static file that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One static file, ready to send."""

    path: str
    digest: str
    content_type: str
    body: bytes
    brotli: bytes | None
    gzip: bytes | None

    @property
    def url(self) -> str:
        return f"/static/{self.digest}/{self.path}"


class Assets:
    """The static files of one process, in memory. `cache_dir` keeps their compressed forms between starts."""

    def __init__(self, root: Path, cache_dir: Path | None = None) -> None:
        self._root = root
        self._cache_dir = cache_dir
        self._assets = {path: self._load(path, body) for path, body in self._sources()}

    def _sources(self) -> list[tuple[str, bytes]]:
        files = [(file.relative_to(self._root).as_posix(), file) for file in sorted(self._root.rglob("*"))]
        found = [(path, file.read_bytes()) for path, file in files if file.is_file() and file.suffix != ".md"]
        by_path = dict(found)
        css = cssmin(by_path[STYLESHEET].decode("utf-8"))
        by_path |= {sheet_of(choice): answered(css, choice).encode("utf-8") for choice in CHOICES}
        for path, body in found:
            if path.startswith("js/"):
                by_path[path] = jsmin(body)
        for path, parts in BUNDLES.items():
            by_path[path] = b";\n".join(by_path[part].rstrip() for part in parts) + b"\n"
        return list(by_path.items())

    def _load(self, path: str, body: bytes) -> Asset:
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        textual = kind in COMPRESSIBLE
        digest = hashlib.sha256(body).hexdigest()[:12]
        return Asset(
            path=path,
            digest=digest,
            content_type=f"{kind}; charset=utf-8" if textual else kind,
            body=body,
            brotli=self._packed(digest, "br", body) if textual else None,
            gzip=self._packed(digest, "gz", body) if textual else None,
        )

    def _packed(self, digest: str, coding: str, body: bytes) -> bytes:
        kept = self._cache_dir / f"{digest}.{coding}" if self._cache_dir else None
        if kept and kept.is_file():
            return kept.read_bytes()
        packed = brotli.compress(body, quality=11) if coding == "br" else gzip.compress(body, 9, mtime=0)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            # Several processes start at once: each writes its own file and renames it.
            fresh = kept.with_suffix(f".{coding}.{os.getpid()}")
            fresh.write_bytes(packed)
            fresh.replace(kept)
        return bytes(packed)

    def get(self, path: str) -> Asset:
        """A file by its path under static/; raises UnknownAsset."""
        try:
            return self._assets[path]
        except KeyError:
            raise UnknownAsset(path) from None

    def url(self, path: str) -> str:
        """`static_url` in templates."""
        return self.get(path).url

    @property
    def cookie(self) -> str:
        """What a browser that has the stylesheet sends."""
        return f"{COOKIE}={self._assets[STYLESHEET].digest}"

    def stylesheet(self, nonce: str) -> Markup:
        """The stylesheet in full on a first visit (first paint half a second earlier), from then on a link."""
        sheet = self.get(sheet_of(chosen_scheme()))
        if request.cookies.get(COOKIE) == sheet.digest:
            return Markup('<link rel="stylesheet" href="{}">').format(sheet.url)
        g.stylesheet_cookie = sheet.digest
        # The next page links the sheet; by then the browser has fetched it in an idle moment.
        inline = Markup('<style nonce="{}">{}</style><link rel="prefetch" as="style" href="{}">')
        return inline.format(nonce, Markup(sheet.body.decode("utf-8")), sheet.url)  # noqa: S704 - our own file

    def script(self, nonce: str, path: str = SCRIPT) -> Markup:
        """A deferred script; no page needs one."""
        if path not in BUNDLES:
            g.fetches_more = True
        return Markup('<script src="{}" nonce="{}" defer></script>').format(self.url(path), nonce)

    def manifest(self, address: str) -> Markup:
        """What the home screen is told of the clinic."""
        g.fetches_more = True
        return Markup('<link rel="manifest" href="{}">').format(address)

    def icon(self) -> Markup:
        """The portal's icon inside the page: its few bytes are lighter than a request for them."""
        address = "data:image/svg+xml," + quote(self._assets[ICON].body.decode("utf-8").strip(), safe="/:= ")
        return Markup('<link rel="icon" href="{}">').format(address)

    def send(self, digest: str, path: str) -> Response:
        """The view behind `/static/<hash>/<path>`. A wrong hash is a file that is not there any more."""
        asset = self._assets.get(path)
        if asset is None or asset.digest != digest:
            abort(404)
        body, coding = asset.body, None
        if asset.brotli is not None and request.accept_encodings["br"] > 0:
            body, coding = asset.brotli, "br"
        elif asset.gzip is not None and request.accept_encodings["gzip"] > 0:
            body, coding = asset.gzip, "gzip"
        sandbox()  # a page's own policy, which rules its scripts, would be a fifth of a small file's bytes
        response = Response(body, content_type=asset.content_type)
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Vary"] = "Accept-Encoding"
        if coding:
            response.headers["Content-Encoding"] = coding
        return response


def sheet_of(choice: str) -> str:
    """The path of the stylesheet for a reader who chose a scheme, or none."""
    return STYLESHEET if choice == AUTOMATIC else STYLESHEET.replace(".css", f"-{choice}.css")


def remember_stylesheet(response: Response) -> Response:
    """After a page that carried the stylesheet in full: the next one links it."""
    digest = g.pop("stylesheet_cookie", None)
    if digest:
        response.set_cookie(COOKIE, digest, max_age=YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def compress(response: Response) -> Response:
    """Brotli (level 4: 0.3 ms a page) or gzip for pages on the fly; an after_request hook."""
    if (
        response.direct_passthrough
        or response.is_streamed
        or response.status_code in (204, 206, 304)
        or "Content-Encoding" in response.headers
        or response.mimetype not in COMPRESSIBLE
    ):
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) < WORTH_COMPRESSING or _may_hold_a_guess():
        return response
    dictionary.offer(response)
    if dictionary.pack(response, body):
        return response
    if request.accept_encodings["br"] > 0:
        # A tenth of the bytes of a first visit less than at 4, for 0.2 ms; 6 saves nothing more.
        response.set_data(brotli.compress(body, quality=5, mode=brotli.MODE_TEXT))
        response.headers["Content-Encoding"] = "br"
    elif request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _may_hold_a_guess() -> bool:
    """See above: BREACH."""
    return bool(request.query_string) and g.get("signed_in") is not None and not is_readers_own()


def install_assets(app: Flask, *, root: Path, cache_dir: Path | None = None) -> Assets:
    """Serve static files (endpoint `assets.file`), compress pages, and give templates `assets` and `static_url`."""
    assets = Assets(root, cache_dir)
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/static/<digest>/<path:path>")
    @public("the portal's own stylesheet, scripts and icons hold nothing of anybody")
    def file(digest: str, path: str) -> Response:
        return assets.send(digest, path)

    app.register_blueprint(blueprint)
    dictionary.install(app)
    app.after_request(compress)
    app.after_request(remember_stylesheet)
    app.jinja_env.globals.update(
        assets=assets,
        static_url=assets.url,
        brand_style=brand_style,
        scheme_head=scheme_head,
    )
    app.jinja_env.globals["preview_style"] = partial(preview_style, assets.get(STYLESHEET).body.decode("utf-8"))
    return assets
