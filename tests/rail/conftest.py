"""Two browsers for the walk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests.support.browser import launch


@pytest.fixture(scope="module")
def browsers(playwright: Playwright) -> Iterator[tuple[Browser, Browser]]:
    """Two devices."""
    with launch(playwright) as first, launch(playwright) as second:
        yield first, second
