"""A clinic with one clinician who works every day, one visit type, and patients."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask

from portal.kernel.db import Database, PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import Details, register_patient
from portal.practitioners import add_licence, create_practitioner
from portal.scheduling import Slot, book_appointment, hold_slot
from tests.factories.identity import patient_sign_in, staff_member
from tests.factories.scheduling import free_slots, make_appointment, make_visit_type, work_every_day
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@dataclass(frozen=True)
class Person:
    """A patient and the account that acts for them."""

    account_id: UUID
    patient_id: UUID
    principal: Principal


@dataclass(frozen=True)
class Agenda:
    """What a booking needs."""

    clinic: Clinic
    database: Database
    worker: Database
    clock: Clock
    visit_type_id: UUID
    practitioner_id: UUID
    clinician_id: UUID

    @property
    def clinician(self) -> Principal:
        return as_role(self.clinic, self.clinician_id, Role.CLINICIAN)

    def new_patient(self, **values: str) -> Person:
        account, patient = make_patient(self.worker, self.clinic, now=self.clock.now, **values)
        return Person(account, patient, as_role(self.clinic, account, Role.PATIENT))

    def slots(self, count: int = 5, *, after: datetime | None = None) -> list[Slot]:
        return free_slots(self.worker, self.clinic, self.visit_type_id, now=self.clock.now, count=count, after=after)

    def booked(self, person: Person, slot: Slot | None = None) -> UUID:
        """An appointment of this patient."""
        return make_appointment(
            self.worker,
            self.clinic,
            patient_id=person.patient_id,
            visit_type_id=self.visit_type_id,
            now=self.clock.now,
            slot=slot,
        )

    def book(self, session: PortalSession, person: Person, slot: Slot) -> UUID:
        return book_appointment(session, **self._wanted(person, slot)).id

    def hold(self, session: PortalSession, person: Person, slot: Slot) -> UUID:
        return hold_slot(session, **self._wanted(person, slot)).id

    def _wanted(self, person: Person, slot: Slot) -> dict[str, object]:
        return {
            "patient_id": person.patient_id,
            "visit_type_id": self.visit_type_id,
            "practitioner_id": slot.practitioner_id,
            "starts_at": slot.starts_at,
            "zone": "America/New_York",
            "jurisdiction": "US-MA",
            "now": self.clock.now,
        }


def make_patient(database: Database, clinic: Clinic, *, now: datetime, name: str = "Maria") -> tuple[UUID, UUID]:
    """A patient's account, and the record that they made."""
    account = patient_sign_in(database, clinic, now=now)
    details = Details(
        given_name=name,
        family_name="Lopez",
        birth_date=date(1980, 1, 2),
        language="en",
        zone="America/New_York",
        jurisdiction="US-MA",
    )
    principal = as_role(clinic, account, Role.PATIENT).acting(purpose="registration")
    with database.transaction(principal) as session:
        return account, register_patient(session, details=details, now=now).id


def make_clinician(
    database: Database, clinic: Clinic, *, now: datetime, name: str = "Dr. Ana Ruiz", jurisdiction: str = "US-MA"
) -> tuple[UUID, UUID]:
    """A clinician's account, and the practitioner with a licence that it is."""
    account = staff_member(database, clinic, Role.CLINICIAN, now=now, name=name)
    with database.transaction(clinic.system("provisioning")) as session:
        practitioner = create_practitioner(
            session, name=name, zone="America/New_York", account_id=account, languages=["en", "es"], now=now
        )
        add_licence(
            session,
            practitioner_id=practitioner.id,
            jurisdiction=jurisdiction,
            number=f"MD-{name}",
            since=date(2020, 1, 1),
        )
        return account, practitioner.id


def as_role(clinic: Clinic, account_id: UUID, role: Role) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=account_id, roles={role}).acting(purpose="scheduling")


@pytest.fixture
def agenda(app: Flask, clinic: Clinic, database: Database, worker_database: Database, clock: Clock) -> Agenda:
    """Asks for the app, since that wires what scheduling needs of billing."""
    return make_agenda(clinic, database, worker_database, clock)


def make_agenda(clinic: Clinic, database: Database, worker: Database, clock: Clock) -> Agenda:
    clinician_id, practitioner_id = make_clinician(worker, clinic, now=clock.now)
    work_every_day(worker, clinic, practitioner_id, now=clock.now)
    return Agenda(
        clinic=clinic,
        database=database,
        worker=worker,
        clock=clock,
        visit_type_id=make_visit_type(worker, clinic),
        practitioner_id=practitioner_id,
        clinician_id=clinician_id,
    )


@pytest.fixture
def other_agenda(
    app: Flask, other_clinic: Clinic, database: Database, worker_database: Database, clock: Clock
) -> Agenda:
    return make_agenda(other_clinic, database, worker_database, clock)


@pytest.fixture
def maria(agenda: Agenda) -> Person:
    return agenda.new_patient(name="Maria")


@pytest.fixture
def tomas(agenda: Agenda) -> Person:
    return agenda.new_patient(name="Tomas")


HOLD = timedelta(minutes=10)


@pytest.fixture
def home_of_patients(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The patient's start page belongs to a workspace: where that is not built, any address will do."""
    if "home.start" not in app.view_functions:
        monkeypatch.setattr("portal.scheduling.routes.shared.home_href", lambda patient_id: f"/p/{patient_id}")
