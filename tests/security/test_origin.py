"""A form is taken from our own page only, whatever token it carries; the webhook's door is its signature."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from portal.kernel.db import Database
from tests.support.client import BASE, PolicedClient
from tests.support.clinics import Clinic

FOREIGN: dict[str, dict[str, str]] = {
    "another site": {"Origin": "https://evil.example"},
    "another site, our page as referer": {"Origin": "https://evil.example", "Referer": f"{BASE}/elm/sign-in"},
    "a sandboxed page": {"Origin": "null"},
    "a sandboxed page, our page as referer": {"Origin": "null", "Referer": f"{BASE}/elm/sign-in"},
    "another site's referer": {"Referer": "https://evil.example/localhost"},
    "our name as the user of another host": {"Origin": "https://localhost@evil.example"},
    "our name as the beginning of another": {"Origin": "https://localhost.evil.example"},
    "another port": {"Origin": "https://localhost:8443"},
    "plain http": {"Origin": "http://localhost"},
    "no address at all": {"Origin": "https://["},
    "nobody says": {},
    "the browser knows better": {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
    "a neighbour": {"Origin": BASE, "Sec-Fetch-Site": "same-site"},
}
OURS: dict[str, dict[str, str]] = {
    "origin": {"Origin": BASE},
    "referer only": {"Referer": f"{BASE}/elm/sign-in"},
    "all that a browser says": {"Origin": BASE, "Referer": f"{BASE}/x", "Sec-Fetch-Site": "same-origin"},
    "a form sent again by hand": {"Origin": BASE, "Sec-Fetch-Site": "none"},
}


def _post(client: PolicedClient, path: str, headers: dict[str, str], data: dict[str, Any] | None = None) -> Any:
    token = client._token()
    with client.app.app_context():
        return client.browser.post(path, base_url=BASE, headers=headers, data={"csrf_token": token, **(data or {})})


def _codes(database: Database, clinic: Clinic) -> int:
    with database.transaction(clinic.system("sign-in")) as session:
        return int(session.scalar(text("SELECT count(*) FROM identity.attempt")) or 0)


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_form_from_elsewhere_is_refused_and_changes_nothing(
    client: PolicedClient, worker_database: Database, clinic: Clinic, headers: dict[str, str]
) -> None:
    answer = _post(client, clinic.path("sign-in"), headers, {"contact": "ana@example.org"})
    assert answer.status_code == 403
    assert "This was not sent from our page" in answer.get_data(as_text=True)
    assert "ana@example.org" not in answer.get_data(as_text=True), "a foreign form is offered to be sent again"
    assert _codes(worker_database, clinic) == 0


@pytest.mark.parametrize("headers", OURS.values(), ids=OURS)
def test_a_form_of_ours_is_taken(
    client: PolicedClient, worker_database: Database, clinic: Clinic, headers: dict[str, str]
) -> None:
    answer = _post(client, clinic.path("sign-in"), headers, {"contact": "ana@example.org"})
    assert answer.status_code == 303
    assert _codes(worker_database, clinic) == 1


def test_the_origin_does_not_replace_the_token(client: PolicedClient, clinic: Clinic) -> None:
    with client.app.app_context():
        answer = client.browser.post(
            clinic.path("sign-in"), base_url=BASE, headers={"Origin": BASE}, data={"contact": "ana@example.org"}
        )
    assert answer.status_code == 400


def test_every_address_that_takes_a_post_asks_but_those_whose_body_is_signed(app: Flask) -> None:
    exempt = {name for name, view in app.view_functions.items() if getattr(view, "__csrf_exempt__", False)}
    # The card gateway signs what it tells, and a clinic's identity provider the token of a logout.
    assert exempt == {"billing_hooks.cards", "identity.provider_logout"}


def test_the_webhook_is_answered_for_its_signature_not_its_origin(client: PolicedClient) -> None:
    with client.app.app_context():
        answer = client.browser.post("/webhooks/cards", base_url=BASE, data=b"{}", headers={"Origin": "null"})
    assert (answer.status_code, answer.get_json()) == (400, {"error": "unverified"})


@pytest.mark.parametrize("language", ["es", "ar"])
def test_the_refusal_is_in_the_readers_language(client: PolicedClient, clinic: Clinic, language: str) -> None:
    answer = _post(client, clinic.path(f"sign-in?lang={language}"), {"Origin": "null"})
    assert f'lang="{language}"' in answer.get_data(as_text=True)
    assert "This was not sent from our page" not in answer.get_data(as_text=True)
