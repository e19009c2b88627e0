"""Generated: every address by every role with another tenant's and another patient's ids.

Lacking the permission is 403 before any look-up (the sign-in page for somebody not signed in). Holding it, another's
id answers 404, byte-equal to one that does not exist once nonce, tokens and ids are taken out.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, Rule, UUIDConverter

from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.permissions import holders
from portal.web.access import declared
from tests.security.world import Side, make_side
from tests.support.client import BASE, PolicedClient
from tests.support.clinics import make_clinic
from tests.support.clock import Clock

ROLES = ("visitor", "patient", "front_desk", "clinician", "clinic_admin", "privacy_officer")
UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CHANGING = re.compile(
    r'nonce="[^"]*"|name="(?:csrf_token|idempotency_key)" value="[^"]*"|data-csrf="[^"]*"|<bdi>[0-9a-f]{16}</bdi>'
)
# Whose patient it is does not matter to administrative roles of the same clinic: they see administrative data.
BOUND_TO_THEIR_PATIENTS = ("patient", "clinician")

Sides = tuple[Side, Side]


@pytest.fixture(scope="module")
def sides(shared_app: Flask, shared_clock: Clock, web_process: Any, worker_process: Any) -> Sides:
    worker: Database = worker_process.database
    now = shared_clock.now.replace(microsecond=0)
    pair = [make_side(worker, web_process.database, make_clinic(worker, now=now), now=now) for _ in range(2)]
    return pair[0], pair[1]


def _rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        says = declared(app, rule.endpoint)
        if says is not None and says.permission is not None and "clinic" in rule.arguments:
            yield rule


def _browser(app: Flask, side: Side, role: str) -> PolicedClient:
    client = PolicedClient(app, side.clinic)
    return client if role == "visitor" else client.sign_in(side.accounts[role])


def _path(app: Flask, rule: Rule, side: Side, ids: dict[str, UUID]) -> str:
    values: dict[str, Any] = {"clinic": side.clinic.slug, **(rule.defaults or {})}
    for name in rule.arguments - values.keys():
        converter = rule._converters[name]
        if isinstance(converter, UUIDConverter):
            values[name] = ids.get(name) or new_id()
        else:
            values[name] = min(converter.items) if isinstance(converter, AnyConverter) else "symptoms"
    adapter = app.url_map.bind("localhost", url_scheme="https")
    return adapter.build(rule.endpoint, values, method=next(iter((rule.methods or {"GET"}) - {"HEAD", "OPTIONS"})))


def _methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & {"GET", "POST", "HEAD"})


def _ask(client: PolicedClient, method: str, path: str, token: str, **headers: str) -> tuple[int, str]:
    data = {"csrf_token": token} if method == "POST" else None
    with client.app.app_context():
        response = client.browser.open(
            path, method=method, base_url=BASE, data=data, headers={"Referer": BASE + path, **headers}
        )
    return response.status_code, UUID_TEXT.sub("ID", CHANGING.sub("", response.get_data(as_text=True)))


@pytest.mark.verify
@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_the_permission_is_refused_before_any_look_up(app: Flask, sides: Sides, role: str) -> None:
    own, _ = sides
    client = _browser(app, own, role)
    token = client._token()
    wrong = []
    for rule in _rules(app):
        says = declared(app, rule.endpoint)
        assert says is not None
        assert says.permission is not None
        if role in holders(says.permission):
            continue
        for method in _methods(rule):
            for ids in (own.ids, {}):
                status, _ = _ask(client, method, _path(app, rule, own, ids), token)
                expected = {303, 401} if role == "visitor" else {403}
                if status not in expected:
                    wrong.append((role, method, rule.rule, status))
    assert wrong == []


@pytest.mark.verify
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
@pytest.mark.parametrize("role", ROLES[1:])
def test_another_tenants_record_is_the_same_as_one_that_does_not_exist(
    app: Flask, sides: Sides, role: str, headers: dict[str, str]
) -> None:
    own, foreign = sides
    client = _browser(app, own, role)
    assert _differences(app, client, own, role, foreign.ids, headers) == []


@pytest.mark.verify
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
@pytest.mark.parametrize("role", BOUND_TO_THEIR_PATIENTS)
def test_another_patients_record_is_the_same_as_one_that_does_not_exist(
    app: Flask, sides: Sides, role: str, headers: dict[str, str]
) -> None:
    own, _ = sides
    client = _browser(app, own, role)
    theirs = {name: one for name, one in own.ids.items() if name in {"patient", "visit", "appointment", "invoice"}}
    assert _differences(app, client, own, role, theirs, headers) == []


def _differences(
    app: Flask, client: PolicedClient, side: Side, role: str, ids: dict[str, UUID], headers: dict[str, str]
) -> list[Any]:
    token = client._token()
    wrong = []
    for rule in _rules(app):
        says = declared(app, rule.endpoint)
        assert says is not None
        assert says.permission is not None
        if role not in holders(says.permission) or not set(ids) & rule.arguments:
            continue
        for method in _methods(rule):
            theirs = _ask(client, method, _path(app, rule, side, ids), token, **headers)
            missing = _ask(client, method, _path(app, rule, side, {}), token, **headers)
            if theirs != missing or theirs[0] != 404:
                wrong.append((role, method, rule.rule, theirs[0], missing[0]))
    return wrong


def _mixed(rule: Rule, own: dict[str, UUID], foreign: dict[str, UUID]) -> Iterator[dict[str, UUID]]:
    """One's own ids with each one of somebody else's, at addresses that name several."""
    named = sorted(name for name in rule.arguments if name in own and name in foreign)
    if len(named) > 1:
        for swapped in named:
            yield {**own, swapped: foreign[swapped]}


@pytest.mark.verify
@pytest.mark.parametrize("role", ("patient", "clinician", "front_desk", "clinic_admin"))
def test_somebody_elses_record_below_ones_own_is_not_found(app: Flask, sides: Sides, role: str) -> None:
    own, foreign = sides
    client = PolicedClient(app, own.clinic).sign_in(own.owners.get(role, own.accounts[role]))
    token = client._token()
    wrong, asked = [], 0
    for rule in _rules(app):
        says = declared(app, rule.endpoint)
        assert says is not None and says.permission is not None
        if role not in holders(says.permission):
            continue
        for ids in _mixed(rule, own.ids, foreign.ids):
            for method in _methods(rule):
                asked += 1
                theirs = _ask(client, method, _path(app, rule, own, ids), token)
                [swapped] = [name for name in ids if ids[name] != own.ids[name]]
                missing = _ask(client, method, _path(app, rule, own, {**ids, swapped: new_id()}), token)
                if theirs != missing or theirs[0] != 404:
                    wrong.append((role, method, rule.rule, swapped, theirs[0], missing[0]))
    assert wrong == []
    assert asked or role != "patient"
