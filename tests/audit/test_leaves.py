"""What a leaf says: which rows, and from where."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.audit import record_event
from portal.audit.models import Leaf
from portal.audit.operations import resources_of
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import Identifier, Patient, add_identifier
from tests.factories.patients import make_patient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


def _fresh(worker: Database, clinic: Clinic, who: Principal) -> list[Leaf]:
    with worker.transaction(clinic.system("audit")) as session:
        wanted = select(Leaf).where(Leaf.user_id == who.user_id, Leaf.action != "write").order_by(Leaf.id)
        return list(session.scalars(wanted))


def _somebody(clinic: Clinic, user_id: UUID, role: Role, address: str = "192.0.2.7") -> Principal:
    who = Principal.of(tenant_id=clinic.id, user_id=user_id, roles=[role])
    return replace(who.acting(purpose="care"), address=address)


@pytest.mark.parametrize(
    ("touched", "said"),
    [
        ({"Note/a"}, ["Note/a"]),
        ({"Note/a", "Note/b"}, ["Note"]),
        ({"Note/a", "Note"}, ["Note"]),
        ({"Patient"}, ["Patient"]),
        ({"Patient", "Visit/v", "Note/a", "Note/b"}, ["Note", "Patient", "Visit/v"]),
    ],
)
def test_one_row_is_named_by_its_id_and_many_by_their_model(touched: set[str], said: list[str]) -> None:
    assert resources_of(touched) == said


def test_a_single_row_that_was_read_is_named(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account, patient = make_patient(worker_database, clinic, now=clock.now)
    with worker_database.transaction(clinic.system("provisioning")) as session:
        add_identifier(session, patient_id=patient, system="urn:test", value="4711")
        identifier = session.scalars(select(Identifier)).one().id
    who = _somebody(clinic, account, Role.FRONT_DESK)
    with database.transaction(who) as session:
        session.get_one(Patient, (clinic.id, patient))
        session.scalars(select(Identifier)).all()
    (leaf,) = _fresh(worker_database, clinic, who)
    assert (leaf.patient_id, leaf.resources) == (patient, [f"Identifier/{identifier}", "Patient"])


def _addresses(database: Database, worker: Database, who: Principal, clinic: Clinic, *addresses: str) -> list[str]:
    for address in addresses:
        with database.transaction(replace(who, address=address)) as session:
            record_event(session, what="test")
    return [leaf.address for leaf in _fresh(worker, clinic, who)]


def test_a_patients_address_is_kept_as_a_hash_that_shows_the_same(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account, _ = make_patient(worker_database, clinic, now=clock.now)
    who = _somebody(clinic, account, Role.PATIENT)
    first, again, other = _addresses(
        database, worker_database, who, clinic, "198.51.100.4", "198.51.100.4", "198.51.100.5"
    )
    assert first == again != other
    assert all(one.startswith("~") and "198.51.100" not in one for one in (first, other))


def test_the_hash_of_one_clinic_is_not_that_of_another(
    database: Database, worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock
) -> None:
    seen = []
    for one in (clinic, other_clinic):
        account, _ = make_patient(worker_database, one, now=clock.now)
        seen += _addresses(database, worker_database, _somebody(one, account, Role.PATIENT), one, "198.51.100.4")
    assert len(set(seen)) == 2


def test_the_address_of_staff_is_kept_as_it_is(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account, _ = make_patient(worker_database, clinic, now=clock.now)
    who = _somebody(clinic, account, Role.CLINICIAN)
    assert _addresses(database, worker_database, who, clinic, "192.0.2.7") == ["192.0.2.7"]


def test_nothing_is_hashed_where_there_is_no_address(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account, _ = make_patient(worker_database, clinic, now=clock.now)
    assert _addresses(database, worker_database, _somebody(clinic, account, Role.PATIENT), clinic, "") == [""]
