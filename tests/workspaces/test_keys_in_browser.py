"""Staff's keys in Chromium, by the keyboard alone."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import staff_member
from tests.support.browser import DESK, visitor
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.sign_in import start_test_session

pytestmark = pytest.mark.browser


@pytest.fixture
def page(
    app: Flask, browser: Browser, url: str, clinic: Clinic, worker_database: Database, clock: Clock
) -> Iterator[Page]:
    """The board, as the front desk sees it."""
    account = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = serializer.dumps({"_user_id": start_test_session(app, clinic.id, account)})
    cookie = {"name": "__Host-session", "value": value, "url": "https://localhost/", "secure": True}
    with visitor(browser, size=DESK) as context:
        context.add_cookies([cookie])
        opened = context.new_page()
        opened.goto(url + clinic.path("staff/"))
        yield opened


def test_the_list_opens_by_its_key_and_closing_goes_back_to_where_one_was(page: Page) -> None:
    page.keyboard.press("Control+Alt+F")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("?")
    expect(page.get_by_role("searchbox")).to_have_value("?")
    page.keyboard.press("Tab")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Find a patient")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Search")).to_be_focused()


@pytest.mark.parametrize("mark", ["\u061f", "\uff1f"], ids=["of an Arabic keyboard", "of a wide one"])
def test_the_list_opens_by_the_question_mark_of_other_keyboards(page: Page, mark: str) -> None:
    page.evaluate("key => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))", "x")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    page.evaluate("key => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))", mark)
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Find a patient")
