"""Fixtures of the keyboard's tests: one clinic with a visit tomorrow, one browser a module, people who sit down."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.visits import arrive, visit_by_id
from tests.factories.intake import publish_standard_form
from tests.factories.visits import BookedVisit, make_booked_visit
from tests.support.browser import DESK, visitor
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.keyboard import Keyboard
from tests.support.sign_in import session_cookie

SitDown = Callable[..., Keyboard]
#: The journey is gone by a reader of English, and (with the slow tests) by one of Arabic, from right to left.
BOTH_WAYS = pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.verify)])
#: A time of day, in the digits of either.
TIME = re.compile(r"[\d٠-٩]:[\d٠-٩]{2}")

#: Keeps each text that a live region of the page, or a part that is said as a whole, was given: in order, with its
#: politeness.
HEAR = """() => {
  window.heard = [];
  const live = "[aria-live], [role=status], [role=alert], [role=log]";
  const said = (node) => (node.closest ? node : node.parentElement).closest("[aria-atomic=true], " + live);
  new MutationObserver((changes) => new Set(changes.map((one) => said(one.target))).forEach((part) => {
    const words = part && part.textContent.trim(), region = part && part.closest(live);
    if (words && region) heard.push([region.getAttribute("aria-live") || region.getAttribute("role"), words]);
  })).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture
def booked(worker_database: Database, database: Database, clinic: Clinic, clock: Clock) -> BookedVisit:
    """A visit tomorrow in a clinic that asks the standard questions."""
    found = make_booked_visit(worker_database, database, clinic, now=clock.now)
    publish_standard_form(worker_database, clinic, now=clock.now)
    return found


@pytest.fixture
def language() -> str:
    """Of whoever sits down; a test's own parameters come first (`BOTH_WAYS`)."""
    return "en"


@pytest.fixture
def sit_down(app: Flask, browser: Browser, url: str, clinic: Clinic, language: str) -> Iterator[SitDown]:
    """`sit_down("staff/", account)`: somebody signed in (a visitor without an account) at a page of the clinic."""
    with ExitStack() as people:

        def begin(
            path: str, account: UUID | None = None, *, size: dict[str, int] = DESK, javascript: bool = True
        ) -> Keyboard:
            context = people.enter_context(visitor(browser, size=size, javascript=javascript))
            if account:
                name, value = session_cookie(app, clinic.id, account)
                context.add_cookies([{"name": name, "value": value, "url": "https://localhost/", "secure": True}])
            keyboard = Keyboard(context.new_page(), language)
            keyboard.open(f"{url}{clinic.path(path)}{'&' if '?' in path else '?'}lang={language}")
            return keyboard

        yield begin


@pytest.fixture
def morning(clock: Clock, booked: BookedVisit, run_tasks: Callable[..., int]) -> None:
    """Ten minutes before the visit."""
    run_tasks()
    clock.now = booked.starts_at - timedelta(minutes=10)


@pytest.fixture
def come(database: Database, clinic: Clinic, clock: Clock) -> Callable[[UUID, UUID], None]:
    """`come(account, visit)`: a patient comes into the waiting room, a minute after whoever came before."""

    def arrive_now(account: UUID, visit_id: UUID) -> None:
        who = Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.PATIENT]).acting(purpose="visits")
        with database.transaction(who) as session:
            visit = visit_by_id(session, visit_id=visit_id)
            assert visit is not None
            arrive(session, visit=visit, now=clock.advance(minutes=1))

    return arrive_now


@pytest.fixture
def arrived(morning: None, come: Callable[[UUID, UUID], None], booked: BookedVisit) -> None:
    """The patient is in the waiting room."""
    come(booked.account, booked.visit_id)
