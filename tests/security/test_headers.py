"""Every answer's headers, as docs/security/headers.md says: all addresses, those who may and those who may not."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
    TooManyRequests,
)
from werkzeug.routing import Rule

from portal.app.processes import Process
from portal.web.access import declared
from tests.security.test_matrix import ROLES, _path
from tests.security.world import Side, make_side
from tests.support.client import BASE, PolicedClient
from tests.support.clinics import Clinic, make_clinic
from tests.support.clock import Clock

PAGE = Path(__file__).parents[2] / "docs" / "security" / "headers.md"
ROW = re.compile(r"^\| `(?P<name>[\w-]+)` \| `?(?P<value>[^|`]*)`? \| (?P<on>[^|]+) \|", re.MULTILINE)
NONCE = re.compile(r"nonce-([\w-]{22})")
# The only pages that may ask for camera and microphone.
CALL = {"visits.call", "visits.device_test", "workspaces.visit_page"}
#: What is the same for everybody, and kept.
PUBLIC_FILES = {"assets.file", "home.manifest", "home.worker"}
#: What an answer to somebody carries, and a file that is the same for everybody does not, or says otherwise.
OF_PERSONS = {"Cache-Control", "Vary", "Accept-CH"}
DOCUMENTS = {"image/jpeg", "application/pdf", "text/calendar", "text/csv"}


def _table(number: int) -> list[tuple[str, str, str]]:
    part = PAGE.read_text().split("|---|---|---|---|")[number]
    return [(row["name"], row["value"], row["on"].strip()) for row in ROW.finditer(part)]


def _promised(*kinds: str) -> dict[str, str]:
    return {name: value for name, value, on in _table(1) if on in {"all", "https", "all but files", *kinds}}


def _carried(response: Response, names: Mapping[str, str]) -> dict[str, str]:
    said = {name: response.headers.get(name, "") for name in names}
    said["Content-Security-Policy"] = NONCE.sub("nonce-NONCE", said["Content-Security-Policy"])
    said["Content-Security-Policy"] = said["Content-Security-Policy"].replace("localhost", "HOST")
    varied = {one.strip() for one in said["Vary"].split(",")}
    said["Vary"] = ", ".join(one for one in ("Cookie", "Accept-Language") if one in varied)
    return said


def _ask(client: PolicedClient, path: str, method: str = "GET", **options: Any) -> Response:
    options.setdefault("headers", {"Origin": BASE})
    with client.app.app_context():
        response: Response = client.browser.open(path, method=method, base_url=BASE, **options)
    return response


@pytest.fixture(scope="module")
def side(shared_clock: Clock, web_process: Process, worker_process: Process) -> Side:
    now = shared_clock.now.replace(microsecond=0)
    return make_side(
        worker_process.database, web_process.database, make_clinic(worker_process.database, now=now), now=now
    )


def _everybody(app: Flask, side: Side) -> Iterator[PolicedClient]:
    for role in ROLES:
        client = PolicedClient(app, side.clinic)
        yield client if role == "visitor" else client.sign_in(side.owners.get(role, side.accounts[role]))


@pytest.fixture(scope="module")
def answers(shared_app: Flask, side: Side) -> list[tuple[str, Rule, Response]]:
    """Every address, asked by everybody: once, since it takes long."""
    return [
        (role, rule, _ask(client, _path(shared_app, rule, side, side.ids)))
        for role, client in zip(ROLES, _everybody(shared_app, side), strict=True)
        for rule in shared_app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and rule.endpoint not in PUBLIC_FILES
    ]


def test_all_answers_of_all_addresses_carry_what_the_page_says(answers: list[tuple[str, Rule, Response]]) -> None:
    wrong, seen = [], set()
    for role, rule, answer in answers:
        kind = "documents" if answer.mimetype in DOCUMENTS else "pages"
        promised = _promised(
            kind, "call" if rule.endpoint in CALL and "camera=(self)" in str(answer.headers) else "other"
        )
        carried = _carried(answer, promised)
        seen.add((kind, answer.status_code))
        if carried != promised:
            wrong.append((role, rule.rule, answer.status_code, {n: v for n, v in carried.items() if promised[n] != v}))
    assert wrong == []
    assert {("pages", 200), ("pages", 303), ("pages", 404)} <= seen


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_errors_carry_them_too(client: PolicedClient, side: Side, method: str) -> None:
    client.sign_in(side.owners["patient"], clinic=side.clinic)
    for path in (
        "/no-such-clinic/home",
        side.clinic.path("no/such/page"),
        side.clinic.path("staff/board"),
        side.clinic.path(f"p/{side.ids['visit']}/intake"),
        "/static/0123456789ab/css/portal.css",
    ):
        answer = _ask(client, path, method)
        promised = _promised("pages", "other")
        assert answer.status_code in {400, 401, 403, 404, 405}, path
        assert _carried(answer, promised) == promised, (path, answer.status_code)


def test_a_form_that_is_too_large_is_answered_with_them(client: PolicedClient, side: Side) -> None:
    client.sign_in(side.owners["patient"], clinic=side.clinic)
    answer = _ask(client, side.clinic.path("sign-out"), "POST", data={"note": "x" * 1_200_000})
    promised = _promised("pages", "other")
    assert answer.status_code == 413
    assert _carried(answer, promised) == promised
    assert "That is too long" in answer.get_data(as_text=True)


FAILURES: dict[str, tuple[Exception, int]] = {
    "ours": (LookupError("planted"), 500),
    "the database is gone": (OperationalError("SELECT 1", {}, Exception("planted")), 503),
    "the partner is gone": (ServiceUnavailable(retry_after=5), 503),
    "bad request": (BadRequest(), 400),
    "forbidden": (Forbidden(), 403),
    "not found": (NotFound(), 404),
    "another way to ask": (MethodNotAllowed(valid_methods=["GET"]), 405),
    "somebody was faster": (Conflict(), 409),
    "too large": (RequestEntityTooLarge(), 413),
    "too often": (TooManyRequests(), 429),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_is_answered_with_them(
    another_app: Callable[..., Flask], web_process: Process, clock: Clock, clinic: Clinic, failure: str
) -> None:
    error, status = FAILURES[failure]
    app = another_app(web_process, now=clock)

    def fail() -> str:
        raise error

    fail.__access__ = declared(app, "root.index")  # type: ignore[attr-defined]
    app.add_url_rule("/fails", view_func=fail)
    answer = _ask(PolicedClient(app, clinic), "/fails")
    promised = _promised("pages", "other")
    assert answer.status_code == status
    assert _carried(answer, promised) == promised
    assert ("Retry-After" in answer.headers) is (status in {429, 503})
    assert "planted" not in answer.get_data(as_text=True)


def test_an_empty_answer_carries_them(client: PolicedClient, side: Side) -> None:
    client.sign_in(side.owners["patient"], clinic=side.clinic)
    token = client._token()
    headers = {"Origin": BASE, "HX-Request": "true"}
    answer = _ask(client, side.clinic.path("sign-out"), "POST", data={"csrf_token": token}, headers=headers)
    promised = _promised("pages", "other")
    assert answer.status_code == 204
    assert _carried(answer, promised) == promised


def test_the_nonce_is_fresh_and_nothing_is_unsafe(client: PolicedClient, clinic: Clinic) -> None:
    policies = [str(_ask(client, clinic.path("sign-in")).headers["Content-Security-Policy"]) for _ in range(3)]
    assert len({NONCE.findall(policy)[0] for policy in policies}) == 3
    assert not any("unsafe" in policy or "*" in policy for policy in policies)


def test_camera_and_microphone_are_for_the_calls_pages(answers: list[tuple[str, Rule, Response]]) -> None:
    asked = {rule.endpoint for _, rule, answer in answers if "camera=(self)" in answer.headers["Permissions-Policy"]}
    assert asked <= CALL and asked


def test_files_of_ours_are_kept_and_do_not_vary_with_cookies(client: PolicedClient, clinic: Clinic) -> None:
    _ask(client, clinic.path("sign-in?lang=es"))
    answer = _ask(client, client.app.jinja_env.globals["static_url"]("css/portal.css"))  # type: ignore[operator]
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("file", ["css/portal.css", "js/portal.js", "icons/favicon.svg"])
def test_files_of_ours_are_documents(client: PolicedClient, file: str) -> None:
    answer = _ask(client, client.app.jinja_env.globals["static_url"](file))  # type: ignore[operator]
    promised = _promised("documents", "other")
    carried = _carried(answer, promised)
    assert {name for name in promised if carried[name] != promised[name]} == OF_PERSONS


def test_cookies_are_bound_to_this_host_and_out_of_reach_of_scripts(client: PolicedClient, clinic: Clinic) -> None:
    client.browser.delete_cookie("css")
    cookies = _ask(client, clinic.path("sign-in?lang=es")).headers.getlist("Set-Cookie")
    names = {cookie.partition("=")[0]: cookie for cookie in cookies}
    assert names.keys() == {"__Host-session", "css"}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain=" not in cookie
    assert "Max-Age" not in names["__Host-session"] and "Expires" not in names["__Host-session"]


def test_signing_out_clears_the_browser_and_keeps_the_language(client: PolicedClient, side: Side) -> None:
    client.sign_in(side.owners["patient"], clinic=side.clinic)
    client.get(side.clinic.path("home?lang=es"), follow=True)
    answer = client.post(side.clinic.path("sign-out"))
    [(name, value, on)] = [row for row in _table(2) if row[0] == "Clear-Site-Data"]
    assert on == "sign-out" and answer.response.headers[name] == value
    assert "cookies" not in value and "*" not in value
    page = client.get(answer.location)
    assert page.tree is not None
    html = page.tree.css_first("html")
    assert html is not None and html.attributes["lang"] == "es"
    assert client.get(side.clinic.path("home")).status == 303


@pytest.mark.parametrize(
    "host", ["evil.example", "portal.example.evil.example", "portal.example@evil.example", "127.0.0.1"]
)
def test_outside_the_demo_other_hosts_are_refused(
    another_app: Callable[..., Flask], web_process: Process, clock: Clock, clinic: Clinic, host: str
) -> None:
    production = web_process.settings.model_copy(update={"demo": False, "public_url": "https://portal.example"})
    app = another_app(replace(web_process, settings=production), now=clock)
    browser = app.test_client()
    assert browser.get("/", base_url="https://portal.example").status_code == 200
    refused = browser.get("/", base_url=f"https://{host}")
    assert refused.status_code == 400
    assert host not in refused.get_data(as_text=True)
    assert refused.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("address", "said"), [("https://portal.example", True), ("http://portal.example", False)])
def test_tls_only_where_the_portals_address_is_tls(
    another_app: Callable[..., Flask], web_process: Process, clock: Clock, address: str, said: bool
) -> None:
    app = another_app(
        replace(web_process, settings=web_process.settings.model_copy(update={"public_url": address})), now=clock
    )
    assert ("Strict-Transport-Security" in app.test_client().get("/", base_url=address).headers) is said
