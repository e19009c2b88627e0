"""Live buttons within the note's form carry a key of their own, or the form's next press would count as a repeat."""

import json
from datetime import timedelta

from portal.kernel.db import Database
from tests.factories.visits import make_booked_visit
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


def test_a_found_diagnosis_is_added_with_its_own_key(
    client: PolicedClient, worker_database: Database, database: Database, clinic: Clinic, clock: Clock
) -> None:
    booked = make_booked_visit(worker_database, database, clinic, now=clock.now)
    clock.now = booked.starts_at - timedelta(minutes=5)
    patient = PolicedClient(client.app, clinic).sign_in(booked.account)
    patient.post(booked.page(clinic))
    path = clinic.path(f"staff/visits/{booked.visit_id}/note")
    client.sign_in(booked.clinician)
    found = client.post(f"{path}/diagnoses", {"q": "bronchitis"}, headers={"HX-Request": "true"})
    assert found.tree is not None
    values = [json.loads(button.attributes["hx-vals"] or "") for button in found.tree.css("button[hx-vals]")]
    assert values
    assert len({one["idempotency_key"] for one in values}) == len(values)
    assert all(one["action"].startswith("add:") for one in values)
