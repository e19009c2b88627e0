"""A lost connection in a real browser: it is said, what was typed stays, and a form goes when it can, once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.face.writing_server import WritingServer as Server

pytestmark = pytest.mark.browser


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


@pytest.fixture
def written_for_long(written: Page) -> Page:
    """Whoever has written for a minute has not heard the server since. From here on the test says what time it is."""
    written.clock.install()
    written.clock.fast_forward("01:00")
    return written


def press(page: Page, name: str = "Send") -> None:
    page.get_by_role("button", name=name, exact=True).click(no_wait_after=True)


def give_up(page: Page, name: str = "Send") -> None:
    """Press, and wait for the server for as long as the page does."""
    with page.expect_request("**/healthz"):
        press(page, name)
    page.clock.fast_forward("00:08")


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
    assert "Send it again" in told(written) and "Enter passwords, codes and files again" in told(written)
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


def test_line_that_leads_nowhere_keeps_the_form_and_it_goes_once_by_itself(
    written_for_long: Page, server: Server
) -> None:
    page = written_for_long
    server.silent = "/"
    give_up(page)
    expect(page.locator("[data-connection]")).to_contain_text("sent by itself")
    assert server.asked == []
    server.silent = None
    page.clock.fast_forward("00:02")
    page.wait_for_url("**/done")
    assert [(one["words"], one["how"]) for one in server.asked] == [("Rest and fluids", "plainly")]


def test_line_that_refuses_keeps_the_form_and_it_goes_once_by_itself(written_for_long: Page, server: Server) -> None:
    page = written_for_long
    page.route("**/*", lambda route: route.abort("connectionrefused"))
    press(page)
    expect(page.locator("[data-connection]")).to_contain_text("sent by itself")
    page.clock.fast_forward("00:02")  # it looks, in vain
    page.unroute("**/*")
    page.clock.fast_forward("00:30")
    page.wait_for_url("**/done")
    assert [(one["words"], one["how"]) for one in server.asked] == [("Rest and fluids", "plainly")]


def test_server_that_was_just_heard_is_not_asked_first(written: Page, server: Server) -> None:
    asked: list[str] = []
    written.on("request", lambda one: asked.append(one.url))
    press(written)
    written.wait_for_url("**/done")
    assert asked[0] == f"{server.url}/plain"
    assert len(server.asked) == 1


def test_line_that_is_good_costs_one_question(written_for_long: Page, server: Server) -> None:
    asked: list[str] = []
    written_for_long.on("request", lambda one: asked.append(one.url))
    press(written_for_long)
    written_for_long.wait_for_url("**/done")
    assert asked[:2] == [f"{server.url}/healthz", f"{server.url}/plain"]
    assert [one["how"] for one in server.asked] == ["plainly"]


def test_answer_of_an_htmx_request_is_a_word_of_the_server_too(written_for_long: Page, server: Server) -> None:
    press(written_for_long, "Send live")
    expect(written_for_long.locator("#answer")).to_have_text("Taken")
    asked: list[str] = []
    written_for_long.on("request", lambda one: asked.append(one.url))
    press(written_for_long)
    written_for_long.wait_for_url("**/done")
    assert asked[0] == f"{server.url}/plain"


def test_second_press_while_the_server_is_asked_sends_once(written_for_long: Page, server: Server) -> None:
    page = written_for_long
    server.silent = "/"
    with page.expect_request("**/healthz"):
        press(page)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    press(page)
    assert page.evaluate("document.title")  # the press has been dealt with
    assert asked == []
    server.release.set()
    page.wait_for_url("**/done")
    assert len(server.asked) == 1


def test_press_on_a_form_that_is_kept_looks_at_once(written_for_long: Page, server: Server) -> None:
    page = written_for_long
    server.silent = "/"
    give_up(page)
    expect(page.locator("[data-connection]")).to_contain_text("sent by itself")
    server.silent = None
    press(page)
    page.wait_for_url("**/done")
    assert len(server.asked) == 1


@pytest.mark.parametrize("knows", [True, False])
def test_codes_are_not_sent_by_themselves(
    written_for_long: Page, context: BrowserContext, server: Server, knows: bool
) -> None:
    page = written_for_long
    page.get_by_label("Code").fill("123456")
    server.silent = "/"
    if knows:
        context.set_offline(True)
        press(page)
    else:
        give_up(page)
    expect(page.locator("[data-connection]")).to_contain_text("Try again when you are connected")
    expect(page.get_by_role("button", name="Do not send it")).to_have_count(0)
    expect(page.get_by_label("Code")).to_have_value("123456")
    server.silent = None
    context.set_offline(False)
    page.clock.fast_forward("05:00")
    press(page)
    page.wait_for_url("**/done")
    assert [one["code"] for one in server.asked] == ["123456"]


def test_form_that_gets_no_answer_is_called_back_and_acts_once(written: Page, server: Server) -> None:
    # While a page is on its way to another it takes no word from a test: it is told before that time runs fast.
    written.evaluate(
        """() => {
             const real = setTimeout;
             window.setTimeout = (act, after) => real(act, after === 8000 ? 1000 : after / 100);
           }"""
    )
    server.silent = "/"
    press(written)
    expect(written.locator("[data-connection]")).to_contain_text("sent by itself")
    server.silent = None
    written.wait_for_url("**/done")
    server.stop()  # what hung has come through as well
    assert len(server.acted) == 1


def test_form_that_is_slow_with_a_server_that_is_there_is_let_alone(written: Page, server: Server) -> None:
    written.evaluate(
        """() => {
             const real = setTimeout, fetched = fetch;
             window.setTimeout = (act, after) => real(act, after === 30000 ? 0 : after);
             window.fetch = (address, ...rest) => fetched(address, ...rest).then((answer) => {
               real(() => fetched("/told", { method: "POST", body: address }));
               return answer;
             });
           }"""
    )
    server.silent = "/plain"
    press(written)
    assert server.told.get(timeout=10) == "/healthz"
    server.release.set()
    written.wait_for_url("**/done")
    assert len(server.asked) == 1


def test_search_that_answers_while_one_types_says_that_it_is_slow(written: Page, server: Server) -> None:
    server.silent = "/find"
    written.get_by_label("Find").fill("Rosa")
    expect(written.locator("[data-connection]")).to_contain_text("The connection is slow")
    server.release.set()
    expect(written.locator("#answer")).to_have_text("Found")
    expect(written.locator("[data-connection]")).to_be_empty()


@pytest.mark.parametrize("photo", [True, False])
def test_photo_that_is_on_its_way_is_not_called_back(written: Page, server: Server, photo: bool) -> None:
    """Its bytes may fill the line, so that no question gets through beside them."""
    if photo:
        written.get_by_label("Photo").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"bytes"})
    written.evaluate(
        """() => {
             const real = setTimeout, set = [];
             window.setTimeout = (act, after) => { set.push(after); return real(act, after); };
             document.addEventListener("submit", () => fetch("/told", { method: "POST", body: set }));
           }"""
    )
    press(written)
    timers = server.told.get(timeout=10).split(",")
    assert ("30000" in timers) is not photo
    assert "400" in timers


def test_signing_out_on_a_line_that_leads_nowhere_hides_the_page(written_for_long: Page, server: Server) -> None:
    server.silent = "/"
    give_up(written_for_long, "Sign out")
    expect(written_for_long.get_by_role("heading", name="Write")).to_be_hidden()
    server.silent = None
    written_for_long.clock.fast_forward("00:02")
    written_for_long.wait_for_url("**/done")
    assert len(server.asked) == 1
