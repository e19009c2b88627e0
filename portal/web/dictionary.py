"""A page's frame, which a browser keeps and the next pages are compressed with (RFC 9842, `dcz`).

Owns: the dictionary of each language, made from `layouts/_dictionary.html`, its address
`/static/<hash>/frame/<language>`, and what an answer says of it. It holds what every page of a patient has in
common, nobody's words and no token, so that what assets.py says of compression and secrets stays true. A browser that
knows none of this notices nothing.
"""

import hashlib
import re
from base64 import b64encode
from contextvars import Context
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import zstandard
from flask import Flask, Response, abort, current_app, g, make_response, render_template, request

from portal.kernel.locale import LANGUAGES, current_locale, use_locale
from portal.web.access import public
from portal.web.headers import YEAR, public_file
from portal.web.hints import asks_for_less

CODING = "dcz"
# RFC 9842, 5: a skippable frame of Zstandard with the dictionary's SHA-256 in it.
MAGIC = bytes.fromhex("5e2a4d1820000000")
#: 0.03 ms a page; level 9 takes ten times as long for a tenth of the bytes.
LEVEL = 3
#: What differs from page to page.
FRESH = re.compile(r'(nonce|value|content)="[^"]{22,}"(?= ?(defer)?>)')
EXTENSION = "page_frames"


@dataclass(frozen=True)
class Dictionary:
    """The frame in one language."""

    language: str
    body: bytes

    @cached_property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.body).digest()

    @property
    def path(self) -> str:
        return f"/static/{self.sha256.hex()[:12]}/frame/{self.language}"

    @property
    def available(self) -> str:
        """`Available-Dictionary` of a browser that has it (RFC 9651 byte sequence)."""
        return f":{b64encode(self.sha256).decode()}:"

    @cached_property
    def _zstd(self) -> zstandard.ZstdCompressionDict:
        made = zstandard.ZstdCompressionDict(self.body, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        made.precompute_compress(level=LEVEL)
        return made

    def pack(self, page: bytes) -> bytes:
        """The page in `dcz`. A compressor is one thread's."""
        return MAGIC + self.sha256 + zstandard.ZstdCompressor(level=LEVEL, dict_data=self._zstd).compress(page)


def dictionary(language: str) -> Dictionary:
    """The application's dictionary of a language, made when it is first asked for; the same in each process."""
    made: dict[str, Dictionary] = current_app.extensions[EXTENSION]
    if language not in made:
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # Werkzeug's proxy
        # In a context of its own: one inside this request's would share its `g`, and close its database session.
        made[language] = Dictionary(language, Context().run(_frame, app, language))
    return made[language]


def _frame(app: Flask, language: str) -> bytes:
    assets: Any = app.jinja_env.globals["assets"]
    nobody = SimpleNamespace(is_signed_in=True, is_staff=False, name="", lock_seconds=0, ends_soon=False)
    clinic = SimpleNamespace(slug="", name="", phone="", emergency_number="", brand={})
    with app.test_request_context("/", headers={"Cookie": assets.cookie}), use_locale(language, "UTC"):
        html = render_template("layouts/_dictionary.html", clinic=clinic, current=nobody, navigation=None)
    return FRESH.sub(r'\1=""', html).encode()


def offer(response: Response) -> None:
    """Say where the dictionary is, to a browser that may take it and has it not; it fetches it in an idle moment.

    A browser names `dcz` only where it has a dictionary; who can, knows Zstandard. A page that has a script of its own
    or a manifest says nothing: its first visit has no request left, and the next page says it.
    """
    if response.mimetype != "text/html" or request.accept_encodings.find("zstd") < 0 or asks_for_less():
        return
    if "fetches_more" in g:
        return
    known = dictionary(current_locale().language)
    if request.headers.get("Available-Dictionary") != known.available:
        response.headers.add("Link", f'<{known.path}>; rel="compression-dictionary"')


def pack(response: Response, body: bytes) -> bool:
    """Compress the page with the dictionary that the browser says it has; False when it is not this one."""
    if response.mimetype != "text/html":
        return False
    response.vary.add("Available-Dictionary")
    if request.accept_encodings.find(CODING) < 0:
        return False
    known = dictionary(current_locale().language)
    if request.headers.get("Available-Dictionary") != known.available:
        return False
    response.set_data(known.pack(body))
    response.headers["Content-Encoding"] = CODING
    return True


def install(app: Flask) -> None:
    """Serve the dictionaries."""
    app.extensions[EXTENSION] = {}

    @app.get("/static/<digest>/frame/<language>", endpoint="frame")
    @public("the frame of every page holds nothing of anybody")
    def frame(digest: str, language: str) -> Response:
        if language not in LANGUAGES or dictionary(language).path.split("/")[2] != digest:
            abort(404)
        response = public_file(make_response(dictionary(language).body), seconds=YEAR)
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        response.headers["Use-As-Dictionary"] = 'match="/*", match-dest=("document")'
        return response
