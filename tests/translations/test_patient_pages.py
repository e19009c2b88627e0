"""Pages of patients and visitors ask for no text that a language lacks, whatever the catalog's own test believes."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal.app.processes import Process
from portal.kernel import locale
from portal.kernel.locale import LANGUAGES, STAFF_LANGUAGES
from portal.web.access import declared
from tests.budgets.world import World, make_world
from tests.support.client import PolicedClient
from tests.support.clinics import make_clinic
from tests.support.clock import Clock

FEWER = [code for code in LANGUAGES if code not in STAFF_LANGUAGES]


@pytest.fixture(scope="module")
def world(shared_clock: Clock, web_process: Process, worker_process: Process) -> World:
    now = shared_clock.now.replace(microsecond=0)
    clinic = make_clinic(worker_process.database, now=now)
    return make_world(worker_process.database, web_process.database, clinic, now=now)


def _pages(app: Flask, world: World, ids: dict[str, Any]) -> Iterator[str]:
    adapter = app.url_map.bind("localhost", url_scheme="https")
    for rule in app.url_map.iter_rules():
        says = declared(app, rule.endpoint)
        values = {"clinic": world.clinic.slug, **ids}
        if says is None or "GET" not in (rule.methods or set()) or "clinic" not in rule.arguments:
            continue
        if rule.arguments <= set(values) and not rule.rule.startswith("/<clinic>/staff"):
            yield adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method="GET")


@pytest.mark.parametrize("language", FEWER)
def test_no_page_of_a_patient_asks_for_a_text_that_is_not_there(
    app: Flask, world: World, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    catalog = locale._catalog(language)
    whole = locale._catalog.__wrapped__

    class Noting:
        """The catalog, which notes what it is asked for and has not."""

        def ugettext(self, message: str) -> str:
            if message not in catalog._catalog:  # type: ignore[attr-defined]  # gettext's own
                asked.add(message)
            return str(catalog.ugettext(message))

        def ungettext(self, singular: str, plural: str, num: int) -> str:
            if (singular, 0) not in catalog._catalog:  # type: ignore[attr-defined]
                asked.add(singular)
            return str(catalog.ungettext(singular, plural, num))

        def upgettext(self, context: str, message: str) -> str:
            if f"{context}\x04{message}" not in catalog._catalog:  # type: ignore[attr-defined]
                asked.add(message)
            return str(catalog.upgettext(context, message))

        def unpgettext(self, context: str, singular: str, plural: str, num: int) -> str:
            if (f"{context}\x04{singular}", 0) not in catalog._catalog:  # type: ignore[attr-defined]
                asked.add(singular)
            return str(catalog.unpgettext(context, singular, plural, num))

    monkeypatch.setattr(locale, "_catalog", lambda code: Noting() if code == language else whole(code))
    seen = 0
    for stage in world.stages.values():
        client = PolicedClient(app, world.clinic).sign_in(stage.account)
        client.get(world.clinic.path(f"?lang={language}"))
        for path in _pages(app, world, stage.ids):
            seen += client.get(path).status == 200
    assert seen > 50
    assert sorted(asked) == []
