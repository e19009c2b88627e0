"""What Chromium says of its line once our answers have asked: without that, it says nothing."""

import pytest
from playwright.sync_api import Page, Playwright

from tests.support.browser import PHONE, WHOLE, launch, visitor
from tests.support.clinics import Clinic

pytestmark = pytest.mark.browser


def said_at(page: Page, address: str) -> str | None:
    answer = page.goto(address)
    assert answer is not None and answer.ok
    return answer.request.all_headers().get("ect")


@pytest.mark.parametrize("line", ["Slow-2G", "2G", "3G", "4G"])
def test_browser_says_how_good_its_line_is_from_the_second_page_on(
    playwright: Playwright, url: str, clinic: Clinic, line: str
) -> None:
    with (
        launch(playwright, f"--force-effective-connection-type={line}", program=WHOLE) as browser,
        visitor(browser, size=PHONE) as context,
    ):
        page = context.new_page()
        assert said_at(page, url + clinic.path()) is None
        assert said_at(page, url + clinic.path()) == line.lower()
