"""Generated: every address that takes a form refuses one that our page did not send, and nothing is changed by it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.kernel.permissions import holders
from portal.web.access import declared
from tests.security.test_matrix import Sides, _path, sides
from tests.security.world import Side
from tests.support.client import BASE, PolicedClient
from tests.support.digest import changed, digest_of
from tests.support.servers import superuser

__all__ = ["sides"]

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
OURS = {"Origin": BASE}
# What is forged: (headers, whose token).
FORGED: dict[str, tuple[dict[str, str], str]] = {
    "no token": (OURS, "nobody's"),
    "another browser's token": (OURS, "another's"),
    "another site": ({"Origin": "https://evil.example"}, "own"),
    "the browser says another site": ({**OURS, "Sec-Fetch-Site": "cross-site"}, "own"),
}


def _taking_forms(app: Flask) -> Iterator[tuple[Rule, str]]:
    """(rule, method) of everything that writes, but the webhook, which has a signature."""
    for rule in app.url_map.iter_rules():
        if not getattr(app.view_functions[rule.endpoint], "__csrf_exempt__", False):
            for method in sorted((rule.methods or set()) & WRITING):
                yield rule, method


def _who_may(app: Flask, rule: Rule, side: Side) -> UUID | None:
    """Somebody from whom the address would take its form: the owners of the record first."""
    says = declared(app, rule.endpoint)
    assert says is not None
    if says.permission is None:
        return None
    may = holders(says.permission)
    known = {**side.accounts, **side.owners}
    return next(known[role] for role in ("patient", "clinician", "front_desk", *known) if role in may and role in known)


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_form_is_refused_everywhere_and_changes_nothing(
    app: Flask, sides: Sides, urls: dict[str, str], forged: str
) -> None:
    side = sides[0]
    headers, whose = FORGED[forged]
    stranger = PolicedClient(app, side.clinic)._token()
    browsers: dict[UUID | None, tuple[PolicedClient, str]] = {}
    for account in {_who_may(app, rule, side) for rule, _ in _taking_forms(app)}:
        client = PolicedClient(app, side.clinic)
        client = client.sign_in(account) if account else client
        browsers[account] = client, client._token()
    taken: list[Any] = []
    with superuser(urls) as connection:
        before = digest_of(connection)
        for rule, method in _taking_forms(app):
            client, own = browsers[_who_may(app, rule, side)]
            token = {"own": own, "another's": stranger, "nobody's": ""}[whose]
            with app.app_context():
                answer = client.browser.open(
                    _path(app, rule, side, side.ids),
                    method=method,
                    base_url=BASE,
                    headers=headers,
                    data={"csrf_token": token} if token else {},
                )
            if answer.status_code != (400 if headers == OURS else 403):
                taken.append((method, rule.rule, answer.status_code))
        assert taken == []
        assert changed(before, digest_of(connection)) == []


def test_a_change_would_be_seen(app: Flask, sides: Sides, urls: dict[str, str]) -> None:
    side = sides[1]
    client = PolicedClient(app, side.clinic).sign_in(side.owners["patient"])
    with superuser(urls) as connection:
        before = digest_of(connection)
        client.post(side.clinic.path("sign-out"))
        assert "identity.login_session" in changed(before, digest_of(connection))
