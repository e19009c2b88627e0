"""The person at the keyboard sees: each fault that a page can have, planted, is refused."""

import pytest
from playwright.sync_api import Browser

from tests.support.keyboard import Keyboard

pytestmark = pytest.mark.browser

PAGE = """<style>:focus { outline: 3px solid blue } %s</style>
<button class="first">One</button> <button>Two</button><div class="over"></div>"""


@pytest.fixture
def one(browser: Browser) -> Keyboard:
    return Keyboard(browser.new_page())


def test_a_page_without_a_fault_is_gone_through(one: Keyboard) -> None:
    one.page.set_content(PAGE % "")
    one.to("button", "Two")
    assert one.passed == ["button[submit] “One”", "button[submit] “Two”"]


@pytest.mark.parametrize(
    ("style", "says"),
    [
        (":focus { outline: 0 }", "shows no focus"),
        ("button { outline: 3px solid blue }", "looks the same"),
        (".over { position: fixed; top: 0; left: 0; width: 100%; height: 100% }", "is covered"),
        (".first { position: fixed; left: -500px }", "is not on the screen"),
        (".first { opacity: 0 }", "has no size"),
    ],
)
def test_a_planted_fault_is_seen(one: Keyboard, style: str, says: str) -> None:
    one.page.set_content(PAGE % style)
    with pytest.raises(AssertionError, match=says):
        one.to("button", "Two")
        one.tab()


def test_what_tab_does_not_reach_is_told_with_what_it_passed(one: Keyboard) -> None:
    one.page.set_content(PAGE % "" + "<button tabindex='-1'>Three</button>")
    with pytest.raises(AssertionError, match=r"(?s)does not reach button 'Three'.*One.*Two"):
        one.to("button", "Three")
