"""Pages as a cheap phone on a thin link sees them: bytes and requests, first paint, and when a form can be used.

A real Chromium at 360×640 over the portal's own processes. The thin link is DevTools' emulation: it delays each answer
by a round trip and spreads its bytes over time, but sets connections up at once; what a new connection takes besides
(TCP and TLS 1.3: two round trips) is added where the table says so.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from deploy.stack import Stack
from portal.app.factory import create_app
from portal.kernel.clock import utc_now
from tests.bench.figures import Table, median
from tests.bench.ground import process_of
from tests.bench.visits import Link, Load, visit
from tests.budgets.pages import PageOf, patient_pages, staff_pages
from tests.budgets.world import World, make_world
from tests.support.browser import launch
from tests.support.clinics import make_clinic
from tests.support.sign_in import session_cookie

#: What a patient meets on the way to a visit, and where a person waits or writes.
WEIGHED = (
    "home.clinic_page", "identity.sign_in", "home.start", "intake.step reason", "consent.sign", "scheduling.times",
    "scheduling.confirm", "billing.invoice", "visits.join", "visits.device_test",
)  # fmt: skip
WEIGHED_OF_STAFF = ("board", "calendar", "visit, in the call", "patient")
PAINTED = ("identity.sign_in", "home.start", "intake.step reason", "scheduling.times")
LINKS = (
    Link(name="400 kbit/s, 400 ms", kilobits=400, round_trip=400),
    Link(name="250 kbit/s, 300 ms", kilobits=250, round_trip=300),
)
FIRST_BYTES, REQUESTS, NEXT_BYTES, NEXT_REQUESTS, PAINT = 40 * 1024, 4, 10 * 1024, 1, 2.0


@dataclass(frozen=True, kw_only=True)
class _Portal:
    """The running portal, who is signed in where, and the browser that looks at it."""

    url: str
    app: Flask
    world: World
    browser: Browser

    def cookies(self, account: UUID | None) -> dict[str, str]:
        if account is None:
            return {}
        return dict([session_cookie(self.app, self.world.clinic.id, account)])

    def pages(self, names: Sequence[str], of: Sequence[PageOf]) -> list[PageOf]:
        known = {page.name: page for page in of}
        return [known[name] for name in names]

    def load(self, page: PageOf, cookies: dict[str, str], *, javascript: bool, link: Link | None) -> list[Load]:
        """The page in a new profile, and once more in it."""
        return visit(self.browser, self.url, page.path, cookies, javascript=javascript, link=link)


def measure(*, times: int) -> list[Table]:
    """`times`: how often each page is painted on each link; bytes do not vary and are taken once."""
    with _portal() as portal:
        patient = patient_pages(portal.app, portal.world)
        weighed = portal.pages(WEIGHED, patient)
        staff = portal.pages(WEIGHED_OF_STAFF, staff_pages(portal.world))
        painted = portal.pages(PAINTED, patient)
        return [_bytes(portal, weighed, staff), *(_paints(portal, painted, link, times=times) for link in LINKS)]


def _bytes(portal: _Portal, patient: Sequence[PageOf], staff: Sequence[PageOf]) -> Table:
    rows, misses = [], []
    for page in [*patient, *staff]:
        name = f"staff: {page.name}" if page in staff else page.name
        row = [name]
        cookies = portal.cookies(page.account)
        for javascript in (True, False):
            first, following = portal.load(page, cookies, javascript=javascript, link=None)
            row += [f"{first.requests}", f"{first.received:,}", f"{following.requests}", f"{following.received:,}"]
            if page in staff or not javascript:
                continue
            if first.received > FIRST_BYTES or first.requests > REQUESTS:
                misses.append(f"Over budget on a first visit: {name}")
            if following.received > NEXT_BYTES or following.requests > NEXT_REQUESTS:
                misses.append(f"Over budget on the next visit: {name}")
        rows.append(row)
    heads = [
        f"{what}, {when}{mode}"
        for mode in ("", ", no JavaScript")
        for when in ("first", "next")
        for what in ("requests", "bytes")
    ]
    title = "What Chromium receives, headers included (budget: 4 requests and 40,960 bytes, next 1 and 10,240)"
    return Table(title=title, columns=["page", *heads], rows=rows, misses=misses)


def _paints(portal: _Portal, pages: Sequence[PageOf], link: Link, *, times: int) -> Table:
    rows, misses = [], []
    for page in pages:
        cookies = portal.cookies(page.account)
        for javascript in (True, False):
            loads = [portal.load(page, cookies, javascript=javascript, link=link) for _ in range(times)]
            for at, when in enumerate(("first", "next")):
                name = f"{page.name}, {when}{'' if javascript else ', no JavaScript'}"
                row, painted = _paint_row([pair[at] for pair in loads], new_connection=link if at == 0 else None)
                rows.append([name, *row])
                if painted > PAINT:
                    misses.append(f"Over {PAINT} s to the first paint: {name}")
    title = f"First paint and use of a page, {link.name}, processor ÷ 6, seconds, median of {times}"
    columns = ["page", "first paint", "… on a new connection", "largest paint", "a field takes typing", "script ready"]
    return Table(title=title, columns=columns, rows=rows, misses=misses)


def _paint_row(loads: Sequence[Load], *, new_connection: Link | None) -> tuple[list[str], float]:
    """The figures in words, and seconds to the first paint, setting the connection up included."""
    paint = median([one.first_paint for one in loads])
    whole = paint + (2 * new_connection.round_trip / 1000 if new_connection else 0)
    typed = [one.typed for one in loads if one.typed is not None]
    scripts = [one.script for one in loads if one.script is not None]
    return [
        f"{paint:.2f}",
        f"{whole:.2f}" if new_connection else "–",
        f"{median([one.largest_paint for one in loads]):.2f}",
        f"{median(typed):.2f}" if typed else "–",
        f"{median(scripts):.2f}" if scripts else "–",
    ], whole


@contextmanager
def _portal() -> Iterator[_Portal]:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        stack = Stack(Path(folder) / "var", programs=frozenset({"web", "front"}))
        with stack, sync_playwright() as playwright:
            web, worker = process_of(stack, "portal_web"), process_of(stack, "portal_worker")
            app = create_app(web)  # what is asked across contexts is wired with it
            now = utc_now().replace(microsecond=0)
            clinic = make_clinic(worker.database, now=now)
            world = make_world(worker.database, web.database, clinic, now=now)
            browser = launch(playwright)
            yield _Portal(url=stack.url, app=app, world=world, browser=browser)
            browser.close()
            for process in (web, worker):
                process.database.engine.dispose()
        stack.discard()
