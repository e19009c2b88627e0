"""One patient's way from sign-up to receipt over HTTP on a running portal, without the call."""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from deploy.partners.inbox import read_inbox
from deploy.processes import wait_until
from deploy.stack import Stack
from portal.charting import sign_note, start_note
from portal.kernel.clock import utc_now
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.practitioners import practitioner_by_id
from portal.tenancy import clinic_by_slug
from portal.visits import admit, end_visit, visit_by_id
from tests.bench.browser import Asked, Browser, Lost
from tests.bench.figures import Table, median
from tests.bench.ground import process_of
from tests.factories.charting import TEXT

CLINIC = "harbour"
ANSWERS = {
    "q-concern": "new-problem",
    "q-reason": "I have had a cough for five days.",
    "q-warning_signs": ["none"],
    "q-symptoms": ["cough"],
    "q-duration": "5",
    "q-duration-unit": "days",
    "q-onset": "slow",
    "q-severity": "3",
    "q-conditions": ["none"],
    "q-medications-0-name": "Ibuprofen",
    "q-allergies-0-substance": "Penicillin",
    "q-pharmacy_name": "Corner Pharmacy",
    "q-coverage-kind": "self-pay",
}
CARD = {"number": "4242424242424242", "expiry": "12/40", "cvc": "123"}


def measure(*, times: int) -> Table:
    """Median of so many patients, one after another, each new."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, _running(Path(folder) / "var") as stack:
        # Clinicians around the clock, so that one is free within half an hour whenever this is run.
        stack.run_command("seed-load", "--clinic", CLINIC, "--patients", "1")
        clinician = _Clinician(stack)
        ways = [_Way(stack, clinician, number=number) for number in range(times)]
        for way in ways:
            way.go()
        waits = {name: median([way.waits[name] for way in ways]) for name in ways[0].waits}
    totals = [sum(one.milliseconds for one in way.asked) for way in ways]
    slowest = max(ways[-1].asked, key=lambda one: one.milliseconds)
    rows = [
        ["all requests together, ms, median", f"{median(totals):.0f}"],
        ["requests", f"{median([len(way.asked) for way in ways]):.0f}"],
        [
            "bytes received, receipt included",
            f"{median([sum(one.received for one in way.asked) for way in ways]):,.0f}",
        ],
        ["of which the receipt (PDF)", f"{median([way.receipt for way in ways]):,.0f}"],
        ["slowest request, ms", f"{slowest.milliseconds:.0f} ({_without_ids(slowest.path)})"],
        *([f"waited for {name}, s, median", f"{seconds:.1f}"] for name, seconds in waits.items()),
    ]
    title = f"Rail from sign-up to receipt, without the call, {times} patients"
    return Table(title=title, columns=["what", "figure"], rows=rows)


@contextmanager
def _running(var: Path) -> Iterator[Stack]:
    stack = Stack(var)
    with stack:
        yield stack
    stack.discard()


class _Clinician:
    """Lets patients in, writes and signs; past the pages, since only the patient's requests are measured."""

    def __init__(self, stack: Stack) -> None:
        self._process = process_of(stack, "portal_worker")
        with self._process.database.transaction(Principal.visitor(tenant_id=UUID(int=0))) as session:
            clinic = clinic_by_slug(session, slug=CLINIC)
            assert clinic is not None
            self._tenant = clinic.id

    def see(self, visit_id: UUID) -> None:
        """The whole visit at once."""
        database, now = self._process.database, utc_now()
        with database.transaction(Principal.system(tenant_id=self._tenant, purpose="visits")) as session:
            visit = visit_by_id(session, visit_id=visit_id)
            who = practitioner_by_id(session, practitioner_id=visit.practitioner_id) if visit else None
            assert who is not None and who.account_id is not None
            account = who.account_id
        principal = Principal.of(tenant_id=self._tenant, user_id=account, roles=[Role.CLINICIAN])
        with database.transaction(principal) as session:
            visit = visit_by_id(session, visit_id=visit_id)
            assert visit is not None
            admit(session, visit=visit, now=now)
            note = start_note(session, visit_id=visit_id, text=TEXT, now=now)
            end_visit(session, visit=visit, now=now)
            sign_note(session, note_id=note.id, version=1, now=now)


class _Way:
    """One patient's."""

    def __init__(self, stack: Stack, clinician: _Clinician, *, number: int) -> None:
        self._inbox = stack.var / "inbox"
        self._clinician = clinician
        self._phone = f"+1617555{number + 200:04}"
        self._browser = Browser(f"{stack.tls_url}/")
        self.waits: dict[str, float] = {}
        self.receipt = 0

    @property
    def asked(self) -> list[Asked]:
        return self._browser.record

    def go(self) -> None:
        try:
            self._sign_up()
            self._fill_in()
            self._agree()
            visit = self._book_and_come_in()
            self._clinician.see(visit)
            self._pay()
        finally:
            self._browser.close()

    def _home(self) -> Browser:
        return self._browser.open(f"/{CLINIC}/home")

    def _sign_up(self) -> None:
        browser = self._browser
        browser.open(f"/{CLINIC}/")
        browser.open(f"/{CLINIC}/sign-in").submit({"contact": self._phone})
        browser.submit({"code": self._code()})
        person = {"given_name": "Rosa", "family_name": "Nunez"}
        born = {"birth_date-day": "7", "birth_date-month": "3", "birth_date-year": "1979"}
        browser.submit(person | born)

    def _code(self) -> str:
        found: list[str] = []

        def has_come() -> bool:
            texts = [one.text for one in read_inbox(self._inbox, limit=50, to=self._phone)]
            found[:] = [match[1] for text in texts if (match := re.search(r"\b(\d{6})\b", text))]
            return bool(found)

        self._wait("the code", has_come)
        return found[0]

    def _fill_in(self) -> None:
        browser = self._home().next_step().submit(button="Start")
        while browser.has_button("Save and continue"):
            here = browser.url
            browser.submit(ANSWERS, button="Save and continue")
            if browser.url == here:
                raise Lost(str(browser))
        browser.submit(button="Send")

    def _agree(self) -> None:
        self._home().next_step().submit({"agreed": "y", "typed_name": "Rosa Nunez"}, button="Sign")

    def _book_and_come_in(self) -> UUID:
        browser = self._home().next_step().follow("General video visit")
        browser.submit(button="Continue")
        slot = browser.tree.css_first("main form button[name=slot]")
        if slot is None:
            raise Lost(str(browser))
        browser.submit({"slot": slot.attributes["value"]}, button=" ".join(slot.text().split()))
        browser.submit(button="Book this visit")
        self._home().next_step()
        browser.submit(button="Come in")
        return UUID(browser.url.rstrip("/").rsplit("/", 1)[-1])

    def _pay(self) -> None:
        browser = self._home()
        self._wait("the bill", lambda: "Bill" in browser.again().tree.css_first("main").text())
        self._home().follow("Bill").submit(button="Pay")
        browser.follow("Go to the payment page").submit(CARD)
        self._wait("the receipt", lambda: "Download the receipt" in browser.again().tree.css_first("main").text())
        browser.again().follow("Download the receipt")
        if not browser.content.startswith(b"%PDF"):
            raise Lost(str(browser))
        self.receipt = len(browser.content)

    def _wait(self, name: str, is_there: Callable[[], bool]) -> None:
        begin = time.monotonic()
        if not wait_until(is_there, timeout=40):
            raise Lost(f"{name} has not come; {self._browser}")
        self.waits[name] = time.monotonic() - begin


def _without_ids(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", path)
