"""Fixtures of the keyboard's tests: one clinic with a visit tomorrow, one browser a module, people who sit down."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from portal.kernel.db import Database
from tests.factories.intake import publish_standard_form
from tests.factories.visits import BookedVisit, make_booked_visit
from tests.support.browser import DESK, launch, served, visitor
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.keyboard import Keyboard
from tests.support.sign_in import session_cookie

SitDown = Callable[..., Keyboard]


@pytest.fixture
def booked(worker_database: Database, database: Database, clinic: Clinic, clock: Clock) -> BookedVisit:
    """A visit tomorrow in a clinic that asks the standard questions."""
    found = make_booked_visit(worker_database, database, clinic, now=clock.now)
    publish_standard_form(worker_database, clinic, now=clock.now)
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with served(app) as found:
        yield found


@pytest.fixture
def sit_down(app: Flask, chromium: Browser, url: str, clinic: Clinic) -> Iterator[SitDown]:
    """`sit_down("staff/", account)`: somebody signed in (a visitor without an account) at a page of the clinic."""
    with ExitStack() as people:

        def begin(
            path: str, account: UUID | None = None, *, size: dict[str, int] = DESK, javascript: bool = True
        ) -> Keyboard:
            context = people.enter_context(visitor(chromium, size=size, javascript=javascript))
            if account:
                name, value = session_cookie(app, clinic.id, account)
                context.add_cookies([{"name": name, "value": value, "url": "https://localhost/", "secure": True}])
            keyboard = Keyboard(context.new_page())
            keyboard.open(url + clinic.path(path))
            return keyboard

        yield begin
