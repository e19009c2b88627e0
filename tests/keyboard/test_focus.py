"""Where the focus is after what happens on a page: on what is wrong, on what opened it, or where it was."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.factories.identity import PASSWORD
from tests.factories.visits import BookedVisit
from tests.keyboard.conftest import BOTH_WAYS, SitDown
from tests.support.browser import DESK, PHONE
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.keyboard import Keyboard

pytestmark = pytest.mark.browser

#: (page, who, the button that sends its form): each kind of form of a patient, of the desk and of an administrator.
REFUSED = [
    ("sign-in", None, "Send me a code"),
    ("p/{0.patient_id}/details/contact", "account", re.compile("Save")),
    ("staff/patients/new", "desk", "Make the record"),
    ("staff/people/invite", "admin", re.compile("Invite|Send")),
]


@pytest.mark.parametrize(("path", "who", "button"), REFUSED, ids=[path for path, _, _ in REFUSED])
def test_a_refused_form_puts_the_focus_on_what_is_wrong_and_its_link_leads_to_the_field(
    sit_down: SitDown, booked: BookedVisit, path: str, who: str | None, button: str | re.Pattern[str]
) -> None:
    one = sit_down(path.format(booked), getattr(booked, who) if who else None, size=PHONE)
    one.empty("textbox")
    one.press(button)
    summary = one.page.locator(".error-summary")
    expect(summary).to_be_focused()
    link = summary.get_by_role("link").first
    target = str(link.get_attribute("href"))
    one.tab()
    expect(link).to_be_focused()
    one.page.keyboard.press("Enter")
    expect(one.page.locator(target)).to_be_focused()
    expect(one.page.locator(target)).to_be_in_viewport()


def test_without_javascript_a_refused_forms_summary_stands_first_and_its_link_moves_the_next_press_of_tab(
    sit_down: SitDown, booked: BookedVisit
) -> None:
    one = sit_down("sign-in", size=PHONE, javascript=False)
    one.press("Send me a code")
    one.to("link", re.compile("hone"))
    one.page.keyboard.press("Enter")
    expect(one.page.locator(".input").first).to_be_focused()


def test_escape_closes_a_menu_and_goes_back_to_what_opened_it(sit_down: SitDown, booked: BookedVisit) -> None:
    one = sit_down("sign-in", size=PHONE)
    opener = one.page.locator("nav.languages summary")
    one.to_node(opener)
    one.page.keyboard.press("Enter")
    one.tab()
    expect(opener).not_to_be_focused()
    one.page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(one.page.locator("nav.languages details")).not_to_have_attribute("open", "")


def test_escape_closes_a_dialog_and_goes_back_to_what_opened_it(browser: Browser, url: str) -> None:
    one = Keyboard(browser.new_page())
    one.open(f"{url}/design/dialog")
    dialog = one.page.locator("details.dialog:not([open])").first
    opener = dialog.locator("summary")
    one.to_node(opener)
    opened = dialog.evaluate_handle("node => node")
    one.page.keyboard.press("Enter")
    one.tab()
    assert opened.evaluate("node => node.open && node.contains(document.activeElement)")
    one.page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    assert not opened.evaluate("node => node.open")
    one.page.close()


def test_who_stands_on_a_card_of_the_board_stands_there_after_a_poll_replaced_it(
    sit_down: SitDown, morning: None, booked: BookedVisit, clock: Clock
) -> None:
    one = sit_down("staff/", booked.desk)
    one.page.clock.install()
    one.page.reload()
    one.to("link", re.compile("Move the visit of Maria Gomez"))
    one.page.evaluate("window.before = document.activeElement")
    clock.advance(minutes=25)
    with one.page.expect_response(lambda answer: "version=" in answer.url and answer.status == 200):
        one.page.clock.fast_forward(15_000)
    expect(one.page.locator("#board")).to_contain_text("Late")
    expect(one.page.get_by_role("link", name="Move the visit of Maria Gomez")).to_be_focused()
    assert not one.page.evaluate("before.isConnected"), "the poll replaced what had the focus"


def test_a_card_whose_button_is_gone_leaves_the_focus_on_the_board(
    sit_down: SitDown, morning: None, booked: BookedVisit, clock: Clock, database: object
) -> None:
    first = sit_down("staff/", booked.desk)
    first.page.clock.install()
    first.page.reload()
    first.to("button", "Check in Maria Gomez")
    second = sit_down("staff/", booked.desk)
    second.press("Check in Maria Gomez")
    with first.page.expect_response(lambda answer: "version=" in answer.url and answer.status == 200):
        first.page.clock.fast_forward(15_000)
    expect(first.page.locator("#board")).to_contain_text("Arrived at")
    assert first.page.evaluate("document.querySelector('#board').contains(document.activeElement)")


def test_locking_puts_the_focus_into_the_lock_page_and_unlocking_leads_back(
    sit_down: SitDown, booked: BookedVisit, clinic: Clinic
) -> None:
    one = sit_down("staff/", booked.desk)
    with one.page.expect_navigation():
        one.page.keyboard.press("Control+Alt+L")
    expect(one.page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    one.write("Password", PASSWORD)
    one.press("Unlock")
    one.heading("Today")


def test_locking_beside_a_call_gives_the_focus_to_the_new_heading_and_then_back_to_the_line_one_wrote(
    sit_down: SitDown, arrived: None, booked: BookedVisit
) -> None:
    one = sit_down(f"staff/visits/{booked.visit_id}", booked.clinician)
    one.press("Admit the patient")
    one.write(re.compile("Assessment"), "Cold")
    one.page.evaluate("document.querySelector('[data-visit-call]').dataset.state = 'connected'")
    one.page.keyboard.press("Control+Alt+L")
    expect(one.page.get_by_role("heading", name="This screen is locked")).to_be_focused()
    one.write("Password", PASSWORD)
    one.to("button", "Unlock")
    one.page.keyboard.press("Enter")
    expect(one.page.get_by_role("textbox", name="Assessment")).to_be_focused()


#: Further pages: papers and settings of a patient, lists and records of staff.
FURTHER = [
    ("p/{0.patient_id}/device-test", "account", PHONE),
    ("p/{0.patient_id}/access", "account", PHONE),
    ("p/{0.patient_id}/visits/{0.visit_id}", "account", PHONE),
    ("p/{0.patient_id}/book", "account", PHONE),
    ("display", None, PHONE),
    ("staff/my-day", "clinician", DESK),
    ("staff/patients", "desk", DESK),
    ("staff/patients/{0.patient_id}", "desk", DESK),
    ("staff/patients/{0.patient_id}/access", "admin", DESK),
    ("staff/patients/{0.patient_id}/history", "clinician", DESK),
    ("staff/people", "admin", DESK),
    ("staff/invoices", "desk", DESK),
    ("staff/book?patient={0.patient_id}", "desk", DESK),
    ("staff/keys", "desk", DESK),
]


@BOTH_WAYS
@pytest.mark.parametrize(
    ("path", "who", "size"),
    [
        ("sign-in", None, PHONE),
        ("p/{0.patient_id}/details/contact", "account", PHONE),
        pytest.param("p/{0.patient_id}/", "account", PHONE, marks=pytest.mark.verify),
        pytest.param("staff/", "desk", DESK, marks=pytest.mark.verify),
        pytest.param("staff/calendar", "desk", DESK, marks=pytest.mark.verify),
        pytest.param("staff/visits/{0.visit_id}", "clinician", DESK, marks=pytest.mark.verify),
        pytest.param("staff/visit-types/{0.visit_type_id}", "admin", DESK, marks=pytest.mark.verify),
        *(pytest.param(*page, marks=pytest.mark.verify) for page in FURTHER),
    ],
)
def test_tab_goes_through_a_page_as_it_is_read_and_comes_out_of_it(
    sit_down: SitDown, morning: None, booked: BookedVisit, path: str, who: str | None, size: dict[str, int]
) -> None:
    _reads_in_order(sit_down(path.format(booked), getattr(booked, who) if who else None, size=size))


@pytest.mark.verify
@pytest.mark.parametrize("language", ["en", "ar"])
def test_arrows_go_where_they_point(sit_down: SitDown, booked: BookedVisit, language: str) -> None:
    one = sit_down("staff/patients", booked.desk)
    radios = one.page.locator("[name=status]")
    one.to_node(radios)
    first, second = (radios.nth(number).bounding_box() for number in (0, 1))
    assert first and second and first["y"] == second["y"], "they stand beside each other"
    on = "ArrowLeft" if second["x"] < first["x"] else "ArrowRight"
    assert on == {"en": "ArrowRight", "ar": "ArrowLeft"}[language]
    one.page.keyboard.press(on)
    expect(radios.nth(1)).to_be_focused()
    expect(radios.nth(1)).to_be_checked()
    one.page.keyboard.press("ArrowRight" if on == "ArrowLeft" else "ArrowLeft")
    expect(radios.nth(0)).to_be_focused()


def _reads_in_order(one: Keyboard) -> None:
    """Once round the page: every stop lies after the one before, and nothing that can be reached is left out."""
    one.page.evaluate("window.stops = []")
    for _ in range(150):
        if not one.tab():
            break
        one.page.evaluate("stops.push(document.activeElement)")
    else:
        raise AssertionError("Tab does not come out of " + one.page.url)
    wrong = one.page.evaluate(ORDER)
    assert wrong == [], f"{one.page.url}: {wrong}"
    assert one.page.evaluate("stops.length") > 3


#: What stands wrong in the order of the stops. A column beside another one begins above where the last one ended.
ORDER = """() => {
  const wrong = [], short = (node) => node.outerHTML.slice(0, 120);
  stops.forEach((node, at) => {
    const before = stops[at - 1];
    if (!before) return;
    const follows = before.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (!follows) wrong.push("document: " + short(node));
    const a = before.getBoundingClientRect(), b = node.getBoundingClientRect();
    const left = b.right <= a.left, right = b.left >= a.right, flows = document.dir === "rtl" ? left : right;
    const exempt = before.closest("header") || a.height < 2;
    if (b.bottom <= a.top && !flows && !exempt) wrong.push("screen: " + short(before) + " then " + short(node));
    const row = a.top < b.bottom && b.top < a.bottom;
    if (row && (left || right) && !flows && !exempt) wrong.push("row: " + short(before) + " then " + short(node));
  });
  const pressed = "a[href], button, select, textarea, summary, input:not([type=hidden])";
  const reachable = Array.from(document.querySelectorAll(pressed))
    .filter((node) => node.checkVisibility() && !node.disabled && node.type !== "radio" && node.tabIndex >= 0);
  return wrong.concat(reachable.filter((node) => !stops.includes(node)).map((node) => "left out: " + short(node)));
}"""
