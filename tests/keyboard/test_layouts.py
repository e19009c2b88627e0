"""Keys under other keyboards than the American one: what is printed counts, and the place where there is no letter."""

import pytest
from playwright.sync_api import expect

from tests.factories.visits import BookedVisit
from tests.keyboard.conftest import SitDown
from tests.support.keyboard import Keyboard

pytestmark = pytest.mark.browser
CONTROL_ALT = 3


def press_at(one: Keyboard, code: str, letter: str) -> None:
    """Ctrl, Alt and the key at this place, on which this letter is printed."""
    devtools = one.page.context.new_cdp_session(one.page)
    for kind in ("rawKeyDown", "keyUp"):
        event = {"type": kind, "modifiers": CONTROL_ALT, "code": code, "key": letter}
        devtools.send("Input.dispatchKeyEvent", event)
    devtools.detach()


#: Arabic, Russian, Option on a Mac, Dvorak.
SEARCH = [("KeyF", "ب"), ("KeyF", "а"), ("KeyF", "ƒ"), ("KeyY", "f")]


def test_the_key_of_the_search_works_on_every_keyboard(sit_down: SitDown, booked: BookedVisit) -> None:
    one = sit_down("staff/", booked.desk)
    for place, letter in SEARCH:
        press_at(one, place, letter)
        expect(one.page.get_by_role("searchbox")).to_be_focused()
        one.tab()
        expect(one.page.get_by_role("searchbox")).not_to_be_focused()


def test_the_place_of_another_letter_does_not_do_what_is_not_printed_on_it(
    sit_down: SitDown, arrived: None, booked: BookedVisit
) -> None:
    one = sit_down(f"staff/visits/{booked.visit_id}", booked.clinician)
    admit = one.page.get_by_role("button", name="Admit the patient")
    press_at(one, "KeyA", "q")
    expect(admit).not_to_be_focused()
    press_at(one, "KeyQ", "a")
    expect(admit).to_be_focused()


@pytest.mark.verify
def test_digits_are_found_by_their_place_where_they_need_shift(
    sit_down: SitDown, arrived: None, booked: BookedVisit
) -> None:
    one = sit_down(f"staff/visits/{booked.visit_id}", booked.clinician)
    one.press("Admit the patient")
    for place, sign in (("Digit1", "&"), ("Digit1", "١")):
        press_at(one, "Digit4", "4")
        expect(one.page.get_by_role("textbox", name="Plan")).to_be_focused()
        press_at(one, place, sign)
        expect(one.page.get_by_role("textbox", name="Subjective")).to_be_focused()
