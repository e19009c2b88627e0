"""What a patient and a clinician do in a browser, step by step, as the pages ask for it."""

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from deploy.partners.inbox import InboxMessage, read_inbox
from deploy.processes import wait_until


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
        self.next_step("Pay for your visit")
        self.press("Pay by card")
        self.follow("Go to the payment page")
        for card in cards:
            self.page.locator("input[name=card], input[name=number]").first.fill(card)
            for name, value in (("exp", "12/34"), ("expiry", "12/34"), ("cvc", "123")):
                field = self.page.locator(f"input[name={name}]")
                if field.count():
                    field.first.fill(value)
            self.page.get_by_role("button").first.click()


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
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator("h1")).to_contain_text("My day")

    def open_visit(self, visit_id: str) -> None:
        self.page.goto(f"{self.url}/{self.clinic}/staff/visits/{visit_id}")
        expect(self.page.locator("h1")).to_contain_text("Visit of")
