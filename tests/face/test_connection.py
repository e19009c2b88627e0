"""A lost connection in a real browser: it is said, what was typed stays, and a form goes when it can, once."""

import socket
from collections.abc import Iterator

import pytest
from flask import Response, make_response, redirect, render_template_string, request
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.face.site import Site

pytestmark = pytest.mark.browser

PAGE = """
{% extends "layouts/patient.html" %}{% block title %}Write{% endblock %}
{% block content %}<h1>Write</h1>
{% call ui.form(action="/plain") %}
{{ ui.input("text", "words", "Words") }}
{{ ui.input("text", "code", "Code", attributes={"autocomplete": "one-time-code"}) }}
{{ ui.button("Send", name="how", value="plainly") }}
{% endcall %}
{% call ui.form(action="/live", attributes={"hx-post": "/live", "hx-target": "#answer"}) %}
{{ ui.input("text", "live", "Live words") }}{{ ui.button("Send live") }}
{% endcall %}
<div id="answer"></div>
{% call ui.form(action="/plain", attributes={"data-forget": "/plain"}) %}{{ ui.button("Sign out") }}{% endcall %}
{% endblock %}
"""
DONE = """
{% extends "layouts/patient.html" %}{% block title %}Done{% endblock %}
{% block content %}<h1>Done</h1>{% endblock %}
"""


class Server(Site):
    """Acts once for an idempotency key, as the portal does; may lose its answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.acted: dict[str, dict[str, str]] = {}
        self.answers_to_lose = 0
        super().__init__()

    def add_pages(self) -> None:
        self.app.add_url_rule("/write", "write", self._write)
        self.app.add_url_rule("/done", "done", lambda: render_template_string(DONE))
        self.app.add_url_rule("/plain", "plain", self._plain, methods=["POST"])
        self.app.add_url_rule("/live", "live", self._live, methods=["POST"])

    def _write(self) -> Response:
        # As the portal's pages are: a browser puts nothing back into them by itself.
        return make_response(render_template_string(PAGE), {"Cache-Control": "no-store"})

    def _plain(self) -> Response:
        self._act()
        return redirect("/done", 303)  # type: ignore[return-value]

    def _live(self) -> str:
        self._act()
        return "<p>Taken</p>"

    def _act(self) -> None:
        self.asked.append(dict(request.form))
        self.acted.setdefault(request.form["idempotency_key"], dict(request.form))
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def written(page: Page, server: Server) -> Page:
    page.goto(f"{server.url}/write")
    page.get_by_label("Words", exact=True).fill("Rest and fluids")
    page.get_by_label("Live words").fill("Said live")
    return page


def told(page: Page) -> str:
    return page.locator("[data-connection]").inner_text()


def test_form_waits_for_the_connection_and_goes_by_itself_once(
    written: Page, context: BrowserContext, server: Server
) -> None:
    context.set_offline(True)
    written.get_by_role("button", name="Send", exact=True).click()
    expect(written.locator("[data-connection]")).to_contain_text("sent by itself")
    assert server.asked == []
    context.set_offline(False)
    written.wait_for_url("**/done")
    assert [(one["words"], one["how"]) for one in server.asked] == [("Rest and fluids", "plainly")]


def test_what_is_typed_meanwhile_goes_too(written: Page, context: BrowserContext, server: Server) -> None:
    context.set_offline(True)
    written.get_by_role("button", name="Send", exact=True).click()
    written.get_by_label("Words", exact=True).fill("Rest and fluids, and sleep")
    context.set_offline(False)
    written.wait_for_url("**/done")
    assert server.asked[0]["words"] == "Rest and fluids, and sleep"


def test_htmx_form_waits_too_and_is_answered_in_place(written: Page, context: BrowserContext, server: Server) -> None:
    context.set_offline(True)
    written.get_by_role("button", name="Send live").click()
    expect(written.locator("[data-connection]")).to_contain_text("sent by itself")
    context.set_offline(False)
    expect(written.locator("#answer")).to_have_text("Taken")
    expect(written.locator("[data-connection]")).to_be_empty()
    assert [one["live"] for one in server.asked] == ["Said live"]
    expect(written.get_by_label("Words", exact=True)).to_have_value("Rest and fluids")


def test_an_answer_takes_no_warning_away_that_somebody_else_says(written: Page, server: Server) -> None:
    written.evaluate("document.querySelector('[data-connection]').textContent = 'This screen locks soon.'")
    written.get_by_role("button", name="Send live").click()
    expect(written.locator("#answer")).to_have_text("Taken")
    assert told(written) == "This screen locks soon."


@pytest.mark.parametrize("button", ["Send", "Send live"])
def test_reader_may_say_no(written: Page, context: BrowserContext, server: Server, button: str) -> None:
    context.set_offline(True)
    written.get_by_role("button", name=button, exact=True).click()
    written.get_by_role("button", name="Do not send it").click()
    expect(written.locator("[data-connection]")).to_be_empty()
    asked: list[str] = []
    written.on("request", lambda one: asked.append(one.url))
    context.set_offline(False)
    written.evaluate("() => fetch('/done').then((answer) => answer.text())")
    assert server.asked == []
    assert asked == [f"{server.url}/done"]
    expect(written.get_by_label("Words", exact=True)).to_have_value("Rest and fluids")


def test_htmx_answer_that_was_lost_is_asked_for_again_and_acts_once(written: Page, server: Server) -> None:
    server.answers_to_lose = 1
    written.get_by_role("button", name="Send live").click()
    expect(written.locator("#answer")).to_have_text("Taken", timeout=15_000)
    assert len(server.asked) == 2
    assert len(server.acted) == 1


def test_back_from_an_answer_that_was_lost_the_words_are_there_and_act_once(written: Page, server: Server) -> None:
    server.answers_to_lose = 8  # the browser itself asks again where a connection that was kept open breaks
    written.get_by_label("Code").fill("123456")
    written.get_by_role("button", name="Send", exact=True).click(no_wait_after=True)
    with pytest.raises(Error, match=r"EMPTY_RESPONSE|CONNECTION"):
        written.wait_for_url("**/done")
    server.answers_to_lose = 0
    written.wait_for_url("chrome-error://**")  # only then there is a page to go back from
    written.go_back()
    expect(written.get_by_label("Words", exact=True)).to_have_value("Rest and fluids")
    written.get_by_role("button", name="Send", exact=True).click()
    written.wait_for_url("**/done")
    assert len(server.asked) >= 2
    assert len(server.acted) == 1


def test_nothing_that_was_typed_stays_in_the_tab_once_it_is_taken(written: Page, server: Server) -> None:
    written.get_by_role("button", name="Send", exact=True).click()
    written.wait_for_url("**/done")
    assert written.evaluate("sessionStorage.length") == 0


def test_codes_are_not_kept_in_the_tab(written: Page, server: Server) -> None:
    written.evaluate("() => document.addEventListener('submit', (event) => event.preventDefault())")
    written.get_by_label("Code").fill("123456")
    written.get_by_role("button", name="Send", exact=True).click()
    kept = written.evaluate("sessionStorage.getItem('sent')")
    assert "Rest and fluids" in kept and "123456" not in kept


def test_signing_out_without_a_connection_hides_the_page_and_follows(
    written: Page, context: BrowserContext, server: Server
) -> None:
    written.evaluate("sessionStorage.setItem('draft:note', 'words')")
    context.set_offline(True)
    written.get_by_role("button", name="Sign out").click()
    assert "you are signed out when you are connected again" in told(written)
    expect(written.get_by_role("heading", name="Write")).to_be_hidden()
    expect(written.get_by_role("button", name="Do not send it")).to_have_count(0)
    assert written.evaluate("sessionStorage.length") == 0
    context.set_offline(False)
    written.wait_for_url("**/done")
    assert len(server.asked) == 1


def test_portal_that_is_away_is_no_connection(written: Page, context: BrowserContext, server: Server) -> None:
    context.set_offline(True)
    written.get_by_role("button", name="Send", exact=True).click()
    server.stop()
    with written.expect_event("requestfailed", lambda one: one.url.endswith("/healthz")):
        context.set_offline(False)
    assert server.asked == []
    assert "sent by itself" in told(written)
    with pytest.raises(Error):
        written.request.get(f"{server.url}/done")
