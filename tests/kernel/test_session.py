"""The session: who acts is set in one place, reads are audited, a reading request cannot write."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from sqlalchemy import insert, select, text

from portal.audit.models import Leaf
from portal.kernel.db import Database, PortalSession, ReadOnlyViolation, UnauditedRead
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients.models import Patient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]


def make_patient(database: Database, clinic: Clinic, clock: Clock, name: str = "Ana") -> Patient:
    patient = Patient(
        given_name=name,
        family_name="Castle",
        given_key=name.lower(),
        family_key="castle",
        birth_date=date(1980, 2, 29),
        language="es",
        zone="America/New_York",
        jurisdiction="US-MA",
        phone="+16175550123",
        origin="desk",
        created_at=clock.now,
    )
    with database.transaction(clinic.system("demo")) as session:
        session.add(patient)
    return patient


def desk(clinic: Clinic) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=new_id(), roles=[Role.FRONT_DESK]).acting(
        purpose="scheduling", permission="patient:read"
    )


def leaves_of(database: Database, clinic: Clinic) -> list[Leaf]:
    with database.transaction(clinic.system("audit")) as session:
        return list(session.scalars(select(Leaf).order_by(Leaf.id)))


def test_settings_of_one_transaction_do_not_reach_the_next_on_the_same_connection(
    database: Database, clinic: Clinic
) -> None:
    with database.transaction(desk(clinic)) as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar()
    with database.engine.connect() as connection:
        left = connection.execute(text("SELECT current_setting('app.tenant_id', true)")).scalar()
        assert left in {"", None}, f"left behind by {pid}"


def test_a_savepoint_that_rolls_back_keeps_the_principal(database: Database, clinic: Clinic) -> None:
    with database.transaction(desk(clinic)) as session:
        nested = session.begin_nested()
        session.execute(text("SELECT 1"))
        nested.rollback()
        assert session.execute(text("SELECT kernel.tenant_id()")).scalar() == clinic.id


def test_loading_a_patient_leaves_one_leaf_that_names_them(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    patient = make_patient(worker_database, clinic, clock)
    before = len(leaves_of(worker_database, clinic))
    who = desk(clinic)
    with database.transaction(who) as session:
        session.get(Patient, (clinic.id, patient.id))
        session.scalars(select(Patient)).all()
    fresh = leaves_of(worker_database, clinic)[before:]
    assert [(leaf.action, leaf.patient_id, leaf.user_id, leaf.purpose) for leaf in fresh] == [
        ("read", patient.id, who.user_id, "scheduling")
    ]
    assert fresh[0].resources == ["Patient"]
    assert fresh[0].permission == "patient:read"


def test_single_columns_of_patient_data_are_refused_unless_they_are_audited(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    patient = make_patient(worker_database, clinic, clock)
    with database.transaction(desk(clinic)) as session:
        with pytest.raises(UnauditedRead):
            session.execute(select(Patient.given_name)).all()
        rows = session.read_rows(select(Patient.given_name), patient=Patient.id)
        assert [(row.given_name, row.audited_patient) for row in rows] == [("Ana", patient.id)]
    assert leaves_of(worker_database, clinic)[-1].patient_id == patient.id


def test_a_read_whose_leaf_cannot_be_written_does_not_happen(
    web_process: object, urls: dict[str, str], worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    make_patient(worker_database, clinic, clock)
    blind = Database(urls["portal_web"], pool_size=1)
    with pytest.raises(UnauditedRead), blind.transaction(desk(clinic)) as session:
        session.scalars(select(Patient)).all()
    blind.engine.dispose()


def test_a_reading_session_refuses_to_write(database: Database, clinic: Clinic, clock: Clock) -> None:
    with database.session(desk(clinic)) as session:
        session.add(Patient(given_name="X", family_name="Y", birth_date=date(2000, 1, 1)))
        with pytest.raises(ReadOnlyViolation):
            session.flush()
        session.rollback()
    with database.session(desk(clinic)) as session, pytest.raises(ReadOnlyViolation):
        session.execute(insert(Patient).values(given_name="X"))


def test_nobody_may_change_or_delete_the_audit_record(
    database: Database, worker_database: Database, clinic: Clinic
) -> None:
    from sqlalchemy.exc import ProgrammingError

    for source in (database, worker_database):
        for statement in ("UPDATE audit.leaf SET purpose = ''", "DELETE FROM audit.leaf", "TRUNCATE audit.leaf"):
            with pytest.raises(ProgrammingError), source.transaction(desk(clinic)) as session:
                session.execute(text(statement))


def test_another_tenants_rows_cannot_be_seen_changed_or_made(
    database: Database, worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock
) -> None:
    from sqlalchemy.exc import ProgrammingError

    foreign = make_patient(worker_database, other_clinic, clock, "Foreign")
    with database.transaction(desk(clinic)) as session:
        assert session.get(Patient, (other_clinic.id, foreign.id)) is None
        assert session.execute(text("SELECT count(*) FROM patients.patient")).scalar() == 0
        touched = session.execute(text("UPDATE patients.patient SET given_name = 'x' RETURNING id")).all()
        assert touched == []
    with pytest.raises(ProgrammingError, match="row-level security"), database.transaction(desk(clinic)) as session:
        session.execute(
            text(
                "INSERT INTO kernel.task (tenant_id, id, kind, subject_id, key, due_at, state, attempts, fence)"
                " VALUES (:t, :i, 'x', :i, 'x', now(), 'pending', 0, 0)"
            ),
            {"t": other_clinic.id, "i": new_id()},
        )


def test_without_a_principal_the_database_shows_nothing(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    make_patient(worker_database, clinic, clock)
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM patients.patient")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM audit.leaf")).scalar() == 0
