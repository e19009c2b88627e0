"""Screenshots of every page for a person to look through: `python -m tests.screens [part of an address]`.

English and Arabic, 360×640 and 1280×800, into var/screens. The clinic is that of the matrix test.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from deploy.prepare import prepare_database
from portal.app.factory import create_app
from tests.security.world import Side, make_side
from tests.support.browser import DESK, PHONE, launch, served
from tests.support.clinics import make_clinic
from tests.support.clock import Clock
from tests.support.processes import make_test_process
from tests.support.servers import PASSWORDS, TEMPLATE, Servers
from tests.support.sign_in import session_cookie

SCREENS = Path(__file__).resolve().parents[1] / "var" / "screens"
SIZES = {"phone": PHONE, "desk": DESK}
SHOTS = tuple(product(("en", "ar"), SIZES))


@contextmanager
def world() -> Iterator[tuple[Flask, Side, str]]:
    """The application on a free port over a database of its own."""
    servers = Servers()
    clock = Clock()
    urls = prepare_database(servers.postgres.admin_url, TEMPLATE, PASSWORDS)
    folder = servers.folder
    parts: dict[str, Any] = {"urls": urls, "redis_url": servers.redis.url, "folder": folder, "clock": clock}
    web, worker = make_test_process("portal_web", **parts), make_test_process("portal_worker", **parts)
    app = create_app(web)
    side = make_side(worker.database, web.database, make_clinic(worker.database, now=clock.now), now=clock.now)
    try:
        with served(app) as url:
            yield app, side, url
    finally:
        servers.stop()


def addresses(app: Flask, side: Side) -> list[tuple[str, str]]:
    """(role that may see it, address) of every page that can be asked for with the ids of the world."""
    from portal.kernel.permissions import holders
    from portal.web.access import declared

    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        says = declared(app, rule.endpoint)
        if says is None or "GET" not in (rule.methods or set()) or not rule.arguments - {"clinic"} <= set(side.ids):
            continue
        if "clinic" not in rule.arguments and rule.arguments:
            continue
        values = {"clinic": side.clinic.slug, **side.ids}
        path = adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method="GET")
        roles = ["visitor"] if says.permission is None else sorted(holders(says.permission))
        found += [(str(role), path) for role in roles if role in side.accounts]
    return sorted(set(found))


def pages(app: Flask, side: Side) -> list[tuple[str, str]]:
    """Every address once, by the first role that may see it; the first page of each role for each of them."""
    found: dict[str, tuple[str, str]] = {}
    for role, path in addresses(app, side):
        if path.endswith((".ics", ".pdf", "/healthz", "/export", ".webmanifest", "/worker.js")):
            continue
        own = path.endswith(("/home", "/staff/", "/staff/calendar"))
        key = f"{role} {path}" if own else path
        if key not in found or (role == "patient" and "/p/" in path):
            found[key] = (role, path)
    return list(found.values())


class Camera:
    """One browser; a context for each person and size, signed in by cookie as at the sign-in page."""

    def __init__(self, browser: Browser, app: Flask, side: Side, url: str) -> None:
        self.browser, self.app, self.side, self.url = browser, app, side, url
        self.accounts = {**side.accounts, **side.owners}
        self.contexts: dict[tuple[str, str, bool], BrowserContext] = {}

    def context(self, role: str, size: str, *, javascript: bool = True) -> BrowserContext:
        """Signed in as `role`, unless that is a visitor."""
        key = (role, size, javascript)
        if key not in self.contexts:
            self.contexts[key] = self.browser.new_context(
                viewport=SIZES[size], java_script_enabled=javascript, extra_http_headers=self.headers(role)
            )
        return self.contexts[key]

    def headers(self, role: str) -> dict[str, str]:
        """What a browser that is signed in as `role` sends."""
        if role == "visitor":
            return {}
        return {"Cookie": "=".join(session_cookie(self.app, self.side.clinic.id, self.accounts[role]))}

    def shoot(self, role: str, path: str, *, name: str = "", shots: Sequence[tuple[str, str]] = ()) -> None:
        """The page of an address, in each (language, size)."""
        name = name or self._name(path)
        for language, size in shots or SHOTS:
            page = self.context(role, size).new_page()
            joint = "&" if "?" in path else "?"
            answer = page.goto(f"{self.url}{path}{joint}lang={language}")
            file = f"{role}-{name}-{language}-{size}"
            self.keep(page, file, answer.status if answer else 0)
            page.close()

    @staticmethod
    def keep(page: Page, file: str, status: int = 200) -> None:
        """A picture of the page as it stands, and a line about it."""
        page.screenshot(path=SCREENS / f"{file}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        print(status, file, "WIDER THAN THE SCREEN" if wide else "", flush=True)

    def _name(self, path: str) -> str:
        name = path.strip("/").replace(self.side.clinic.slug, "clinic").replace("/", "_")
        for key, value in self.side.ids.items():
            name = name.replace(str(value), key)
        return name or "root"


def main(part: str = "") -> None:
    """Take them."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with world() as (app, side, url), sync_playwright() as playwright:
        camera = Camera(launch(playwright), app, side, url)
        for role, path in pages(app, side):
            if part in path:
                camera.shoot(role, path)
        camera.browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
