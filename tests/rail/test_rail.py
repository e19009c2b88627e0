"""One real visit from sign-up to receipt, in two browsers, on real parts; and all but the call without JavaScript."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from deploy.processes import wait_until
from deploy.stack import Stack
from portal.app.demo import PASSWORD
from tests.rail.leaks import nothing_leaked, rows
from tests.rail.people import Clinician, Inbox, Patient
from tests.support.browser import DESK, PHONE, visitor

pytestmark = pytest.mark.browser

STAFF = {"Dr. Layla Haddad": "haddad", "Dr. Mateo Álvarez": "alvarez", "Dr. Priya Raman": "raman"}
SCREENS = Path(__file__).resolve().parents[2] / "var" / "screens"
DECLINED, GOOD = "4000000000000002", "4242424242424242"
MEDIA_FLOWS = """() => {
  const call = document.querySelector('[data-visit-call]').dataset;
  return Number(call.remoteFrames || 0) > %d && Number(call.remoteAudio || 0) > 0;
}"""


def clinician_of(words: str, page: Page, stack: Stack) -> Clinician:
    """The clinician whom the patient's page names."""
    name = next(name for name in STAFF if name in words)
    return Clinician(page, stack.url, "harbour", f"{STAFF[name]}@harbour.example.com", PASSWORD)


def prepare(patient: Patient) -> str:
    """From sign-up to a booked time; returns the page's words about it."""
    patient.sign_up()
    patient.heading("Hello, Rosa")
    patient.next_step("health questions")
    patient.fill_in_intake()
    patient.page.get_by_role("button", name=re.compile("Send")).first.click()
    patient.next_step("consent")
    patient.sign_consent()
    patient.next_step("Book a visit")
    return patient.book()


def test_one_visit_from_sign_up_to_receipt(stack: Stack, browsers: tuple[Browser, Browser], tmp_path: Path) -> None:
    inbox = Inbox(stack.var / "inbox")
    with visitor(browsers[0], size=PHONE) as phone, visitor(browsers[1], size=DESK) as desk:
        patient = Patient(phone.new_page(), stack.url, "harbour", inbox)
        words = prepare(patient)
        assert "Eastern Standard Time" in words or "Eastern Daylight Time" in words
        assert "$45.00" in words
        inbox.await_message(patient.phone, r"your appointment is on .*Eastern.*/harbour/v/")
        patient.come_in()
        visit_id = patient.page.url.rstrip("/").rsplit("/", 1)[-1]
        clinician = clinician_of(words, desk.new_page(), stack)
        clinician.sign_in()
        clinician.open_visit(visit_id)
        context = clinician.page.locator("main").inner_text()
        for known in (
            "Rosa Nuñez",
            "47",
            "English",
            "cough for five days",
            "Penicillin",
            "Ibuprofen",
            "Consent signed",
        ):
            assert known in context

        clinician.admit()
        patient.page.wait_for_selector("[data-visit-call]:not([data-mode=wait])")
        join_both(patient.page, clinician.page)
        frames_survive_the_sidecar(stack, patient.page, clinician.page)

        clinician.write_note()
        patient.page.get_by_role("textbox", name="Message").fill("Thank you, doctor")
        patient.press("Send")
        expect(clinician.page.locator("[data-chat]")).to_contain_text("Thank you, doctor", timeout=15_000)
        SCREENS.mkdir(parents=True, exist_ok=True)
        clinician.page.screenshot(path=SCREENS / "visit.png")
        clinician.sign_note()
        clinician.end_visit()
        the_note_is_signed_for_good(stack, visit_id)

        patient.pay(DECLINED, GOOD)
        receipt = patient.receipt(tmp_path)
    the_ledger_balances(stack, visit_id)
    text = "\n".join(page.extract_text() for page in PdfReader(receipt).pages)
    for words_of_it in ("Harbour Clinic", "Rosa Nuñez", "45.00"):
        assert words_of_it in text
    inbox.await_message(patient.phone, r"receipt")
    nothing_leaked(stack, inbox, patient)


def join_both(*pages: Page) -> None:
    """Both press Join, and see and hear each other: decoded frames and audio samples on both sides."""
    for page in reversed(pages):
        page.locator("[data-join]").click()
    for page in pages:
        page.wait_for_function(MEDIA_FLOWS % 15, timeout=30_000)


def frames_survive_the_sidecar(stack: Stack, *pages: Page) -> None:
    """The signalling process dies during the call: media goes on, and both are in the room again afterwards."""
    stack.kill("signaling")
    before = [int(page.locator("[data-visit-call]").get_attribute("data-remote-frames") or 0) for page in pages]
    for page, seen in zip(pages, before, strict=True):
        page.wait_for_function(MEDIA_FLOWS % (seen + 15), timeout=20_000)
    for page in pages:
        expect(page.locator("[data-visit-call]")).to_have_attribute("data-socket-state", "open", timeout=30_000)


def the_note_is_signed_for_good(stack: Stack, visit_id: str) -> None:
    """Signed, and the database's owner's own rule refuses a change."""
    query = "SELECT status, subjective_sealed FROM charting.note WHERE visit_id = %s"
    assert wait_until(lambda: rows(stack, query, visit_id)[0][0] == "signed", timeout=10)
    assert b"Cough" not in bytes(rows(stack, query, visit_id)[0][1])
    trigger = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'charting.note'::regclass AND tgname = 'immutable'"
    assert rows(stack, trigger)[0][0] == 1


def the_ledger_balances(stack: Stack, visit_id: str) -> None:
    """Charged once: the invoice and one payment, and nothing is owed."""
    entries = rows(
        stack,
        "SELECT e.account, sum(e.amount_minor) FROM billing.ledger_entry e JOIN billing.invoice i"
        " ON i.tenant_id = e.tenant_id AND i.id = e.invoice_id WHERE i.visit_id = %s GROUP BY e.account",
        visit_id,
    )
    assert {account: int(amount) for account, amount in entries} == {
        "receivable": 0,
        "revenue": -4500,
        "card-clearing": 4500,
    }


def test_everything_but_the_call_works_without_javascript(stack: Stack, browsers: tuple[Browser, Browser]) -> None:
    inbox = Inbox(stack.var / "inbox")
    with (
        visitor(browsers[0], size=PHONE, javascript=False) as phone,
        visitor(browsers[1], size=DESK, javascript=False) as desk,
    ):
        patient = Patient(phone.new_page(), stack.url, "harbour", inbox, phone="+16175550143")
        words = prepare(patient)
        patient.come_in()
        expect(patient.page.locator("main")).to_contain_text("You are next.")
        visit_id = urlsplit(patient.page.url).path.rstrip("/").rsplit("/", 1)[-1]
        clinician = clinician_of(words, desk.new_page(), stack)
        clinician.sign_in()
        clinician.open_visit(visit_id)
        clinician.admit()
        patient.page.reload()
        assert "The call needs JavaScript" in patient.page.locator("main").inner_text()
        patient.page.get_by_role("textbox", name="Message").fill("I write instead")
        patient.press("Send")
        expect(patient.page.locator("[data-chat]")).to_contain_text("I write instead")
        clinician.write_note(live=False)
        clinician.sign_note()
        clinician.end_visit()
        patient.pay(GOOD)
        patient.await_paid()
    the_ledger_balances(stack, visit_id)
    nothing_leaked(stack, inbox, patient)
