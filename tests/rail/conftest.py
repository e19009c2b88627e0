"""The whole portal, as `make run` starts it, on free ports."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy.stack import Stack
from tests.support.browser import launch


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Every process, the demo's clinics, real partners on loopback."""
    with tempfile.TemporaryDirectory(prefix="portal-rail-") as folder:
        running = Stack(Path(folder) / "var", durable=False)
        with running:
            yield running
        running.discard()


@pytest.fixture(scope="module")
def browsers() -> Iterator[tuple[Browser, Browser]]:
    """Two devices. Gone with the module: Playwright allows one at a time in a process."""
    with sync_playwright() as playwright:
        pair = launch(playwright), launch(playwright)
        yield pair
        for browser in pair:
            browser.close()
