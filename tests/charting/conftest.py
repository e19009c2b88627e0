"""A visit to write about."""

from typing import Any

import pytest
from flask import Flask

from portal.kernel.db import Database
from tests.factories.charting import Encounter, make_encounter
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    return make_encounter(worker_database, clinic, now=clock.now)


@pytest.fixture(autouse=True)
def home_of_patients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a patient's own start page is not built, any address will do for it."""
    if "client" not in request.fixturenames:
        return
    app: Flask = request.getfixturevalue("app")

    def address(error: Exception, endpoint: str, values: dict[str, Any]) -> str:
        if endpoint != "home.start":
            raise error
        return f"/home/{values['patient']}"

    if "home.start" not in app.view_functions:
        monkeypatch.setitem(app.url_map._rules_by_endpoint, "home.start", [])
        monkeypatch.setattr(app, "url_build_error_handlers", [address])
