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
        self.page.get_by_label("Given name").fill("Rosa")
        self.page.get_by_label("Family name").fill("Nuñez")
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
        self.page.locator("input[name^=duration]").first.fill("5")
        self.page.locator("input[type=radio][name=onset]").first.check()
        self.page.locator("input[type=radio][name=severity]").nth(3).check()
        self._save("Your health until now")
        self._pick("None of these")
        self._save("Your medicines")
        self._first_line("Ibuprofen 400 mg")
        self._save("Your allergies")
        self._first_line("Penicillin")
        self._save("Your pharmacy")
        self._save("How will you pay?")
        self.page.locator("input[type=radio]").first.check()
        self._save("Photos")
        self.press("Save and continue")

    def _pick(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).first.check()

    def _first_line(self, text: str) -> None:
        self.page.locator("main form input[type=text]").first.fill(text)

    def _save(self, next_title: str) -> None:
        self.press("Save and continue")
        self.heading(next_title)
