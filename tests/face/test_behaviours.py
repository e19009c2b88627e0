"""The small scripts in a real browser: nothing typed is lost, nothing is sent twice, errors are found by keyboard."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Response, jsonify, render_template_string, request
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.face.site import Site

pytestmark = pytest.mark.browser

NOTE = """
{% extends "layouts/staff.html" %}{% block title %}Note{% endblock %}
{% block scripts %}{{ assets.script(csp_nonce, "js/autosave.js") }}{% endblock %}
{% block content %}<h1>Note</h1>
{% call ui.form(autosave={"url": "/save", "key": "note-1", "version": note.version}) %}
{{ ui.input("textarea", "plan", "Plan", value=note.plan) }}{{ ui.button("Sign") }}{% endcall %}{% endblock %}
"""
ONCE = """
{% extends "layouts/patient.html" %}{% block title %}Once{% endblock %}
{% block content %}<h1>Once</h1>{% call ui.form() %}{{ ui.button("Pay") }}{% endcall %}{% endblock %}
"""


class Server(Site):
    """The design system's application with a note that saves itself, kept in memory."""

    def __init__(self) -> None:
        self.note: dict[str, Any] = {"version": 1, "plan": ""}
        self.signed_in = True
        self.answers_to_lose = 0
        self.posts: list[str] = []
        self.keys: list[str] = []
        self.told = threading.Event()
        super().__init__()

    def add_pages(self) -> None:
        app = self.app
        app.add_url_rule("/note", "note", self._note, methods=["GET", "POST"])
        app.add_url_rule("/save", "save", self._save, methods=["POST"])
        app.add_url_rule("/told", "told", self._told, methods=["POST"])
        app.add_url_rule("/once", "once", self._once, methods=["GET", "POST"])

    def _note(self) -> str:
        if request.method == "POST":
            self.posts.append(request.form["plan"])
        return render_template_string(NOTE, note=self.note)

    def _save(self) -> Response:
        self.keys.append(request.form["idempotency_key"])
        if not self.signed_in:
            return Response(status=401)
        if request.form["plan"] == self.note["plan"]:
            return jsonify(version=self.note["version"])
        if int(request.form["version"]) != self.note["version"]:
            response = jsonify(url="/note?both=1")
            response.status_code = 409
            return response
        self.note = {"version": self.note["version"] + 1, "plan": request.form["plan"]}
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            return Response(status=502)
        return jsonify(version=self.note["version"])

    def _told(self) -> Response:
        assert request.get_data(as_text=True) == "Still working. The connection is slow."
        self.told.set()
        return Response(status=204)

    def _once(self) -> str:
        if request.method == "POST":
            self.posts.append("paid")
            self.release.wait(20)
        return render_template_string(ONCE)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


def state(page: Page, name: str) -> None:
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", name, timeout=15_000)


def test_note_saves_itself_while_one_types(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/note")
    page.get_by_label("Plan").fill("Rest and fluids")
    state(page, "saved")
    page.get_by_label("Plan").press_sequentially(", review in a week")
    state(page, "unsaved")
    state(page, "saved")
    assert server.note == {"version": 3, "plan": "Rest and fluids, review in a week"}
    assert len(set(server.keys)) == 2
    assert page.evaluate("sessionStorage.length") == 0


def test_lost_connection_loses_no_word(page: Page, context: BrowserContext, server: Server) -> None:
    page.goto(f"{server.url}/note")
    context.set_offline(True)
    page.get_by_label("Plan").fill("Written in a tunnel")
    state(page, "offline")
    context.set_offline(False)
    state(page, "saved")
    assert server.note["plan"] == "Written in a tunnel"


def test_page_that_closed_before_it_saved_puts_the_text_back(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/note")
    page.evaluate(
        """kept => sessionStorage.setItem("draft:note-1", JSON.stringify(kept))""",
        {"version": "1", "values": ["Not sent yet"], "pending": None},
    )
    page.reload()
    expect(page.get_by_label("Plan")).to_have_value("Not sent yet")
    state(page, "saved")
    assert server.note["plan"] == "Not sent yet"
    assert page.evaluate("sessionStorage.length") == 0


def test_lost_answer_is_no_conflict_with_oneself(page: Page, server: Server) -> None:
    server.answers_to_lose = 1
    page.goto(f"{server.url}/note")
    with page.expect_response("**/save"):
        page.get_by_label("Plan").fill("Stored, but nobody said so")
    assert server.note["version"] == 2
    page.get_by_label("Plan").press_sequentially(", and more")
    state(page, "saved")
    assert server.note == {"version": 3, "plan": "Stored, but nobody said so, and more"}


def test_second_tab_overwrites_nothing(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/note")
    server.note = {"version": 2, "plan": "From the other tab"}
    page.get_by_label("Plan").fill("From this tab")
    state(page, "conflict")
    expect(page.get_by_role("link", name="See both versions")).to_have_attribute("href", "/note?both=1")
    assert server.note["plan"] == "From the other tab"
    assert "From this tab" in page.evaluate("sessionStorage.getItem('draft:note-1')")


def test_session_that_ends_while_typing_leaves_the_text_and_a_way_back(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/note")
    server.signed_in = False
    page.get_by_label("Plan").fill("Typed after the session ended")
    state(page, "signed-out")
    server.signed_in = True
    page.get_by_role("link", name="Sign in").click()
    state(page, "saved")
    expect(page.get_by_label("Plan")).to_have_value("Typed after the session ended")
    assert server.note["plan"] == "Typed after the session ended"


def test_signing_saves_first(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/note")
    page.get_by_label("Plan").fill("Last words")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign").click()
    assert server.note["plan"] == "Last words"
    assert server.posts == ["Last words"]


def test_double_press_sends_once_and_slowness_is_told(page: Page, server: Server) -> None:
    page.add_init_script(
        """new MutationObserver(() => {
             const text = document.querySelector("[data-connection]")?.textContent;
             if (text) fetch("/told", {method: "POST", body: text});
           }).observe(document, {subtree: true, childList: true})"""
    )
    page.goto(f"{server.url}/once")
    page.get_by_role("button", name="Pay").dblclick(no_wait_after=True)
    assert server.told.wait(10)
    with page.expect_navigation():
        server.release.set()
    assert server.posts == ["paid"]


def test_error_summary_has_the_focus_and_leads_to_the_field(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/design")
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name="Date of birth").click()
    expect(page.locator("#b-birth_date-month")).to_be_focused()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("path", ["/design", "/design/visit"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_wider_than_the_screen(
    browser: Browser, server: Server, width: int, path: str, language: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 640})
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.goto(f"{server.url}{path}?lang={language}")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, select, textarea, input:not([type=hidden])')]
             .filter((node) => !/radio|checkbox/.test(node.type) && node.getClientRects().length
                               && node.getBoundingClientRect().height < 44).map((node) => node.outerHTML)"""
    )
    assert small == []
    assert complaints == []
    page.close()


def test_stylesheet_is_fetched_ahead_for_the_next_page(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/once", wait_until="networkidle")
    assert len(asked) <= 4, asked
    assert any(url.endswith("css/portal.css") for url in asked)
