"""What somebody wrote stays words: in no page an element, an attribute, a script or a template is born of it.

The canary stands in every text of a clinic with patients at each stage of the way; every address is then read as each
of them and as each role of staff.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, Response
from selectolax.lexbor import LexborHTMLParser
from werkzeug.routing import Rule, UUIDConverter

from portal.app.processes import Process
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.web.access import declared
from tests.budgets.world import World, make_world
from tests.support.canary import MARK, past_every_policy, plant
from tests.support.client import BASE, PolicedClient
from tests.support.clinics import make_clinic
from tests.support.clock import Clock
from tests.support.outside import Outside, run_tasks_of

BORN = f"[{MARK}], img[src=x], [onerror], [onload], script:not([nonce])"

# Of these patients staff have something of every kind to read.
STAFF_LOOK_AT = ("stopped", "talking", "seen")


@dataclass(frozen=True)
class Planted:
    world: World
    texts: set[str]


@pytest.fixture(scope="module")
def planted(
    shared_app: Flask, shared_clock: Clock, web_process: Process, worker_process: Process, urls: dict[str, str]
) -> Planted:
    now = shared_clock.now.replace(microsecond=0)
    clinic = make_clinic(worker_process.database, now=now)
    world = make_world(worker_process.database, web_process.database, clinic, now=now)
    with past_every_policy(web_process, urls) as database:
        return Planted(world, plant(database, clinic.id))


def _readers(app: Flask, world: World) -> Iterator[tuple[str, PolicedClient, dict[str, Any]]]:
    for name, stage in world.stages.items():
        yield name, PolicedClient(app, world.clinic).sign_in(stage.account), stage.ids
    for role, account in world.staff.items():
        client = PolicedClient(app, world.clinic).sign_in(account)
        for name in STAFF_LOOK_AT:
            yield f"{role} on {name}", client, world.stages[name].ids


def _path(app: Flask, rule: Rule, world: World, ids: dict[str, Any]) -> str | None:
    values = {"clinic": world.clinic.slug, **(rule.defaults or {})}
    for name in rule.arguments - values.keys():
        if name not in ids and not isinstance(rule._converters[name], UUIDConverter):
            return None
        values[name] = ids.get(name, new_id())
    return app.url_map.bind("localhost", url_scheme="https").build(rule.endpoint, values, method="GET")


def _wrong_in(answer: Response) -> list[str]:
    """What became of the canary that should not have."""
    words = answer.get_data(as_text=True)
    wrong = [f"{MARK}49"] if re.search(rf"{MARK}49", words) else []
    if answer.mimetype == "text/html":
        wrong += [node.html or "" for node in LexborHTMLParser(words).css(BORN)]
    return wrong


@pytest.mark.verify
def test_no_page_takes_somebodys_words_for_its_own(app: Flask, planted: Planted) -> None:
    wrong, shown = _crawl(app, planted, _readers(app, planted.world))
    assert wrong == []
    assert len(shown) >= 20, sorted(shown)


def test_no_page_of_one_patient_takes_their_words_for_its_own(app: Flask, planted: Planted) -> None:
    stage, doctor = planted.world.stages["seen"], planted.world.staff["clinician"]
    readers = [
        (who, PolicedClient(app, planted.world.clinic).sign_in(account), stage.ids)
        for who, account in (("seen", stage.account), ("clinician", doctor))
    ]
    wrong, shown = _crawl(app, planted, readers)
    assert wrong == []
    assert "workspaces.visit_page" in shown and len(shown) > 8, sorted(shown)


def test_a_mail_has_the_clinics_words_as_words(
    app: Flask,
    planted: Planted,
    worker_process: Process,
    relay_database: Database,
    outside: Outside,
    clock: Clock,
) -> None:
    client = PolicedClient(app, planted.world.clinic)
    with app.app_context():
        client.browser.post(
            planted.world.clinic.path("sign-in"),
            base_url=BASE,
            headers={"Origin": BASE},
            data={"csrf_token": client._token(), "contact": "words@example.org"},
        )
    run_tasks_of(worker_process, relay_database, planted.world.clinic.id, clock)
    mail = next(one for one in outside.mail.sent if one.to == "words@example.org")
    # Each message names the clinic, whose name is planted.
    assert f"{MARK}{{{{7*7}}}}{{%x%}}" in mail.text
    assert mail.html and _wrong_in(Response(mail.html, mimetype="text/html")) == []
    assert "\n" not in mail.subject


def _crawl(app: Flask, planted: Planted, readers: Iterable[Any]) -> tuple[list[Any], set[str]]:
    """(what is wrong, endpoints that showed the canary) of all that the readers may read."""
    wrong: list[Any] = []
    shown: set[str] = set()
    asked = set()
    for who, client, ids in readers:
        for rule in app.url_map.iter_rules():
            says = declared(app, rule.endpoint)
            readable = says is not None and "clinic" in rule.arguments and "GET" in (rule.methods or set())
            path = _path(app, rule, planted.world, ids) if readable else None
            if path is None or (who.partition(" ")[0], path) in asked:
                continue
            asked.add((who.partition(" ")[0], path))
            with app.app_context():
                answer = client.browser.get(path, base_url=BASE)
            assert answer.status_code < 500, (who, rule.rule)
            if answer.mimetype in {"text/html", "text/csv", "application/json", "text/calendar"}:
                wrong += [(who, rule.rule, one[:200]) for one in _wrong_in(answer)]
                # As it was written: a template of the clinic's is a text, not a program.
                if f"{MARK}{{{{7*7}}}}{{%x%}}" in answer.get_data(as_text=True):
                    shown.add(rule.endpoint)
    return wrong, shown


def test_the_canary_stands_in_many_texts(planted: Planted) -> None:
    assert len(planted.texts) >= 25, sorted(planted.texts)


def test_an_element_of_somebodys_words_would_be_seen() -> None:
    page = Response(f"<p><img src=x {MARK}=1></p>{MARK}49", mimetype="text/html")
    assert f"{MARK}49" in _wrong_in(page) and len(_wrong_in(page)) > 1
