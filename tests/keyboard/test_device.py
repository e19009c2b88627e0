"""The test of camera and sound by the keyboard alone, and what it says aloud."""

import pytest
from playwright.sync_api import expect

from tests.factories.visits import BookedVisit
from tests.keyboard.conftest import BOTH_WAYS, HEAR, SitDown
from tests.support.browser import PHONE

pytestmark = pytest.mark.browser
OUTCOMES = {"Camera": "fine", "Microphone": "fine", "Connection": "there is a problem", "Speed": "there is a problem"}


@BOTH_WAYS
def test_a_patient_tests_the_device_hears_each_outcome_once_and_saves(sit_down: SitDown, booked: BookedVisit) -> None:
    one = sit_down(f"p/{booked.patient_id}/device-test", booked.account, size=PHONE)
    outcomes = [f"{one.words(step)} {one.words(outcome)}" for step, outcome in OUTCOMES.items()]
    one.page.evaluate(HEAR)
    start = one.use("Start the test")
    root = one.page.locator("[data-device-test]")
    # There is no sidecar beside this portal: camera and microphone are there, the line is not.
    expect(one.page.locator("[data-step=microphone]")).to_have_text(outcomes[1], timeout=20_000)
    expect(root).to_have_attribute("data-state", "done", timeout=20_000)
    expect(one.page.locator("[data-step]")).to_have_text(outcomes)
    expect(one.page.locator("[data-verdict=message]")).to_be_visible()
    expect(start).to_be_focused()
    one.page.wait_for_function("document.querySelector('[data-preview]').currentTime > 0.1")
    said = [words for _, words in one.page.evaluate("heard")]
    for outcome in (*outcomes, one.words("We could not connect. The call may not work on this network.")):
        assert said.count(outcome) == 1, said
    one.use("Play a tone", key="Space")
    expect(one.page.locator("[name=camera][value=yes]")).to_be_checked()
    one.to_node(one.page.locator("[name=speaker]"))
    one.page.keyboard.press("Space")
    expect(one.page.locator("[name=speaker][value=yes]")).to_be_checked()
    one.press("Save the result")
    one.heading("Test your camera and sound")
    expect(one.page.locator("#result")).to_contain_text(
        one.words("A call may not work on this device. You can still write messages, or we can phone you.")
    )
