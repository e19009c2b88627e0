"""A form takes its own fields and no others: what is added to it by hand is stored nowhere and raises nobody.

Every form of every page that a patient, their clinician, the desk and an administrator can open is filled in and sent
with twelve fields that decide who somebody is and whose a row is. Their values are such that no row has them.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from selectolax.lexbor import LexborHTMLParser
from selectolax.lexbor import LexborNode as Node
from werkzeug.routing import UUIDConverter

from portal.app.processes import Process
from portal.kernel.ids import new_id
from portal.kernel.permissions import holders
from portal.web.access import declared
from tests.security.test_matrix import _path
from tests.security.world import Side, make_side
from tests.support.client import BASE, PolicedClient, form_fields
from tests.support.clinics import make_clinic
from tests.support.clock import Clock
from tests.support.digest import changed, digest_of
from tests.support.servers import superuser

PRIVILEGED: dict[str, str] = {
    "tenant_id": str(new_id()),
    "id": str(new_id()),
    "patient_id": str(new_id()),
    "user_id": str(new_id()),
    "account_id": str(new_id()),
    "author_id": str(new_id()),
    "role": "zoo-role",
    "roles": "zoo-roles",
    "is_admin": "zoo-admin",
    "status": "zoo-status",
    "amount_minor": "31337003",
    "signed_at": "1899-09-09T09:09:09+00:00",
    "verified_at": "1899-09-09T09:09:09+00:00",
    "created_at": "1899-09-09T09:09:09+00:00",
}
MARKS = "|".join({value.removesuffix("T09:09:09+00:00") for value in PRIVILEGED.values()})
#: After these nothing more is open.
SIGNS_OUT = ("sign-out", "sessions", "lock")


@pytest.fixture
def side(clock: Clock, web_process: Process, worker_process: Process) -> Side:
    worker = worker_process.database
    return make_side(worker, web_process.database, make_clinic(worker, now=clock.now), now=clock.now)


def _pages(app: Flask, side: Side, role: str) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        says = declared(app, rule.endpoint)
        if "GET" not in (rule.methods or set()) or "clinic" not in rule.arguments or says is None:
            continue
        named = {name for name in rule.arguments if isinstance(rule._converters.get(name), UUIDConverter)}
        if says.permission and role in holders(says.permission) and named <= side.ids.keys():
            yield _path(app, rule, side, side.ids)


def _filled(form: Node) -> dict[str, Any]:
    """What somebody sends who fills in everything: words where words go, the first choice, every box."""
    values = form_fields(form, None)
    for control in form.css("input"):
        name, kind = control.attributes.get("name"), control.attributes.get("type") or "text"
        if not name:
            continue
        if kind in {"checkbox", "radio"} and not values.get(name):
            values[name] = control.attributes.get("value") or "on"
        elif kind in {"text", "search"} and not values.get(name):
            values[name] = "Some words"
    for area in form.css("textarea"):
        if name := area.attributes.get("name"):
            values[name] = values.get(name) or "Some words"
    return values


def _send_all(app: Flask, client: PolicedClient, paths: Iterator[str]) -> list[int]:
    said = []
    for path in paths:
        with app.app_context():
            page = client.browser.get(path, base_url=BASE)
        if page.mimetype != "text/html":
            continue
        for form in LexborHTMLParser(page.get_data(as_text=True)).css("form[method=post]"):
            action = form.attributes.get("action") or path
            if urlsplit(action).path.endswith(SIGNS_OUT):
                continue
            own = _filled(form)
            with app.app_context():
                answer = client.browser.post(
                    action, base_url=BASE, headers={"Origin": BASE}, data={**PRIVILEGED, **own}
                )
            said.append(answer.status_code)
    return said


def _holding(connection: psycopg.Connection[Any], marks: str) -> list[str]:
    """Tables in which a row holds one of the marks."""
    return [
        name
        for name in digest_of(connection)
        if connection.execute(f"SELECT 1 FROM {name} AS t WHERE to_jsonb(t)::text ~ %s LIMIT 1", [marks]).fetchone()
    ]


def _roles_of(connection: psycopg.Connection[Any], account: UUID) -> list[Any]:
    return connection.execute(
        "SELECT role, since, until FROM identity.role_assignment WHERE account_id = %s ORDER BY 1, 2", [account]
    ).fetchall()


@pytest.mark.parametrize(
    "role",
    [
        "patient",
        *(pytest.param(role, marks=pytest.mark.verify) for role in ("clinician", "front_desk", "clinic_admin")),
    ],
)
def test_fields_that_a_form_does_not_have_are_stored_nowhere(
    app: Flask, side: Side, urls: dict[str, str], role: str
) -> None:
    account: UUID = side.owners.get(role, side.accounts[role])
    client = PolicedClient(app, side.clinic).sign_in(account)
    with superuser(urls) as connection:
        before, held = digest_of(connection), _roles_of(connection, account)
        said = _send_all(app, client, _pages(app, side, role))
        after = digest_of(connection)
        assert _holding(connection, MARKS) == []
        assert changed(before, after), "no form was taken at all"
        assert _roles_of(connection, account) == held
    # Roles are what an administrator's own forms are for.
    assert role == "clinic_admin" or "identity.role_assignment" not in changed(before, after)
    assert said.count(303) >= 3 and not [status for status in said if status >= 500], said


def test_a_mark_would_be_found(urls: dict[str, str], side: Side) -> None:
    with superuser(urls) as connection:
        assert _holding(connection, str(side.ids["visit"]))
