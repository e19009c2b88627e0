"""The record as a file."""

import csv
import io
import json
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import insert, select

from portal.audit.models import Leaf
from portal.audit.records import record_bytes
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.audit.conftest import leaf_of
from tests.factories.identity import AUTHENTICATOR, enrol, staff_member
from tests.factories.patients import make_record
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.sign_in import start_test_session


@pytest.fixture
def account(clinic: Clinic, clock: Clock, worker_database: Database) -> UUID:
    return staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ada Min")


@pytest.fixture
def admin(client: PolicedClient, account: UUID) -> PolicedClient:
    return client.sign_in(account)


def _record(web: Database, clinic: Clinic, count: int = 1, **values: object) -> list[dict[str, object]]:
    leaves = [leaf_of(clinic, at=utc_now()) | values for _ in range(count)]
    with web.transaction(clinic.system("tests")) as session:
        session.execute(insert(Leaf), leaves)
    return leaves


def _take(admin: PolicedClient, clinic: Clinic, **asked: object) -> Page:
    return admin.get(clinic.path("staff/audit/export?" + urlencode(asked)))


def _rows(page: Page) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(page.data.decode("utf-8-sig"), newline="")))


def test_the_files_hold_what_the_filter_finds(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database
) -> None:
    patient = make_record(worker_database, clinic, now=clock.now)
    doctor = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Dr. Omar Haddad")
    _record(database, clinic, 30, user_id=doctor, patient_id=patient)
    _record(database, clinic, 2, user_id=doctor, purpose="board")
    page = admin.get(clinic.path(f"staff/audit?person={doctor}&purpose=care"))
    for kind in ("CSV", "JSON"):
        file = admin.get(page.links()[f"Download {kind}"])
        assert file.status == 200
        assert "attachment" in file.response.headers["Content-Disposition"]
        assert f".{kind.lower()}" in file.response.headers["Content-Disposition"]
        entries = _rows(file) if kind == "CSV" else json.loads(file.data)["entries"]
        assert len(entries) == 30
    rows = _rows(_take(admin, clinic, person=doctor, purpose="care"))
    assert {(row["person"], row["patient"], row["patient_id"]) for row in rows} == {
        ("Dr. Omar Haddad", "Maria Gomez", str(patient))
    }


def test_what_json_holds_is_what_is_hashed(admin: PolicedClient, clinic: Clinic, database: Database) -> None:
    (leaf,) = _record(database, clinic)
    file = json.loads(_take(admin, clinic, format="json", person=leaf["user_id"]).data)
    record = file["entries"][0]["record"]
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert b"\x01" + text.encode() == record_bytes(leaf)
    assert file["filter"] == {"person": str(leaf["user_id"])}
    assert file["count"] == 1


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_is_a_formula_is_shown_and_not_computed(
    admin: PolicedClient, clinic: Clinic, database: Database, first: str
) -> None:
    text = f'{first}HYPERLINK("https://example.com")'
    (leaf,) = _record(database, clinic, device=text)
    assert _rows(_take(admin, clinic, person=leaf["user_id"]))[0]["device"] == f"'{text}"


def test_taking_a_file_is_recorded_with_whom_it_names(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database, account: UUID
) -> None:
    patient = make_record(worker_database, clinic, now=clock.now)
    _record(database, clinic, patient_id=patient)
    _take(admin, clinic)
    with worker_database.transaction(clinic.system("audit")) as session:
        wanted = select(Leaf).where(Leaf.user_id == account, Leaf.permission == "audit:export")
        taken = {(leaf.patient_id, *leaf.resources) for leaf in session.scalars(wanted)}
    assert taken == {(None, "LeafExport"), (patient, "Patient")}


def test_a_file_is_whole_or_there_is_none(admin: PolicedClient, clinic: Clinic, database: Database) -> None:
    person = _record(database, clinic)[0]["user_id"]
    _record(database, clinic, 5_000, user_id=person)
    back = _take(admin, clinic, person=person)
    assert back.location == clinic.path(f"staff/audit?person={person}")
    assert "more than 5,000 entries" in admin.get(back.location).text
    assert _rows(_take(admin, clinic, person=person, action="denied")) == []


def test_a_second_factor_is_asked_for_first(
    app: Flask, clinic: Clinic, clock: Clock, worker_database: Database, account: UUID
) -> None:
    from portal.identity.rules import current_code

    enrol(worker_database, clinic, account, now=clock.now)
    client = PolicedClient(app, clinic)
    with client.browser.session_transaction(base_url=BASE) as session:
        session["_user_id"] = start_test_session(app, clinic.id, account, stepped_up=False)
    asked = _take(client, clinic, format="json", action="read")
    assert asked.status == 303
    page = client.get(asked.location)
    sent = client.submit(page, {"step_up_code": current_code(AUTHENTICATOR, now=clock.now)})
    assert sent.location == clinic.path("staff/audit/export?format=json&action=read")
    assert client.get(sent.location).status == 200


@pytest.mark.parametrize("asked", [{"format": "xlsx"}, {"first": "yesterday"}])
def test_what_is_not_offered_is_not_found(admin: PolicedClient, clinic: Clinic, asked: dict[str, str]) -> None:
    assert _take(admin, clinic, **asked).status == 404


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN])
def test_others_take_no_file(
    client: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, role: Role
) -> None:
    client.sign_in(staff_member(worker_database, clinic, role, now=clock.now))
    assert _take(client, clinic).status == 403


def test_another_clinics_entries_are_not_in_the_file(
    admin: PolicedClient, clinic: Clinic, other_clinic: Clinic, database: Database
) -> None:
    foreign = _record(database, other_clinic)[0]
    assert str(foreign["id"]) not in _take(admin, clinic, format="json").html
    assert str(foreign["patient_id"]) not in _take(admin, clinic).html
