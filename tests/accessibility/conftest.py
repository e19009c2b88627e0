"""One clinic with everything in it, and its pages on a port."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from portal.kernel.db import Database
from tests.screens import Camera
from tests.security.world import Side, make_side
from tests.support.browser import served
from tests.support.clinics import make_clinic
from tests.support.clock import Clock


@pytest.fixture(scope="module")
def side(shared_clock: Clock, web_process: Any, worker_process: Any) -> Side:
    worker: Database = worker_process.database
    now = shared_clock.now.replace(microsecond=0)
    return make_side(worker, web_process.database, make_clinic(worker, now=now), now=now)


@pytest.fixture(scope="module")
def camera(browser: Browser, shared_app: Flask, side: Side) -> Iterator[Camera]:
    """Opens any page as anybody who may see it."""
    with served(shared_app) as url:
        yield Camera(browser, shared_app, side, url)
