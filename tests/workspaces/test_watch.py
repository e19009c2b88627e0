"""Alerts: what is unusual in who saw what is found once, by the round of the clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select

from portal.audit import Signer, Thresholds, change_thresholds, mark_seen, sequence_leaves
from portal.audit.models import Alert, Leaf
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.workspaces.watch import watch_record
from tests.audit.conftest import leaf_of
from tests.factories.identity import staff_member
from tests.factories.patients import hold_record, make_record
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once

NOON = datetime.fromisoformat("2026-03-10T12:00:00-04:00")


@pytest.fixture(scope="module")
def sequencer(urls: dict[str, str]) -> Any:
    database = Database(urls["portal_sequencer"], pool_size=2)
    yield database
    database.engine.dispose()


class Watching:
    """One clinic whose record is written, sequenced and watched."""

    def __init__(self, clinic: Clinic, web: Database, worker: Database, sequencer: Database, now: datetime) -> None:
        self.clinic, self.web, self.worker, self.sequencer, self.now = clinic, web, worker, sequencer, now
        self.signer = Signer(Ed25519PrivateKey.generate())

    def staff(self, name: str, role: Role = Role.CLINICIAN, **values: Any) -> UUID:
        return staff_member(self.worker, self.clinic, role, now=self.now, name=name, **values)

    def patient(self, family_name: str, **values: Any) -> UUID:
        return make_record(self.worker, self.clinic, now=self.now, family_name=family_name, **values)

    def looks(self, person: UUID, *patients: UUID, at: datetime = NOON, **values: Any) -> None:
        leaves = [leaf_of(self.clinic, at=at) | {"user_id": person, "patient_id": one} | values for one in patients]
        with self.web.transaction(self.clinic.system("tests")) as session:
            session.execute(insert(Leaf), leaves)

    def sequence(self) -> None:
        with self.sequencer.transaction(self.clinic.system("sequencing")) as session:
            sequence_leaves(session, signer=self.signer, now=self.now)

    def watch(self) -> None:
        self.sequence()
        with self.worker.transaction(self.clinic.system("audit-watch")) as session:
            watch_record(session, now=self.now)

    def alerts(self) -> list[Alert]:
        with self.worker.transaction(self.clinic.system("audit-watch")) as session:
            return list(session.scalars(select(Alert).order_by(Alert.id)))

    def found(self) -> list[tuple[str, UUID, UUID | None, int]]:
        self.watch()
        return [(one.kind, one.user_id, one.patient_id, one.count) for one in self.alerts()]

    def admin(self, account: UUID) -> Principal:
        return Principal.of(tenant_id=self.clinic.id, user_id=account, roles=[Role.CLINIC_ADMIN]).acting(
            purpose="audit"
        )

    def see(self, account: UUID, alert: Alert) -> None:
        with self.web.transaction(self.admin(account)) as session:
            mark_seen(session, alert=session.get_one(Alert, (session.tenant_id, alert.id)), note="asked", now=self.now)


@pytest.fixture
def here(clinic: Clinic, clock: Clock, database: Database, worker_database: Database, sequencer: Database) -> Watching:
    return Watching(clinic, database, worker_database, sequencer, clock.now)


def test_a_mass_of_reads_is_found(here: Watching) -> None:
    robin = here.staff("Robin Desk", Role.FRONT_DESK)
    here.looks(robin, *(new_id() for _ in range(99)))
    assert here.found() == []
    here.looks(robin, new_id(), at=NOON + timedelta(minutes=10))
    assert here.found() == [("mass-reads", robin, None, 100)]


def test_reading_at_night_is_found(here: Watching) -> None:
    robin = here.staff("Robin Desk")
    here.looks(robin, new_id(), new_id(), at=NOON.replace(hour=23))
    assert here.found() == [("odd-hours", robin, None, 2)]


@pytest.mark.parametrize(
    ("staff", "patient", "is_found"),
    [
        ("Dr. Priya Raman", "Raman", True),
        ("Ana Núñez", "Nunez", True),
        ("Luis García Pérez", "García López", True),
        ("Juan de la Cruz", "de la Cruz", True),
        ("Juan de la Vega", "de la Cruz", False),
        ("Maria Gomez", "Maria", False),
        ("Robin Desk", "Gomez", False),
    ],
)
def test_the_same_family_name_is_found(here: Watching, staff: str, patient: str, is_found: bool) -> None:
    account, record = here.staff(staff), here.patient(patient)
    here.looks(account, record)
    assert here.found() == ([("same-surname", account, record, 1)] if is_found else [])


def test_ones_own_record_is_found_by_the_contact_on_file(here: Watching) -> None:
    robin = here.staff("Robin Desk", email="robin@example.org")
    own = here.patient("Maiden", email="Robin@example.org")
    here.looks(robin, own)
    assert here.found() == [("own-record", robin, own, 1)]


def test_the_record_of_somebody_for_whom_one_acts_is_found_by_the_grant(here: Watching) -> None:
    robin, child = here.staff("Robin Desk"), here.patient("Desk")
    hold_record(here.worker, here.clinic, patient_id=child, account_id=robin, now=here.now)
    here.looks(robin, child)
    assert here.found() == [("own-record", robin, child, 1)]


def test_only_staff_at_records_are_watched(here: Watching) -> None:
    night = NOON.replace(hour=2)
    robin, record = here.staff("Robin Desk"), here.patient("Desk")
    here.looks(new_id(), record, at=night, roles=["patient"])
    here.looks(robin, record, at=night, purpose="audit")
    here.looks(robin, record, at=night, action="event")
    with here.web.transaction(here.clinic.system("tests")) as session:
        session.execute(insert(Leaf), [leaf_of(here.clinic, at=night) | {"user_id": None, "roles": ["system"]}])
    assert here.found() == []


def test_watching_again_finds_nothing_again(here: Watching) -> None:
    robin, record = here.staff("Robin Desk"), here.patient("Desk")
    here.looks(robin, record, at=NOON.replace(hour=23))
    first = here.found()
    assert len(first) == 2
    assert here.found() == first


def test_two_at_once_find_each_thing_once(here: Watching) -> None:
    robin, record = here.staff("Robin Desk"), here.patient("Desk")
    here.looks(robin, record, *(new_id() for _ in range(120)), at=NOON.replace(hour=23))
    here.sequence()

    def watch(_number: int) -> None:
        with here.worker.transaction(here.clinic.system("audit-watch")) as session:
            watch_record(session, now=here.now)

    at_once(watch, range(2))
    assert sorted((one.kind, one.count) for one in here.alerts()) == [
        ("mass-reads", 121), ("odd-hours", 121), ("same-surname", 1),
    ]  # fmt: skip


def test_a_crash_before_the_commit_loses_nothing(here: Watching) -> None:
    robin = here.staff("Robin Desk")
    here.looks(robin, new_id(), at=NOON.replace(hour=23))
    here.sequence()

    class Killed(Exception):
        pass

    with pytest.raises(Killed), here.worker.transaction(here.clinic.system("audit-watch")) as session:
        watch_record(session, now=here.now)
        raise Killed
    assert here.alerts() == []
    assert here.found() == [("odd-hours", robin, None, 1)]


def test_a_leaf_that_committed_late_is_watched_when_it_comes(here: Watching) -> None:
    robin = here.staff("Robin Desk")
    here.looks(robin, new_id(), at=NOON + timedelta(hours=1))
    assert here.found() == []
    here.looks(robin, new_id(), at=NOON - timedelta(hours=11))  # older than what was watched already
    assert here.found() == [("odd-hours", robin, None, 1)]


def test_more_of_the_same_night_opens_what_was_seen_and_a_namesake_stays_seen(here: Watching) -> None:
    robin, ada, record = here.staff("Robin Desk"), here.staff("Ada Min", Role.CLINIC_ADMIN), here.patient("Desk")
    night = NOON.replace(hour=23)
    here.looks(robin, record, at=night)
    here.watch()
    for alert in here.alerts():
        here.see(ada, alert)
    here.looks(robin, record, at=night + timedelta(minutes=5))
    here.watch()
    assert {one.kind: (one.state, one.count) for one in here.alerts()} == {
        "odd-hours": ("open", 2),
        "same-surname": ("seen", 2),
    }


def test_thresholds_are_the_clinics_own(here: Watching) -> None:
    robin, ada = here.staff("Robin Desk"), here.staff("Ada Min", Role.CLINIC_ADMIN)
    says = Thresholds(mass_patients=3, mass_minutes=5, odd_hours=False, same_surname=False)
    with here.web.transaction(here.admin(ada)) as session:
        change_thresholds(session, says=says, now=here.now)
    here.looks(robin, here.patient("Desk"), new_id(), new_id(), at=NOON.replace(hour=23))
    assert here.found() == [("mass-reads", robin, None, 3)]


def test_another_clinics_looks_are_its_own(here: Watching, other_clinic: Clinic) -> None:
    robin = here.staff("Robin Desk")
    here.looks(robin, new_id(), at=NOON.replace(hour=23))
    here.watch()
    with here.worker.transaction(other_clinic.system("audit-watch")) as session:
        watch_record(session, now=here.now)
        assert list(session.scalars(select(Alert))) == []


def test_the_round_of_the_clock_does_it(
    here: Watching, clinic: Clinic, clock: Clock, worker_database: Database, run_tasks: Callable[..., int]
) -> None:
    from jobs.schedule import ask_for_rounds

    robin = here.staff("Robin Desk")
    here.looks(robin, new_id(), at=NOON.replace(hour=23))
    here.sequence()
    for _ in range(2):
        ask_for_rounds(worker_database, now=clock.now)
    run_tasks()
    assert [one.kind for one in here.alerts()] == ["odd-hours"]


def test_comparing_names_reads_nobody_but_those_found(here: Watching) -> None:
    robin, alike, other = here.staff("Robin Desk"), here.patient("Desk"), here.patient("Gomez")
    here.looks(robin, alike, other)
    here.watch()
    with here.worker.transaction(here.clinic.system("audit")) as session:
        read = session.scalars(select(Leaf).where(Leaf.purpose == "audit-watch", Leaf.action == "read")).all()
    assert {leaf.patient_id for leaf in read} == {alike}
