"""The seeder for measuring makes rows like those that people make."""

import pytest

from portal.app.demo.load import seed_load
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import Patient, search_patients
from portal.tenancy import clinic_by_slug
from tests.factories.identity import staff_member
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def loaded(worker_database: Database, clinic: Clinic, clock: Clock) -> int:
    return seed_load(worker_database, clinic_slug=clinic.slug, patients=60, now=clock.now).patients


def test_patients_are_found_by_the_phone_that_is_sealed(
    worker_database: Database, database: Database, clinic: Clinic, clock: Clock, loaded: int
) -> None:
    desk = Principal.of(tenant_id=clinic.id, user_id=clinic.id, roles=[Role.FRONT_DESK])
    with database.transaction(desk) as session:
        everybody = search_patients(session, text="", limit=100)
        assert everybody.total == loaded == 60
        one: Patient = everybody.patients[7]
        assert one.phone is not None and one.phone.startswith("+999")
        assert [found.id for found in search_patients(session, text=one.phone).patients] == [one.id]
        assert one.phone.encode() not in bytes(one.phone_sealed or b"")


def test_visits_of_today_stand_on_the_board(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    made = seed_load(worker_database, clinic_slug=clinic.slug, patients=60, now=clock.now)
    assert (made.visits_today, made.visits_past) == (40, 20)
    board = client.sign_in(staff_member(worker_database, clinic, now=clock.now)).get(clinic.path("staff/"))
    assert board.text.count("Video visit") == 40


def test_asked_again_it_adds(worker_database: Database, clinic: Clinic, clock: Clock, loaded: int) -> None:
    assert seed_load(worker_database, clinic_slug=clinic.slug, patients=5, now=clock.now).patients == 5


def test_a_clinic_that_is_not_there_is_made(worker_database: Database, clock: Clock, clinic: Clinic) -> None:
    made = seed_load(worker_database, clinic_slug=f"load-{clinic.slug}", patients=1, now=clock.now)
    with worker_database.transaction(Principal.visitor(tenant_id=made.tenant_id)) as session:
        known = clinic_by_slug(session, slug=f"load-{clinic.slug}")
        assert known is not None and known.id == made.tenant_id
