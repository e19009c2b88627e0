"""Every component with texts that are far too long stays within the width of a cheap phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from portal.web.components import component_names
from tests.face.conftest import make_app
from tests.support.browser import PHONE, served

pytestmark = [pytest.mark.browser, pytest.mark.verify]

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    with served(make_app()) as url:
        yield browser.new_page(viewport=PHONE, base_url=url)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_component_is_wider_than_a_phone(phone: Page, language: str) -> None:
    wide = []
    for name in component_names():
        phone.goto(f"/design/{name}?text=long&lang={language}")
        if phone.evaluate(WIDER):
            wide.append(name)
    assert wide == []


def test_the_measure_sees_what_is_wider(phone: Page) -> None:
    phone.goto("/design/button")
    phone.evaluate("document.querySelector('main').style.width = '400px'")
    assert phone.evaluate(WIDER)
