"""A patient's journeys by the keyboard alone, on a cheap phone's screen (a keyboard may be plugged into a phone)."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal import billing
from portal.billing.ports import GatewayEventKind
from portal.kernel.db import Database
from tests.billing.conftest import deliver
from tests.factories.billing import make_invoice
from tests.factories.visits import BookedVisit
from tests.identity.support import code_in
from tests.keyboard.conftest import BOTH_WAYS, TIME, SitDown
from tests.support.browser import PHONE
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.keyboard import Keyboard
from tests.support.outside import Outside

pytestmark = pytest.mark.browser
NUMBER = "+16175550142"
Run = Callable[..., int]


@pytest.fixture
def bill(
    app: Flask, outside: Outside, worker_database: Database, clinic: Clinic, clock: Clock, booked: BookedVisit
) -> UUID:
    """An invoice to pay, and a gateway in memory."""
    outside.cards.now = clock
    billing.wire(gateway=outside.cards, public_url="https://localhost")
    return make_invoice(worker_database, clinic, booked.visit_id, now=clock.now).id


def sign_up(one: Keyboard, outside: Outside, run_tasks: Run) -> None:
    """By a code, as somebody new."""
    one.write("Your phone number or e-mail", NUMBER)
    one.press("Send me a code")
    one.heading("Write your code")
    run_tasks()
    one.write("Your code", code_in(next(text for text in outside.sms.sent if text.to == NUMBER)))
    one.press("Continue")
    one.heading("Who is this visit for?")
    one.write("First name", "Rosa")
    one.write("Last name", "Nuñez")
    for part, text in (("Day", "7"), ("Month", "3"), ("Year", "1979")):
        one.write(part, text)
    one.press("Continue")
    one.heading("Hello, %(name)s", name="Rosa")


def answer(one: Keyboard) -> None:
    """The health questions, without a red flag."""
    one.follow("Answer the health questions")
    one.press("Start")
    one.choose("A new health problem")
    one.write(one.like("Tell us in your own words"), "I have had a cough for five days.")
    save(one, "Is it an emergency?")
    one.check("None of these")
    save(one, "How do you feel?")
    one.check("Cough")
    one.write("How many", "5")
    one.select("Hours, days, weeks …", "days")
    one.choose("Little by little", first="All at once")
    one.choose("3", first="0")
    save(one, "Your health until now")
    one.check("None")
    save(one, "Your medicines")
    one.write("Medicine", "Ibuprofen 400 mg")
    one.press("Add a line")
    one.tab()
    expect(one.page.get_by_role("textbox", name=one.words("Medicine")).nth(1)).to_be_focused()
    save(one, "Your allergies")
    one.check("I have no allergies that I know of")
    save(one, "Your pharmacy")
    save(one, "How will you pay?")
    one.choose("I pay myself")
    save(one, "Photos")
    one.press("Save and continue")
    one.press("Send my answers")
    one.follow("Continue")


def save(one: Keyboard, next_title: str) -> None:
    one.press("Save and continue")
    one.heading(next_title)


@pytest.mark.verify
@pytest.mark.parametrize("language", ["en", "ar"])
def test_somebody_new_signs_in_by_a_code_and_answers_the_health_questions(
    sit_down: SitDown, booked: BookedVisit, outside: Outside, run_tasks: Run
) -> None:
    one = sit_down("sign-in", size=PHONE)
    sign_up(one, outside, run_tasks)
    answer(one)
    one.heading("Hello, %(name)s", name="Rosa")


@BOTH_WAYS
def test_a_patient_signs_the_consent_and_books_moves_and_cancels_a_visit(
    sit_down: SitDown, booked: BookedVisit
) -> None:
    one = sit_down(f"p/{booked.stranger_id}/", booked.stranger, size=PHONE)
    one.follow("Read and sign the consent")
    one.check("I have read this text and I agree to video visits.")
    one.write("Write your full name to sign", "Sam Other")
    one.press("Sign")
    one.open(one.page.url.partition("/p/")[0] + f"/p/{booked.stranger_id}/book")
    one.follow(one.like("First visit"))
    one.heading("Where will you be during the visit?")
    one.press("Continue")
    one.heading("Choose a day and time")
    one.press(TIME, back=True)  # the last that is shown: today's may be too soon to be moved
    one.heading("Check your visit")
    one.press("Book this visit")
    one.open(one.page.url.removesuffix("/booked"))
    one.follow("Choose another time")
    one.follow(TIME, back=True)
    one.press("Move the visit")
    one.follow("Cancel this visit")
    one.press("Yes, cancel the visit")
    one.reads("This visit is cancelled.")


@BOTH_WAYS
def test_a_patient_opens_a_bill_reaches_the_payment_page_and_gets_the_receipt(
    sit_down: SitDown,
    booked: BookedVisit,
    clinic: Clinic,
    client: PolicedClient,
    outside: Outside,
    bill: UUID,
    run_tasks: Run,
) -> None:
    one = sit_down(f"p/{booked.patient_id}/invoices", booked.account, size=PHONE)
    one.follow(one.like("Bill"))
    one.press("Pay by card")
    link = one.to("link", "Go to the payment page")
    assert str(link.get_attribute("href")).startswith("https://cards.example/")
    paid = outside.cards.pay("cs_1")
    told = {"tenant_id": clinic.id, "invoice_id": bill, "checkout_id": "cs_1", "payment_id": paid}
    deliver(client, outside.cards.tell(GatewayEventKind.PAID, **told))
    run_tasks()
    one.open(one.page.url.partition("/pay/")[0])
    one.to("link", "Download the receipt (PDF)")
    with one.page.expect_download() as found:
        one.page.keyboard.press("Enter")
    assert found.value.suggested_filename.endswith(".pdf")


@BOTH_WAYS
def test_a_patient_comes_in_and_waits(sit_down: SitDown, morning: None, booked: BookedVisit) -> None:
    one = sit_down(f"p/{booked.patient_id}/visits/{booked.visit_id}", booked.account, size=PHONE)
    one.press("Come in")
    one.heading("Waiting room")
    one.to("link", "Test your camera and sound")


def test_a_patient_in_a_call_reaches_its_buttons_and_writes_a_message(
    sit_down: SitDown, arrived: None, booked: BookedVisit
) -> None:
    clinician = sit_down(f"staff/visits/{booked.visit_id}", booked.clinician)
    clinician.press("Admit the patient")
    one = sit_down(f"p/{booked.patient_id}/visits/{booked.visit_id}", booked.account, size=PHONE)
    one.use("Join the call")
    expect(one.page.get_by_role("button", name="Mute")).to_be_focused()
    one.use("Leave")
    expect(one.page.get_by_role("button", name="Join the call")).to_be_focused()
    one.write("Message", "I hear you.")
    one.to("button", "Send")
    one.page.keyboard.press("Enter")
    expect(one.page.locator("[data-chat]")).to_contain_text("I hear you.")
    one.tab()
