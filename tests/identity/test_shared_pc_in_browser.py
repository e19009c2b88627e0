"""A shared computer in Chromium: what stays on the screen, in the tab and behind the back button, and what does not."""

from collections.abc import Iterator
from urllib.parse import quote
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import PASSWORD, staff_member
from tests.support.browser import DESK, visitor
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.sign_in import start_test_session

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Robin Desk")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with visitor(browser, size=DESK) as found:
        yield found


@pytest.fixture
def page(app: Flask, context: BrowserContext, url: str, clinic: Clinic, desk: UUID) -> Page:
    """Robin's tab, on a page with a field."""
    sit_down(app, context, url, clinic, desk)
    page = context.new_page()
    page.goto(url + clinic.path("staff/shared-computers"))
    return page


def sit_down(app: Flask, context: BrowserContext, url: str, clinic: Clinic, account: UUID) -> None:
    token = start_test_session(app, clinic.id, account, awake=False)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = serializer.dumps({"_user_id": token})
    context.add_cookies([{"name": "__Host-session", "value": value, "url": "https://localhost/", "secure": True}])


def unlock(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Unlock").click()


def test_a_press_covers_the_page_and_the_password_leads_back_to_it(page: Page, url: str, clinic: Clinic) -> None:
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    assert "Shared computers" not in page.content()
    unlock(page)
    expect(page).to_have_url(url + clinic.path("staff/shared-computers"))
    expect(page.get_by_role("heading", name="Shared computers")).to_be_visible()


def test_the_key_locks_too(page: Page) -> None:
    page.keyboard.press("Control+Alt+L")
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()


def test_five_minutes_without_a_touch_lock_after_a_warning(page: Page, clock: Clock) -> None:
    page.clock.install()
    page.reload()
    page.clock.fast_forward(275_000)
    expect(page.get_by_text("locks in less than a minute")).to_be_visible()
    page.clock.fast_forward(30_000)
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()


def test_going_back_from_a_locked_screen_shows_no_record(page: Page, url: str, clinic: Clinic) -> None:
    page.goto(url + clinic.path("sessions"))
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    assert "Shared computers" not in page.content()


def test_locking_in_one_tab_covers_the_other_and_unlocking_brings_it_back(
    page: Page, context: BrowserContext, url: str, clinic: Clinic
) -> None:
    other = context.new_page()
    other.goto(url + clinic.path("sessions"))
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(other.get_by_role("heading", name="This screen is locked")).to_be_visible()
    unlock(page)
    expect(other.get_by_role("heading", name="Where you are signed in")).to_be_visible()


def test_switching_users_leaves_nothing_of_the_first(
    app: Flask, page: Page, context: BrowserContext, url: str, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    other = context.new_page()
    other.goto(url + clinic.path("sessions"))
    for tab in (page, other):
        tab.evaluate("sessionStorage.setItem('draft:x', 'a sentence'); localStorage.setItem('kept', 'a sentence')")
    page.get_by_role("button", name="Lock", exact=True).click()
    # A tab that is still on its way to the lock hears nothing of the others.
    expect(other.get_by_role("heading", name="This screen is locked")).to_be_visible()
    page.get_by_role("button", name="Switch user").click()
    for tab in (page, other):
        expect(tab.get_by_label("Work e-mail")).to_be_visible()
        assert tab.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]
        assert "Robin" not in tab.content()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in or sign up")).to_be_visible()
    assert "Robin" not in page.content()
    second = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, name="Sam Second")
    sit_down(app, context, url, clinic, second)
    page.goto(url + clinic.path("staff/"))
    expect(page.get_by_text("Sam Second")).to_be_visible()
    page.go_back()
    assert "Robin" not in page.content()


def test_a_tab_on_its_way_to_the_lock_asks_when_it_is_there_and_when_it_is_looked_at(
    page: Page, context: BrowserContext, url: str, clinic: Clinic
) -> None:
    late, deaf = context.new_page(), context.new_page()
    deaf.add_init_script("delete window.BroadcastChannel")
    held: list[Route] = []
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    late.route("**/js/**", lambda script: held.append(script))
    late.goto(url + clinic.path("lock"), wait_until="commit")
    deaf.goto(url + clinic.path("lock"))
    page.get_by_role("button", name="Switch user").click()
    expect(page.get_by_label("Work e-mail")).to_be_visible()
    expect(deaf.get_by_text("Locked by Robin Desk")).to_be_visible()
    deaf.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    for script in held:
        script.continue_()
    for tab in (late, deaf):
        expect(tab.get_by_label("Work e-mail")).to_be_visible()
        assert "Robin" not in tab.content()


def test_a_locked_tab_that_heard_nothing_comes_back_once_another_is_unlocked(
    page: Page, context: BrowserContext, url: str, clinic: Clinic
) -> None:
    deaf = context.new_page()
    deaf.add_init_script("delete window.BroadcastChannel")
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    deaf.goto(url + clinic.path("lock?next=") + quote(clinic.path("sessions"), safe=""))
    unlock(page)
    expect(page.get_by_role("heading", name="Shared computers")).to_be_visible()
    deaf.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(deaf.get_by_role("heading", name="Where you are signed in")).to_be_visible()


def test_without_javascript_a_form_that_comes_too_late_is_sent_by_one_press(
    app: Flask, url: str, clinic: Clinic, desk: UUID, clock: Clock, browser: Browser
) -> None:
    with visitor(browser, size=DESK, javascript=False) as plain:
        sit_down(app, plain, url, clinic, desk)
        page = plain.new_page()
        page.goto(url + clinic.path("staff/shared-computers"))
        page.get_by_label("Everybody signs in anew").fill("9")
        clock.advance(minutes=6)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
        unlock(page)
        page.get_by_role("button", name="Send it now").click()
        expect(page.get_by_label("Everybody signs in anew")).to_have_value("9")
