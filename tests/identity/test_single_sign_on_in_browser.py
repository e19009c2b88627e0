"""To the identity provider and back in Chromium: another site's page leads back, and our cookie comes along."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from portal import identity
from portal.identity.wiring import wiring
from tests.identity.sso import ProviderProcess
from tests.support.browser import DESK, served, visitor
from tests.support.clinics import Clinic

pytestmark = pytest.mark.browser


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The portal on a port of localhost; the provider is at 127.0.0.1, which is another site."""
    before = wiring()
    with served(app) as found:
        identity.wire(replace(before, public_url=found))
        yield found
        identity.wire(before)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    with visitor(browser, size=DESK, javascript=request.param) as found:
        yield found


def to_provider(page: Page, url: str, clinic: Clinic, provider: ProviderProcess) -> None:
    page.goto(url + clinic.path("staff/sign-in"))
    page.get_by_role("button", name="Sign in with Hospital ID").click()
    page.wait_for_url(f"{provider.url}/authorize**")


def let_in(page: Page, *, groups: str = "nurses") -> None:
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Groups").fill(groups)
    page.get_by_role("button", name="Let me in").click()


def test_from_the_staffs_page_to_the_provider_and_back_signed_in(
    context: BrowserContext, url: str, clinic: Clinic, provider: ProviderProcess
) -> None:
    page = context.new_page()
    seen: list[Request] = []
    page.on("request", lambda one: seen.append(one))
    to_provider(page, url, clinic, provider)
    let_in(page)
    expect(page).to_have_url(url + clinic.path("staff/"))
    expect(page.get_by_text("Dr. ann").first).to_be_visible()
    [back] = [one for one in seen if "/staff/single-sign-on/back" in one.url]
    headers = back.all_headers()
    assert headers["sec-fetch-site"] == "cross-site"
    assert "__Host-session=" in headers["cookie"], "Lax cookies come along when another site leads here"
    [cookie] = [one for one in context.cookies(url.replace("http", "https")) if one["name"] == "__Host-session"]
    assert (cookie["sameSite"], cookie["httpOnly"], cookie["secure"]) == ("Lax", True, True)
    leak = [
        one.url for one in seen if one.url.startswith(provider.url) and one.headers.get("referer", "").startswith(url)
    ]
    assert leak == [], "the provider is not told on which page somebody was"


def test_a_logout_at_the_provider_leaves_nothing_open_here(
    context: BrowserContext, url: str, clinic: Clinic, provider: ProviderProcess
) -> None:
    page = context.new_page()
    to_provider(page, url, clinic, provider)
    let_in(page)
    expect(page).to_have_url(url + clinic.path("staff/"))
    token = provider.logout_token(sid="sid-ann")
    answer = httpx.post(url + clinic.path("single-sign-on/logout"), data={"logout_token": token}, trust_env=False)
    assert answer.status_code == 200
    page.goto(url + clinic.path("staff/calendar"))
    expect(page.get_by_role("button", name="Sign in with Hospital ID")).to_be_visible()
    page.get_by_role("button", name="Sign in with Hospital ID").click()
    page.wait_for_url("**prompt=login**")


def test_who_may_not_come_in_is_told_so_and_led_back(
    context: BrowserContext, url: str, clinic: Clinic, provider: ProviderProcess
) -> None:
    page = context.new_page()
    to_provider(page, url, clinic, provider)
    let_in(page, groups="cooks")
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    page.get_by_role("link", name="Back to sign-in").click()
    expect(page).to_have_url(url + clinic.path("staff/sign-in"))
