"""Where we send a browser: to our own pages, by name; a path that was asked for only within the same clinic."""

import ast
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask, g
from hypothesis import example, given
from hypothesis import strategies as st

from portal.web.access import safe_next
from tests.support.client import BASE, PolicedClient

ROOT = Path(__file__).parents[2] / "portal"
# Functions that name a target themselves. Everybody else calls `see` or `see_next`.
NAMES_TARGETS = {
    "web/access.py": {"sign_in_redirect", "_leave_for_sign_in"},
    "web/pages.py": {"see", "see_next"},
    "web/transactions.py": {"_claim", "_location"},
    "identity/routes/blueprint.py": {"welcome"},
    "identity/routes/locks.py": {"lock_page", "unlock", "_ended", "_opened"},
    "identity/routes/lock_door.py": {"ask_unlock"},
    "identity/routes/step_up.py": {"ask_step_up", "step_up"},
}
HEADERS = {"Location", "HX-Redirect", "HX-Location", "Refresh"}
FOREIGN = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/elm\\..\\evil",
    "/elm//evil.example",
    "/elm/../other/home",
    "/elm/%2e%2e/other/home",
    "/elm/%2E./other/home",
    "/elm/home\r\nLocation: https://evil.example",
    "/elm/\t/evil.example",
    "/elm/ /evil.example",
    "/elm/home\x00",
    "/elm/hôme",
    "javascript:alert(1)//elm/",
    "/elm/javascript:alert(1)",
    "elm/home",
    "/other/home",
    "/elm",
    "",
)


def _targets(file: Path) -> set[str]:
    """Functions of a file that make a redirect or set a header that leads elsewhere."""
    found = set()
    for function in ast.walk(ast.parse(file.read_text())):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                called = node.func if isinstance(node, ast.Call) else None
                name = getattr(called, "id", getattr(called, "attr", None))
                if name == "redirect" or (isinstance(node, ast.Constant) and node.value in HEADERS):
                    found.add(function.name)
    return found


def test_only_these_functions_say_where_a_browser_goes() -> None:
    found = {file.relative_to(ROOT).as_posix(): names for file in ROOT.rglob("*.py") if (names := _targets(file))}
    assert found == NAMES_TARGETS


@pytest.mark.parametrize("target", FOREIGN)
def test_what_leads_out_of_the_clinic_is_not_followed(app: Flask, target: str) -> None:
    with app.app_context():
        g.clinic_slug = "elm"
        assert safe_next(target) is None


@pytest.mark.parametrize("target", ["/elm/home", "/elm/p/1/invoices?paid=1&x=a%2Fb", "/elm/board?day=2026-11-25#now"])
def test_a_path_of_the_clinic_is_followed(app: Flask, target: str) -> None:
    with app.app_context():
        g.clinic_slug = "elm"
        assert safe_next(target) == target


_PIECES = st.sampled_from(
    ["/", "\\", "..", ".", ":", "@", "?", "#", "%2e", "%2F", "\t", "\n", "//", "elm", "evil.example"]
)


@given(st.lists(_PIECES | st.text(max_size=3), max_size=12).map("".join))
@example("//evil.example/%2e%2e")
def test_whatever_is_asked_for_stays_on_our_origin_and_in_the_clinic(shared_app: Flask, tail: str) -> None:
    with shared_app.app_context():
        g.clinic_slug = "elm"
        for asked in (tail, f"/elm/{tail}"):
            path = safe_next(asked)
            if path is not None:
                # As a browser resolves it: white space inside goes, a backslash is a slash, dots are walked.
                seen = urljoin(f"{BASE}/elm/sign-in", path.replace("\\", "/"))
                assert seen.startswith(f"{BASE}/elm/"), asked
                assert urlsplit(seen).netloc == "localhost"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_with_a_foreign_target_leads_nowhere_else(client: PolicedClient, target: str) -> None:
    page = client.get(client.clinic.path(f"sign-in?next={quote(target, safe='')}"))
    assert page.status == 200 and page.forms()
    # Links to languages and a form for this page keep its query, as a query of this page; no field carries it on.
    assert all(
        urlsplit(form.attributes["action"] or "")[:3] == ("", "", client.clinic.path("sign-in"))
        for form in page.forms()[:1]
    )
    assert all("evil.example" not in (field.html or "") for form in page.forms() for field in form.css("input, button"))


def test_slashes_at_the_front_do_not_become_a_host(client: PolicedClient) -> None:
    answer = client.browser.get("//evil.example/..", base_url=BASE)
    assert answer.location is None or urlsplit(answer.location).netloc in {"", "localhost"}
