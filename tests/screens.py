"""Screenshots of every page for a person to look through: `python -m tests.screens [part of an address]`.

English and Arabic, 360×640 and 1280×800, as each role, into var/screens. The clinic is that of the matrix test.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from deploy.prepare import prepare_database
from portal.app.factory import create_app
from tests.security.world import Side, make_side
from tests.support.browser import DESK, PHONE, launch
from tests.support.clinics import make_clinic
from tests.support.clock import Clock
from tests.support.processes import make_test_process
from tests.support.servers import PASSWORDS, TEMPLATE, Servers
from tests.support.sign_in import start_test_session

SCREENS = Path(__file__).resolve().parents[1] / "var" / "screens"


@contextmanager
def served() -> Iterator[tuple[Flask, Side, str]]:
    """The application on a free port over a database of its own."""
    servers = Servers()
    clock = Clock()
    urls = prepare_database(servers.postgres.admin_url, TEMPLATE, PASSWORDS)
    folder = servers.folder
    parts: dict[str, Any] = {"urls": urls, "redis_url": servers.redis.url, "folder": folder, "clock": clock}
    web, worker = make_test_process("portal_web", **parts), make_test_process("portal_worker", **parts)
    app = create_app(web)
    side = make_side(worker.database, web.database, make_clinic(worker.database, now=clock.now), now=clock.now)
    server = make_server("localhost", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield app, side, f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
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


def _cookie(app: Flask, side: Side, account_id: UUID) -> str:
    token = start_test_session(app, side.clinic.id, account_id)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return f"__Host-session={signer.dumps({'_user_id': token})}"


def main(part: str = "") -> None:
    """Take them."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with served() as (app, side, url), sync_playwright() as playwright:
        browser = launch(playwright)
        accounts = {**side.accounts, **side.owners}
        for role, path in addresses(app, side):
            if part not in path:
                continue
            for language in ("en", "ar"):
                for name, size in (("phone", PHONE), ("desk", DESK)):
                    headers = {"Cookie": _cookie(app, side, accounts[role])} if role != "visitor" else {}
                    context = browser.new_context(viewport=size, extra_http_headers=headers)
                    page = context.new_page()
                    joint = "&" if "?" in path else "?"
                    answer = page.goto(f"{url}{path}{joint}lang={language}")
                    slug = path.strip("/").replace(side.clinic.slug, "clinic").replace("/", "_")
                    for key, value in side.ids.items():
                        slug = slug.replace(str(value), key)
                    status = answer.status if answer else 0
                    page.screenshot(path=SCREENS / f"{role}-{slug or 'root'}-{language}-{name}.png", full_page=True)
                    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                    print(status, role, path, language, name, "WIDER THAN THE SCREEN" if wide else "")
                    context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
