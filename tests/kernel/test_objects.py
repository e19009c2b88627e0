"""Large objects: what no row names goes, what a row names stays, and a list with a hole removes nothing."""

import os
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Uuid, make_url, text

from portal.app.jobs import ROUNDS
from portal.app.processes import Process
from portal.billing.models import Receipt
from portal.consent.models import DocumentPdf
from portal.intake.models import Photo
from portal.kernel.db import Base, Database
from portal.kernel.ids import new_id
from portal.kernel.objects import (
    NAME_COLUMN,
    IncompleteList,
    MissingObject,
    SweepObjects,
    named_objects,
    naming_tables,
)
from portal.kernel.tasks import schedule
from tests.kernel.test_session import make_patient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside


def put(process: Process, clinic: Clinic, content: bytes, *, days_old: int, clock: Clock) -> UUID:
    """An object that was written so long ago."""
    with process.database.transaction(clinic.system("documents")) as session:
        stored = process.objects.put(session, content)
    written = (clock.now - timedelta(days=days_old)).timestamp()
    (path,) = process.objects.root.glob(f"{clinic.id}/*/{stored.id}")
    os.utime(path, (written, written))
    return stored.id


def sweep(process: Process, clinic: Clinic, clock: Clock) -> int:
    work = SweepObjects(process.objects)
    with process.database.transaction(clinic.system(work.purpose)) as session:
        request = work.claim(session, new_id(), now=clock.now)
    return work.call(request, again=False, now=clock.now)


def name_one(urls: dict[str, str], clinic: Clinic, object_id: UUID) -> None:
    """A receipt that names the object, past what a receipt needs besides: foreign keys are not asked."""
    address = make_url(urls["admin"]).set(drivername="postgresql", database=urls["database"])
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO billing.receipt (tenant_id, id, patient_id, invoice_id, object_id, language, size, sha256,"
            " rendered_at) VALUES (%s, %s, %s, %s, %s, 'en', 1, '', now())",
            (clinic.id, new_id(), new_id(), new_id(), object_id),
        )


def test_only_what_is_old_and_named_by_no_row_is_removed(
    worker_process: Process, worker_database: Database, urls: dict[str, str], clinic: Clinic, clock: Clock
) -> None:
    named = put(worker_process, clinic, b"named", days_old=9, clock=clock)
    name_one(urls, clinic, named)
    fresh = put(worker_process, clinic, b"fresh", days_old=0, clock=clock)
    forgotten = put(worker_process, clinic, b"forgotten", days_old=9, clock=clock)
    assert sweep(worker_process, clinic, clock) == 1
    assert sweep(worker_process, clinic, clock) == 0
    with worker_database.transaction(clinic.system("documents")) as session:
        assert worker_process.objects.get(session, named) == b"named"
        assert worker_process.objects.get(session, fresh) == b"fresh"
        with pytest.raises(MissingObject):
            worker_process.objects.get(session, forgotten)


def test_another_clinics_objects_are_left_alone(
    worker_process: Process, clinic: Clinic, other_clinic: Clinic, clock: Clock
) -> None:
    theirs = put(worker_process, other_clinic, b"theirs", days_old=9, clock=clock)
    assert sweep(worker_process, clinic, clock) == 0
    with worker_process.database.transaction(other_clinic.system("documents")) as session:
        assert worker_process.objects.get(session, theirs) == b"theirs"


def test_another_purpose_gets_no_list(worker_database: Database, clinic: Clinic) -> None:
    with worker_database.transaction(clinic.system("billing")) as session, pytest.raises(IncompleteList):
        named_objects(session)


def test_a_table_without_the_policy_stops_the_sweep(
    worker_database: Database, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Base.metadata.tables["kernel.data_key"]
    monkeypatch.setattr("portal.kernel.objects.naming_tables", lambda: [bare])
    with worker_database.transaction(clinic.system("objects")) as session, pytest.raises(IncompleteList, match="data"):
        named_objects(session)


def test_the_sweep_sees_ids_of_objects_and_no_patient(worker_database: Database, clinic: Clinic, clock: Clock) -> None:
    make_patient(worker_database, clinic, clock)
    for purpose, seen in (("import", 1), ("objects", 0)):
        with worker_database.transaction(clinic.system(purpose)) as session:
            assert session.execute(text("SELECT count(*) FROM patients.patient")).scalar_one() == seen


def test_every_column_that_names_an_object_has_the_name_by_which_the_sweep_finds_it() -> None:
    assert {table.fullname for table in naming_tables()} >= {
        model.__table__.fullname for model in (Receipt, DocumentPdf, Photo)
    }
    other_names = [
        f"{table.fullname}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.c
        if "object" in column.name and isinstance(column.type, Uuid) and column.name != NAME_COLUMN
    ]
    assert other_names == []


def test_it_comes_round_every_day(
    worker_process: Process, worker_database: Database, clinic: Clinic, clock: Clock, outside: Outside, run_tasks
) -> None:
    assert ROUNDS[SweepObjects.kind] == timedelta(days=1)
    forgotten = put(worker_process, clinic, b"forgotten", days_old=2, clock=clock)
    with worker_database.transaction(clinic.system("schedule")) as session:
        schedule(session, kind=SweepObjects.kind, subject_id=new_id(), key="round:test", due_at=clock.now)
    run_tasks()
    assert not [*worker_process.objects.root.glob(f"{clinic.id}/*/{forgotten}")]
