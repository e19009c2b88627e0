"""Staff's journeys by the keyboard alone: the desk, a clinician beside a call, an administrator."""

import re
from uuid import UUID

import pytest
from playwright.sync_api import expect

from portal.identity import current_code
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import AUTHENTICATOR, PASSWORD, enrol, staff_member
from tests.factories.visits import BookedVisit
from tests.keyboard.conftest import BOTH_WAYS, TIME, SitDown
from tests.support.clinics import Clinic
from tests.support.clock import Clock

pytestmark = pytest.mark.browser


@BOTH_WAYS
def test_the_desk_finds_a_card_by_its_keys_and_checks_in(sit_down: SitDown, booked: BookedVisit, morning: None) -> None:
    one = sit_down("staff/", booked.desk)
    one.page.keyboard.press("Control+Alt+J")
    expect(one.page.get_by_role("link", name="Maria Gomez", exact=True)).to_be_focused()
    one.press(one.like("Check in %(name)s", name="Maria Gomez"))
    expect(one.page.get_by_role("button", name=one.like("Check in %(name)s", name="Maria Gomez"))).to_have_count(0)
    one.tab()
    expect(one.page.locator(f"#visit-{booked.visit_id} :focus")).to_have_count(1)  # and goes on at the card
    one.follow("Day after", back=True)
    one.follow("Day before")
    one.heading("Today, %(day)s", day="")


@pytest.mark.verify
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_desk_finds_a_patient_and_books_for_them(sit_down: SitDown, booked: BookedVisit, morning: None) -> None:
    one = sit_down("staff/", booked.desk)
    one.page.keyboard.press("Control+Alt+F")
    one.page.keyboard.type("Other")
    with one.page.expect_navigation():
        one.page.keyboard.press("Enter")
    one.follow(re.compile("Other"))
    one.follow("Book a visit")
    one.press(TIME)
    one.press("Book this visit")
    one.reads("Booked")


@BOTH_WAYS
def test_a_clinician_admits_writes_a_note_finds_a_diagnosis_and_signs(
    sit_down: SitDown, booked: BookedVisit, arrived: None
) -> None:
    one = sit_down(f"staff/visits/{booked.visit_id}", booked.clinician)
    one.page.keyboard.press("Control+Alt+A")
    expect(one.focused()).to_have_text(one.words("Admit the patient"))
    with one.page.expect_navigation():
        one.page.keyboard.press("Enter")
    for field, words in (("Subjective", "Cough"), ("Objective", "Clear"), ("Assessment", "Cold"), ("Plan", "Rest")):
        one.write(field, words)
    one.write("Find a diagnosis (ICD-10-CM)", "acute bronchitis", role="searchbox")
    found = one.page.locator("#diagnosis-results button")
    expect(found.first).to_be_visible(timeout=20_000)  # the first search of a process reads the whole list
    one.to_node(found)
    one.page.keyboard.press("Enter")
    expect(one.page.locator("#note-diagnoses")).to_contain_text("onchitis")
    one.tab()
    one.page.keyboard.press("Control+Alt+G")
    with one.page.expect_navigation():
        one.page.keyboard.press("Enter")
    one.reads("A signed note does not change. What you add stands below it, with your name and the time.")


@BOTH_WAYS
def test_the_calls_controls_are_reached_and_left_by_tab(sit_down: SitDown, booked: BookedVisit, arrived: None) -> None:
    one = sit_down(f"staff/visits/{booked.visit_id}", booked.clinician)
    one.press("Admit the patient")
    one.to("button", "Join the call")
    one.to("textbox", "Message")
    one.page.keyboard.type("Can you hear me?")
    one.to("button", "Send")
    one.page.keyboard.press("Enter")
    expect(one.page.locator("[data-chat]")).to_contain_text("Can you hear me?")
    expect(one.page.get_by_role("textbox", name=one.words("Message"))).to_have_value("")
    assert one.page.evaluate("document.activeElement !== document.body"), "sending leaves one where one writes"
    one.to("button", "Sign the note")


@pytest.mark.verify
@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_administrator_changes_a_visit_type(sit_down: SitDown, booked: BookedVisit) -> None:
    one = sit_down("staff/visit-types", booked.admin)
    one.follow(one.like("First visit"))
    one.to("textbox", one.like("Name"))
    one.page.keyboard.press("Control+A")
    one.page.keyboard.type("Long visit")
    one.press("Save")
    one.open(one.page.url.partition("/staff/")[0] + "/staff/visit-types")
    one.to("link", re.compile("Long visit|" + one.words("First visit")))


@BOTH_WAYS
def test_a_member_of_staff_signs_in_by_password_and_code(
    sit_down: SitDown, clinic: Clinic, worker_database: Database, clock: Clock
) -> None:
    account: UUID = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email="keys@example.org")
    enrol(worker_database, clinic, account, now=clock.now)
    one = sit_down("staff/sign-in")
    one.write("Work e-mail", "keys@example.org")
    one.write("Password", PASSWORD)
    one.press("Sign in")
    one.heading("Second step")
    one.write("Code from your app", current_code(AUTHENTICATOR, now=clock.now))
    one.press("Sign in")
    one.heading("Today, %(day)s", day="")
