"""Rows of several models in one statement: the same rows, in the order asked for, under the same rules."""

import pytest
from sqlalchemy import bindparam, select

from portal.kernel.db import Asked, Database, Together
from portal.kernel.ids import new_id
from portal.patients.models import Identifier, Patient
from tests.budgets.measured import statements
from tests.kernel.test_session import desk, leaves_of, make_patient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

PEOPLE = Together(
    Asked(select(Patient).where(Patient.family_key == bindparam("family")), Patient.given_key.desc()),
    Asked(
        select(Identifier).where(Identifier.patient_id == bindparam("patient")).limit(2),
        Identifier.system.desc(),
        Identifier.id,
    ),
)


def give_number(database: Database, clinic: Clinic, patient: Patient, system: str) -> None:
    with database.transaction(clinic.system("demo")) as session:
        session.add(Identifier(patient_id=patient.id, system=system, value=new_id().hex))


@pytest.fixture
def ana(worker_database: Database, clinic: Clinic, clock: Clock) -> Patient:
    """A patient with three numbers; a brother is there as well."""
    make_patient(worker_database, clinic, clock, "Bruno")
    patient = make_patient(worker_database, clinic, clock)
    for system in ("urn:b", "urn:c", "urn:a"):
        give_number(worker_database, clinic, patient, system)
    return patient


def test_each_models_rows_come_in_their_own_order_and_number_by_one_statement(
    database: Database, clinic: Clinic, ana: Patient
) -> None:
    with statements(database) as seen, database.transaction(desk(clinic)) as session:
        found = PEOPLE.read(session, family="castle", patient=ana.id)
        assert len(seen) == 1
        assert [one.given_name for one in found.all(Patient)] == ["Bruno", "Ana"]
        assert [one.system for one in found.all(Identifier)] == ["urn:c", "urn:b"]
        assert found.first(Patient) is session.get(Patient, (clinic.id, found.all(Patient)[0].id))


def test_what_is_sealed_opens(database: Database, clinic: Clinic, ana: Patient) -> None:
    with database.transaction(desk(clinic)) as session:
        found = PEOPLE.read(session, family="castle", patient=ana.id)
        assert {one.phone for one in found.all(Patient)} == {"+16175550123"}
        assert all(len(one.value) == 32 for one in found.all(Identifier))


def test_every_patient_read_is_on_the_audit_record(
    database: Database, worker_database: Database, clinic: Clinic, ana: Patient
) -> None:
    before = len(leaves_of(worker_database, clinic))
    with database.transaction(desk(clinic)) as session:
        people = PEOPLE.read(session, family="castle", patient=ana.id).all(Patient)
    fresh = leaves_of(worker_database, clinic)[before:]
    assert {leaf.patient_id for leaf in fresh} == {one.id for one in people}
    found = {leaf.patient_id: {one.partition("/")[0] for one in leaf.resources} for leaf in fresh}
    assert found[ana.id] == {"Patient", "Identifier"}


def test_another_clinic_gets_nothing(database: Database, other_clinic: Clinic, ana: Patient) -> None:
    with database.transaction(desk(other_clinic)) as session:
        found = PEOPLE.read(session, family="castle", patient=ana.id)
        assert (found.all(Patient), found.first(Identifier)) == ([], None)


def test_a_model_is_asked_for_once() -> None:
    with pytest.raises(ValueError, match="once"):
        Together(Asked(select(Patient)), Asked(select(Patient), Patient.id))
