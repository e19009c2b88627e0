"""What a patient and a clinician do in a browser, step by step, as the pages ask for it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from deploy.partners.inbox import InboxMessage, read_inbox
from deploy.processes import wait_until
from portal.app.demo import demo_secret
from portal.identity import current_code


@dataclass
class Inbox:
    """What the local partners took."""

    folder: Path

    def to(self, target: str) -> list[InboxMessage]:
        """Messages to one person, newest first."""
        return read_inbox(self.folder, limit=50, to=target)

    def await_message(self, target: str, pattern: str, *, after: int = 0) -> re.Match[str]:
        """The newest message to somebody that matches; `after`: how many were there before."""
        found: list[re.Match[str]] = []

        def come() -> bool:
            fresh = self.to(target)[: max(0, len(self.to(target)) - after)]
            found[:] = [match for one in fresh if (match := re.search(pattern, one.text))]
            return bool(found)

        assert wait_until(come, timeout=30), f"no message to {target} says {pattern}"
        return found[0]


@dataclass
class Patient:
    """Somebody with a phone number, in a browser of their own."""

    page: Page
    url: str
    clinic: str
    inbox: Inbox
    phone: str = "+16175550142"

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.url}/{self.clinic}/{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def heading(self, text: str) -> None:
        expect(self.page.locator("h1")).to_contain_text(text)

    def sign_up(self) -> None:
        """Phone number, code, name and date of birth."""
        before = len(self.inbox.to(self.phone))
        self.open("sign-in")
        self.page.get_by_label("Phone number or e-mail").fill(self.phone)
        self.press("Send me a code")
        self.heading("Write your code")
        code = self.inbox.await_message(self.phone, r"\b(\d{6})\b", after=before)[1]
        self.page.get_by_role("textbox").first.fill(code)
        self.press("Continue")
        self.heading("Who is this visit for?")
        self.page.get_by_label(re.compile("First name")).fill("Rosa")
        self.page.get_by_label(re.compile("Last name")).fill("Nuñez")
        self.page.get_by_label("Day").fill("7")
        self.page.get_by_label("Month").fill("3")
        self.page.get_by_label("Year").fill("1979")
        self.press("Continue")

    def fill_in_intake(self) -> None:
        """All the health questions, without a red flag."""
        self.press("Start")
        self._pick("A new health problem")
        self.page.get_by_label("Tell us in your own words").fill("I have had a cough for five days.")
        self._save("Is it an emergency?")
        self._pick("None of these")
        self._save("How do you feel?")
        self._pick("Cough")
        self.page.locator("[name=q-duration]").fill("5")
        self.page.locator("[name=q-duration-unit]").select_option("days")
        self.page.locator("[name=q-onset]").first.check()
        self.page.locator("[name=q-severity]").nth(3).check()
        self._save("Your health until now")
        self._pick("None")
        self._save("Your medicines")
        self._first_line("Ibuprofen 400 mg")
        self._save("Your allergies")
        self._first_line("Penicillin")
        self._save("Your pharmacy")
        self._save("How will you pay?")
        self._pick("I pay myself")
        self._save("Photos")
        self.press("Save and continue")

    def _pick(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).first.check()

    def _first_line(self, text: str) -> None:
        self.page.locator("main form input[type=text]").first.fill(text)

    def _save(self, next_title: str) -> None:
        self.press("Save and continue")
        self.heading(next_title)

    def sign_consent(self) -> None:
        """Read, agree, write the name."""
        self.page.get_by_role("checkbox").first.check()
        self.page.get_by_label(re.compile("full name", re.IGNORECASE)).fill("Rosa Nuñez")
        self.press("Sign")

    def book(self) -> str:
        """The first free time of a video visit; returns the page's words about it."""
        self.heading("What kind of visit")
        self.follow("Video visit")
        self.heading("Where will you be")
        self.press("Continue")
        self.heading("Choose a day and time")
        self.page.locator("main form button[name=slot]").first.click()
        self.heading("Check your visit")
        words = self.page.locator("main").inner_text()
        self.press("Book this visit")
        return words

    def home(self) -> None:
        self.open("home")
        self.heading("Hello, Rosa")

    def next_step(self, name: str) -> None:
        """Press the page's one next step, which must be this."""
        self.home()
        step = self.page.locator("main .notice a").first
        expect(step).to_contain_text(name)
        step.click()

    def come_in(self) -> None:
        """Into the waiting room."""
        self.next_step("Come in to your visit")
        self.press("Come in")
        self.heading("Waiting room")

    def pay(self, *cards: str) -> None:
        """Pay the open bill on the gateway's page, one card after the other."""
        self.await_next_step("Pay")
        self.press("Pay by card")
        self.follow("Go to the payment page")
        for card in cards:
            self.page.locator("#number").fill(card)
            self.page.locator("#expiry").fill("12/34")
            self.page.locator("#cvc").fill("123")
            self.page.locator("form button").first.click()

    def await_next_step(self, name: str) -> None:
        """A worker has to do something first: the page is opened again until it asks for this."""
        step = self.page.locator("main .notice a", has_text=name)

        def asks() -> bool:
            self.home()
            return step.count() > 0

        assert wait_until(asks, timeout=30)
        step.first.click()

    def await_paid(self) -> None:
        """Back from the gateway, the page says in the end that it is paid."""

        def paid() -> bool:
            self.page.reload()
            return "receipt" in self.page.locator("main").inner_text().lower()

        assert wait_until(paid, timeout=30)

    def receipt(self, folder: Path) -> Path:
        """The receipt's file, downloaded once it is made."""
        link = self.page.get_by_role("link", name="Download the receipt (PDF)")
        expect(link).to_be_visible(timeout=40_000)
        with self.page.expect_download() as download:
            link.click()
        target = folder / "receipt.pdf"
        download.value.save_as(target)
        return target


@dataclass
class Clinician:
    """A member of staff at a hospital's PC."""

    page: Page
    url: str
    clinic: str
    email: str
    password: str

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/{self.clinic}/staff/sign-in")
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.locator("h1")).to_contain_text("Second step")
        # Each code works once: whoever signs in again at once needs the one after.
        for seconds in (-30, 0, 30):
            at = datetime.now(UTC) + timedelta(seconds=seconds)
            self.page.get_by_label("Code from your app").fill(current_code(demo_secret(self.email), now=at))
            self.page.get_by_role("button", name="Sign in", exact=True).click()
            expect(self.page.locator("h1, [role=alert]").first).to_be_visible()
            if "My day" in self.page.locator("h1").inner_text():
                break
        expect(self.page.locator("h1")).to_contain_text("My day")

    def open_visit(self, visit_id: str) -> None:
        self.page.goto(f"{self.url}/{self.clinic}/staff/visits/{visit_id}")
        expect(self.page.locator("h1")).to_contain_text("Visit of")

    def admit(self) -> None:
        self.page.get_by_role("button", name="Admit the patient").click()
        expect(self.page.locator("[data-visit-call]")).to_be_attached()

    def write_note(self, *, live: bool = True) -> None:
        """A SOAP note with a diagnosis. `live`: with scripts it saves itself and searches while one types."""
        for field, text in (
            ("Subjective", "Cough for five days, no fever."),
            ("Assessment", "Acute bronchitis."),
            ("Plan", "Rest, fluids, come back in a week."),
        ):
            self.page.get_by_label(field).fill(text)
        if live:
            expect(self.page.locator("[data-save-state]")).to_contain_text("Saved", timeout=20_000)
        self.page.locator("#diagnosis-query").fill("acute bronchitis")
        if not live:
            self.page.get_by_role("button", name="Search").click()
        found = self.page.locator("#diagnosis-results button").first
        expect(found).to_be_visible(timeout=60_000)
        found.click()
        expect(self.page.locator("#note-diagnoses")).to_contain_text("onchitis", timeout=30_000)

    def sign_note(self) -> None:
        self.page.get_by_role("button", name="Sign the note").click()
        expect(self.page.locator("main")).to_contain_text("A signed note does not change.")

    def end_visit(self) -> None:
        button = self.page.get_by_role("button", name="End the visit")
        if not button.count():
            self.page.get_by_role("link", name=re.compile("visit", re.IGNORECASE)).first.click()
        button.click()
        expect(button).to_have_count(0)
