"""Passkeys in Chromium, with the virtual authenticator of its debugging protocol."""

import re
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal import identity
from portal.identity import current_code
from portal.identity.rules import PasskeyPlace
from portal.identity.wiring import wiring
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import AUTHENTICATOR, PASSWORD, email_address, enrol, staff_member
from tests.support.browser import DESK, served, visitor
from tests.support.clinics import Clinic
from tests.support.clock import Clock

pytestmark = pytest.mark.browser


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The portal on a port, and passkeys of that origin."""
    before = wiring()
    with served(app) as found:
        identity.wire(replace(before, passkeys=PasskeyPlace(host="localhost", origins=(found,))))
        yield found
        identity.wire(before)


@pytest.fixture
def email(worker_database: Database, clinic: Clinic, clock: Clock) -> str:
    address = email_address("desk")
    account: UUID = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=address)
    enrol(worker_database, clinic, account, now=clock.now)
    return address


def with_authenticator(context: BrowserContext) -> Page:
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def test_a_passkey_is_made_signs_in_and_is_shown_again_and_codes_are_printed(
    browser: Browser, url: str, clinic: Clinic, email: str, clock: Clock
) -> None:
    with visitor(browser, size=DESK) as context:
        page = with_authenticator(context)
        page.goto(url + clinic.path("staff/sign-in"))
        page.get_by_label("Work e-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Sign in")
        page.get_by_label("Code from your app").fill(current_code(AUTHENTICATOR, now=clock.now))
        press(page, "Sign in")
        expect(page).to_have_url(re.compile("/staff"))

        page.goto(url + clinic.path("factors/passkeys/new"))
        later = clock.now.fromtimestamp(clock.now.timestamp() + 30, tz=clock.now.tzinfo)
        page.get_by_label("Code from your app").fill(current_code(AUTHENTICATOR, now=later))
        press(page, "Continue")
        expect(page.get_by_text("This browser cannot keep passkeys")).to_be_hidden()
        press(page, "Add a passkey")
        expect(page.get_by_text("Your passkey is set up.")).to_be_visible()

        press(page, "Sign out")
        expect(page.locator("h1")).to_contain_text("Staff sign-in")
        press(page, "Sign in with a passkey")
        expect(page).to_have_url(re.compile("/staff"))
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

        page.goto(url + clinic.path("factors"))
        page.get_by_role("textbox", name="Name").first.fill("Chromium at the desk")
        press(page, "Keep the name")
        expect(page.locator("h1")).to_contain_text("Show that it is you")
        press(page, "Use a passkey")
        expect(page.get_by_text("The new name is kept.")).to_be_visible()
        expect(page.get_by_role("textbox", name="Name").first).to_have_value("Chromium at the desk")

        page.goto(url + clinic.path("factors/printed-codes"))
        press(page, "Make ten new codes")
        expect(page.locator(".printed-codes li")).to_have_count(10)
        page.emulate_media(media="print")
        expect(page.locator(".printed-codes li").last).to_be_visible()
        for around in (page.locator("main .actions").first, page.get_by_role("button", name="Sign out")):
            expect(around).to_be_hidden()


def test_without_javascript_no_passkey_is_offered(browser: Browser, url: str, clinic: Clinic) -> None:
    with visitor(browser, size=DESK, javascript=False) as context:
        page = context.new_page()
        page.goto(url + clinic.path("staff/sign-in"))
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        expect(page.get_by_text("Sign in with a passkey")).to_be_hidden()
