"""What a page costs: bytes on the wire and statements in the database. Used by the guards and by `make bench`."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import brotli
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import event

from portal.kernel.db import Database
from portal.web.assets import COOKIE, Assets
from tests.support.client import BASE
from tests.support.sign_in import start_test_session

#: Browsers that matter to us unpack it, the cheap phones' included.
HEADERS = {"Origin": BASE, "Accept-Encoding": "br", "Accept-Language": "en"}

#: What is fetched without a word of the reader's, and the attribute that says where it is.
FETCHED = {
    "link[rel~=stylesheet], link[rel~=icon], link[rel=manifest], link[rel$=preload], link[rel=prefetch]": "href",
    "script[src], img[src], iframe[src], video[src], audio[src], source[src]": "src",
}


class NotAPage(AssertionError):
    """The address answered with something other than a page."""


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Statements that reach the database in the block; telling it who acts, at a transaction's start, is none."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "set_config" not in statement:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@dataclass(frozen=True, kw_only=True)
class Weight:
    """Bytes of a page by brotli: with the stylesheet inlined, and when the browser has it."""

    first: int
    following: int


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a page costs the server: milliseconds of each request, and the statements of one."""

    milliseconds: list[float] = field(default_factory=list)
    queries: int


def browser_of(app: Flask, clinic_id: UUID, account_id: UUID | None) -> FlaskClient:
    """A browser that has never been here, signed in when an account is given."""
    browser = app.test_client()
    if account_id is not None:
        token = start_test_session(app, clinic_id, account_id)
        with browser.session_transaction(base_url=BASE) as session:
            session["_user_id"] = token
    return browser


def fetch(browser: FlaskClient, path: str, form: Mapping[str, str] | None = None) -> bytes:
    """Get a page, or post a form to it; its body as it is sent. Raises NotAPage."""
    options: dict[str, Any] = {"base_url": BASE, "headers": HEADERS}
    answer = browser.get(path, **options) if form is None else browser.post(path, data=dict(form), **options)
    if answer.status_code != 200 or answer.mimetype != "text/html":
        raise NotAPage(f"{path} answered {answer.status_code} {answer.mimetype} {answer.location or ''}")
    return answer.get_data()


def weigh(browser: FlaskClient, path: str) -> Weight:
    """A page on a first visit, and again."""
    return Weight(first=len(first_visit(browser, path)), following=len(fetch(browser, path)))


def first_visit(browser: FlaskClient, path: str, *, language: str = "en") -> bytes:
    """A page as it is sent to a reader of that language whose browser has nothing of ours yet."""
    with browser.session_transaction(base_url=BASE) as session:
        session["language"] = language
    browser.delete_cookie(COOKIE)
    return fetch(browser, path)


def linked(page: bytes) -> frozenset[str]:
    """What a browser fetches by itself for a page: stylesheets, scripts, icons and what it is told to warm."""
    tree = HTMLParser(brotli.decompress(page))
    named = [node.attributes.get(name) for selector, name in FETCHED.items() for node in tree.css(selector)]
    return frozenset(one for one in named if one and not one.startswith("data:"))


def bytes_of(assets: Assets, address: str) -> int:
    """A static file's bytes as they are sent; raises NotAPage for anything else."""
    kept, _, path = address.removeprefix("/static/").partition("/")
    if not address.startswith("/static/") or assets.get(path).digest != kept:
        raise NotAPage(f"{address} is not one of the portal's files")
    asset = assets.get(path)
    return len(asset.brotli if asset.brotli is not None else asset.body)


def work(
    browser: FlaskClient, database: Database, path: str, *, times: int, form: Mapping[str, str] | None = None
) -> Effort:
    """A page asked for again and again, once more than `times`: the first one warms up and is left out."""
    fetch(browser, path, form)
    with statements(database) as seen:
        fetch(browser, path, form)
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        fetch(browser, path, form)
        took.append((time.perf_counter() - begin) * 1000)
    return Effort(milliseconds=took, queries=len(seen))
