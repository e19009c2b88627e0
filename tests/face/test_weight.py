"""What a page weighs, and what its stylesheet and scripts may not use."""

import hashlib
import re
from pathlib import Path
from urllib.parse import unquote

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.web.assets import Assets

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "static/css/portal.css").read_text("utf-8")
RULES = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets(ROOT / "static")


def weight(assets: Assets, path: str) -> int:
    return len(assets.get(path).brotli or b"")


def test_stylesheet_is_within_8_kilobytes(assets: Assets) -> None:
    assert weight(assets, "css/portal.css") <= 8 * 1024


def test_script_of_a_patient_page_is_within_17_kilobytes(assets: Assets) -> None:
    assert weight(assets, "js/portal.js") <= 17 * 1024


def test_scripts_of_the_visit_page_add_at_most_12_kilobytes(assets: Assets) -> None:
    own = ("js/visit.js", "js/autosave.js", "js/staff.js")
    assert sum(weight(assets, path) for path in own) <= 12 * 1024


def test_vendored_script_is_the_one_that_was_looked_at() -> None:
    digest = hashlib.sha256((ROOT / "static/vendor/htmx-2.0.4.min.js").read_bytes()).hexdigest()
    assert digest in (ROOT / "static/vendor/README.md").read_text("utf-8")


@pytest.mark.parametrize(
    "feature",
    [
        r"(?<![-\w])gap\s*:",
        r"(column|row)-gap\s*:",
        r"display:\s*(inline-)?grid",
        r":has\(",
        r":is\(",
        r":where\(",
        r"aspect-ratio",
        r"clamp\(",
        r"\d(d|s|l)v[hw]\b",
        r"@layer|@container|@import|@font-face",
        r"url\(",
        r"(margin|padding|border)-(left|right)",
        r"(?<![-\w])(left|right)\s*:",
        r"(float|clear|text-align):\s*(left|right)",
        r"&",
    ],
)
def test_stylesheet_uses_nothing_that_old_browsers_lack_or_that_has_a_side(feature: str) -> None:
    assert not re.search(feature, RULES), re.findall(f".*{feature}.*", RULES)


def test_static_file_is_cached_for_a_year_under_its_content(client: FlaskClient, assets: Assets) -> None:
    url = assets.url("css/portal.css")
    answer = client.get(url, headers={"Accept-Encoding": "br, gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type == "text/css; charset=utf-8"
    assert brotli.decompress(answer.data) == assets.get("css/portal.css").body
    assert client.get(url.replace(assets.get("css/portal.css").digest, "0" * 12)).status_code == 404
    assert client.get("/static/0/../../pyproject.toml").status_code == 404


def test_first_visit_carries_the_stylesheet_and_the_second_links_it(client: FlaskClient, assets: Assets) -> None:
    link = f'<link rel="stylesheet" href="{assets.url("css/portal.css")}">'
    first, second = client.get("/design").get_data(as_text=True), client.get("/design").get_data(as_text=True)
    assert "<style nonce" in first and link not in first
    assert "<style nonce" not in second and link in second


def test_icon_comes_with_the_page_and_is_the_one_of_the_file(client: FlaskClient) -> None:
    href = re.search(
        r'<link rel="icon" href="data:image/svg\+xml,([^"]+)">', client.get("/design").get_data(as_text=True)
    )
    assert href is not None
    assert unquote(href[1]) == (ROOT / "static/icons/favicon.svg").read_text("utf-8").strip()


def test_page_is_compressed_for_those_who_can_read_it(client: FlaskClient) -> None:
    plain = client.get("/design", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    for coding in ("br", "gzip"):
        packed = client.get("/design", headers={"Accept-Encoding": coding})
        assert packed.headers["Content-Encoding"] == coding
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert len(packed.data) < len(plain.data) / 2


def test_first_visit_fits_the_first_window(app: Flask) -> None:
    """A page with next to nothing in it: frame, stylesheet and all leave room within 14 KB for the page's own."""
    page = app.test_client().get("/design/visit", headers={"Accept-Encoding": "br"})
    assert len(page.data) <= 9 * 1024
