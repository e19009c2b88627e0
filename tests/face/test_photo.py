"""A photo in a real browser: taken with the camera or chosen, with and without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import render_template_string
from playwright.sync_api import Browser, Locator, Page, expect

from portal.web.fields import PhotoField, PortalForm
from tests.accessibility.axe import check
from tests.face.site import Site
from tests.face.test_fields import image

pytestmark = pytest.mark.browser

PAGE = """
{% extends "layouts/patient.html" %}{% block title %}Photo{% endblock %}
{% block content %}<h1>Photo</h1>
{% call ui.form(action="/photo?lang=" ~ locale.language, upload=true) %}
{{ ui.field(form.skin) }}{{ ui.button("Send") }}{% endcall %}
{% endblock %}
"""
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}


class SkinForm(PortalForm):
    skin = PhotoField("Your skin", description="In daylight.")


class Server(Site):
    def __init__(self) -> None:
        self.taken: list[str | None] = []
        super().__init__()

    def add_pages(self) -> None:
        self.app.add_url_rule("/photo", "photo", self._photo, methods=["GET", "POST"])

    def _photo(self) -> str:
        form = SkinForm(meta={"csrf": False})
        if form.validate_on_submit():
            self.taken.append(form.skin.data.filename if form.skin.data else None)
        return render_template_string(PAGE, form=form)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture(params=[True, False], ids=["with-scripts", "without"])
def phone(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    with browser.new_context(**PHONE, java_script_enabled=request.param) as opened:
        page = opened.new_page()
        page.goto(f"{server.url}/photo")
        yield page


def give(field: Locator, name: str) -> None:
    field.set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": image()})


def test_phone_offers_its_camera_and_its_photos(phone: Page) -> None:
    camera, photos = phone.get_by_label("Take a photo"), phone.get_by_label("Choose a photo")
    for one in (camera, photos):
        expect(one).to_be_visible()
        expect(one).to_have_attribute("accept", "image/*")
    expect(camera).to_have_attribute("capture", "environment")
    assert photos.get_attribute("capture") is None  # it would take the gallery away
    expect(phone.get_by_role("group", name="Your skin")).to_have_accessible_description("In daylight.")


@pytest.mark.parametrize("way", ["Take a photo", "Choose a photo"])
def test_whichever_is_filled_is_taken(phone: Page, server: Server, way: str) -> None:
    give(phone.get_by_label(way), "skin.jpg")
    with phone.expect_navigation():
        phone.get_by_role("button", name="Send").click()
    assert server.taken == ["skin.jpg"]


def test_a_photo_need_not_be_given_twice(phone: Page, server: Server) -> None:
    with phone.expect_navigation():
        phone.get_by_role("button", name="Send").click()
    assert server.taken == [None]


def test_desk_has_one_way(browser: Browser, server: Server) -> None:
    with browser.new_context(**DESK) as opened:
        page = opened.new_page()
        page.goto(f"{server.url}/photo")
        expect(page.get_by_label("Choose a photo")).to_be_visible()
        expect(page.get_by_label("Take a photo")).to_be_hidden()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_photo_that_is_refused_is_told_to_everybody(
    browser: Browser, server: Server, size: dict[str, Any], language: str
) -> None:
    with browser.new_context(**size) as opened:
        page = opened.new_page()
        page.goto(f"{server.url}/photo?lang={language}")
        field = page.locator("input[type=file]:visible").first
        field.set_input_files({"name": "skin.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"})
        with page.expect_navigation():
            page.get_by_role("button", name="Send").click()
        group = page.get_by_role("group", name="Your skin")
        expect(group.locator(".error")).to_be_visible()
        expect(group.locator("input[type=file]:visible").first).to_have_attribute("aria-invalid", "true")
        assert page.evaluate("document.documentElement.lang") == language
        assert check(page).violations == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert server.taken == []
