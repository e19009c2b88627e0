"""The service worker in Chromium: what it shows without a connection, to whom, and when it has forgotten."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from deploy.processes import wait_until
from tests.factories.visits import BookedVisit
from tests.support.browser import PHONE, visitor
from tests.support.clinics import Clinic
from tests.support.sign_in import start_test_session

pytestmark = pytest.mark.browser

WAIT = "() => caches.open('kept').then((cache) => cache.keys()).then((keys) => keys.length === 1)"
READY = "() => navigator.serviceWorker.getRegistration().then((found) => Boolean(found && found.active))"
KEPT = "() => caches.keys().then((names) => names.length)"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with visitor(browser, size=PHONE) as found:
        yield found


@pytest.fixture
def sign_in(app: Flask, context: BrowserContext, clinic: Clinic) -> Callable[[Any], None]:
    def as_account(account: Any) -> None:
        token = start_test_session(app, clinic.id, account)
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        value = serializer.dumps({"_user_id": token})
        context.add_cookies([{"name": "__Host-session", "value": value, "url": "https://localhost/", "secure": True}])

    return as_account


@pytest.fixture
def home(
    context: BrowserContext, url: str, clinic: Clinic, booked: BookedVisit, sign_in: Callable[[Any], None]
) -> Page:
    """The patient's own page, with the worker there and the page kept."""
    sign_in(booked.account)
    page = context.new_page()
    page.goto(url + clinic.path("home"))
    settle(page)
    return page


def settle(page: Page) -> None:
    until(page, WAIT)
    until(page, READY)


def until(page: Page, promised: str) -> None:
    """Ask the page until its promise is kept: to Playwright's own waiting, the promise of a no is a yes."""
    assert wait_until(lambda: bool(page.evaluate(promised)), timeout=15)


def test_without_a_connection_the_next_visit_and_the_number_are_there(
    home: Page, context: BrowserContext, clinic: Clinic, booked: BookedVisit
) -> None:
    context.set_offline(True)
    home.reload()
    expect(home.get_by_role("heading", name="You are not connected")).to_be_visible()
    assert home.locator("time").get_attribute("datetime") == booked.starts_at.isoformat()
    assert home.get_by_role("link", name="Call us").get_attribute("href") == "tel:+16175550100"
    context.set_offline(False)
    home.get_by_role("link", name="Try again").click()
    expect(home.get_by_role("heading", name="You are not connected")).to_have_count(0)


def test_it_keeps_one_page_and_lets_all_else_pass(home: Page, url: str, clinic: Clinic) -> None:
    home.goto(url + clinic.path("sessions"))
    home.goto(url + clinic.path("home"))
    kept = home.evaluate(
        "() => caches.open('kept').then((cache) => cache.keys()).then((keys) => keys.map((key) => key.url))"
    )
    assert len(kept) == 1 and clinic.path("offline") in kept[0]
    assert home.evaluate(KEPT) == 1


def test_signing_out_forgets_it(home: Page, context: BrowserContext, clinic: Clinic, url: str) -> None:
    home.get_by_role("button", name="Sign out").click()
    expect(home.get_by_text("You are signed out.")).to_be_visible()
    assert home.evaluate(KEPT) == 0
    context.set_offline(True)
    assert not shows_it(home, url + clinic.path("home"))


def test_signing_out_without_a_connection_forgets_it_at_once(
    home: Page, context: BrowserContext, clinic: Clinic, url: str
) -> None:
    context.set_offline(True)
    home.get_by_role("button", name="Sign out").click()
    until(home, f"() => ({KEPT})().then((count) => count === 0)")
    assert not shows_it(home, url + clinic.path("home"))


def test_a_session_that_has_ended_elsewhere_forgets_it_at_the_next_page(
    home: Page, context: BrowserContext, clinic: Clinic, url: str
) -> None:
    context.clear_cookies()
    home.goto(url + clinic.path("home"))
    until(home, f"() => ({KEPT})().then((count) => count === 0)")
    context.set_offline(True)
    assert not shows_it(home, url + clinic.path("home"))


def test_who_signs_in_next_does_not_see_the_firsts_time(
    home: Page, context: BrowserContext, clinic: Clinic, url: str, booked: BookedVisit, sign_in: Callable[[Any], None]
) -> None:
    sign_in(booked.stranger)
    home.goto(url + clinic.path("home"))
    until(
        home,
        "() => caches.open('kept').then((cache) => cache.matchAll()).then((found) => found.length === 1"
        " && found[0].clone().text().then((text) => text.includes('No visit is booked')))",
    )
    context.set_offline(True)
    home.reload()
    expect(home.get_by_text("No visit is booked.")).to_be_visible()
    expect(home.locator("time")).to_have_count(0)


def test_it_is_over_when_the_session_is(home: Page, context: BrowserContext, clinic: Clinic, url: str) -> None:
    home.evaluate(
        """() => caches.open('kept').then((cache) => cache.keys().then(([key]) => cache.match(key).then((page) =>
             page.text().then((text) => cache.put(key, new Response(text, {headers: {
               "Content-Type": "text/html", Expires: new Date(Date.now() - 1000).toUTCString()}}))))))"""
    )
    context.set_offline(True)
    assert not shows_it(home, url + clinic.path("home"))


def test_staff_register_nothing(
    context: BrowserContext, clinic: Clinic, url: str, booked: BookedVisit, sign_in: Callable[[Any], None]
) -> None:
    sign_in(booked.desk)
    page = context.new_page()
    page.goto(url + clinic.path("staff/"), wait_until="networkidle")
    assert page.evaluate("() => navigator.serviceWorker.getRegistrations().then((found) => found.length)") == 0
    assert page.evaluate(KEPT) == 0


def shows_it(page: Page, address: str) -> bool:
    """Whether the kept page, rather than the browser's own, comes."""
    from playwright.sync_api import Error

    try:
        page.goto(address)
    except Error:
        return False
    return page.get_by_role("heading", name="You are not connected").count() > 0
