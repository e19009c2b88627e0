"""Pages compressed with their own frame, which the browser has (RFC 9842)."""

import hashlib
import re
from base64 import b64encode

import brotli
import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.test import TestResponse

from tests.face.site import Site

ACCEPTS = {"Accept-Encoding": "gzip, br, zstd"}
HAS_ONE = "gzip, br, zstd, dcb, dcz"


def offered(answer: TestResponse) -> str:
    found = re.fullmatch(r'<([^>]+)>; rel="compression-dictionary"', answer.headers.get("Link", ""))
    return found[1] if found else ""


def read(answer: bytes, frame: bytes) -> str:
    """As RFC 9842, section 5, says: magic number, hash of the dictionary, a frame of Zstandard."""
    assert answer[:8] == b"\x5e\x2a\x4d\x18\x20\x00\x00\x00"
    assert answer[8:40] == hashlib.sha256(frame).digest()
    known = zstandard.ZstdCompressionDict(frame, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdDecompressor(dict_data=known).decompress(answer[40:]).decode()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_browser_that_has_the_frame_gets_the_rest(client: FlaskClient, language: str) -> None:
    client.get("/design/visit")
    path = f"/design/visit?lang={language}"
    first = client.get(path, headers=ACCEPTS)
    assert first.headers["Content-Encoding"] == "br"
    frame = client.get(offered(first))
    assert frame.headers["Use-As-Dictionary"] == 'match="/*", match-dest=("document")'
    assert frame.headers["Cache-Control"] == "public, max-age=31536000"
    has = {
        "Accept-Encoding": HAS_ONE,
        "Available-Dictionary": f":{b64encode(hashlib.sha256(frame.data).digest()).decode()}:",
    }
    second = client.get(path, headers=has)
    assert second.headers["Content-Encoding"] == "dcz"
    assert {"Accept-Encoding", "Available-Dictionary"} <= {one.strip() for one in second.headers["Vary"].split(",")}
    page = read(second.data, frame.data)
    assert page.endswith("</html>") and not offered(second)
    assert len(second.data) < len(first.data)


@pytest.mark.parametrize("has", ["", ":AAAA:", f":{b64encode(bytes(32)).decode()}:", "nonsense"])
def test_another_dictionary_is_none(client: FlaskClient, has: str) -> None:
    answer = client.get("/design/visit", headers={"Accept-Encoding": HAS_ONE, "Available-Dictionary": has})
    assert answer.headers["Content-Encoding"] == "br"


@pytest.mark.parametrize("headers", [{"Accept-Encoding": "br"}, {**ACCEPTS, "Save-Data": "on"}])
def test_who_takes_none_is_offered_none(client: FlaskClient, headers: dict[str, str]) -> None:
    assert not offered(client.get("/design/visit", headers=headers))


def test_the_frame_is_small_the_same_each_time_and_holds_no_token(app: Flask, client: FlaskClient) -> None:
    address = offered(client.get("/design/visit", headers=ACCEPTS))
    frame = client.get(address).data
    app.extensions["page_frames"].clear()
    assert client.get(address).data == frame
    assert len(brotli.compress(frame, quality=11)) < 2048
    for name in ("csrf_token", "idempotency_key"):
        assert f'name="{name}" value=""'.encode() in frame


@pytest.mark.browser
def test_chromium_asks_with_it(page: Page) -> None:
    site = Site()
    coded: list[str | None] = []
    page.on("response", lambda one: coded.append(one.headers.get("content-encoding")) if "design" in one.url else None)
    url = site.url.replace("127.0.0.1", "localhost")
    with page.expect_response("**/frame/en"):
        page.goto(f"{url}/design/visit")
    page.wait_for_load_state("networkidle")
    page.goto(f"{url}/design/visit")
    heading = page.locator("h1").count()
    site.stop()
    assert heading == 1
    assert coded[-1] == "dcz", coded
