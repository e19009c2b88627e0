"""The whole portal, as `make run` starts it, on free ports."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

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
def browsers(playwright: Playwright) -> Iterator[tuple[Browser, Browser]]:
    """Two devices."""
    with launch(playwright) as first, launch(playwright) as second:
        yield first, second
