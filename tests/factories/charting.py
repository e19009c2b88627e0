"""Visits to write about, notes and measurements of tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from portal.charting import NoteText, record_vital_sign, start_note
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.scheduling import appointment_by_id
from portal.visits import plan_visit
from tests.factories.patients import make_patient
from tests.factories.practitioners import make_practitioner
from tests.factories.scheduling import make_appointment, make_visit_type, work_every_day
from tests.support.clinics import Clinic

TEXT = NoteText(
    subjective="Cough for five days", objective="No fever", assessment="Viral infection", plan="Rest, drink, come back"
)


@dataclass(frozen=True)
class Encounter:
    """A planned visit with the accounts that take part."""

    visit_id: UUID
    patient_id: UUID
    patient_account: UUID
    clinician: UUID
    practitioner_id: UUID
    tenant_id: UUID

    def as_clinician(self, account: UUID | None = None) -> Principal:
        return Principal.of(tenant_id=self.tenant_id, user_id=account or self.clinician, roles={Role.CLINICIAN})

    def as_patient(self) -> Principal:
        return Principal.of(tenant_id=self.tenant_id, user_id=self.patient_account, roles={Role.PATIENT})


def make_encounter(database: Database, clinic: Clinic, *, now: datetime) -> Encounter:
    """A booked and planned visit. `database`: a worker's."""
    account, patient = make_patient(database, clinic, now=now)
    clinician, practitioner = make_practitioner(database, clinic, now=now)
    work_every_day(database, clinic, practitioner, now=now)
    kind = make_visit_type(database, clinic)
    appointment = make_appointment(database, clinic, patient_id=patient, visit_type_id=kind, now=now)
    with database.transaction(clinic.system("visits")) as session:
        booked = appointment_by_id(session, appointment_id=appointment)
        assert booked is not None
        plan_visit(session, appointment=booked)
    return Encounter(appointment, patient, account, clinician, practitioner, clinic.id)


def make_note(database: Database, encounter: Encounter, *, now: datetime, text: NoteText = TEXT) -> UUID:
    """A draft. `database`: the web's."""
    with database.transaction(encounter.as_clinician()) as session:
        return start_note(session, visit_id=encounter.visit_id, text=text, now=now).id


@dataclass(frozen=True)
class Kind:
    """A vital sign as it is written down."""

    code: str
    display: str
    unit: str


UPPER = Kind("8480-6", "Systolic Blood Pressure", "mm[Hg]")
LOWER = Kind("8462-4", "Diastolic Blood Pressure", "mm[Hg]")
PULSE = Kind("8867-4", "Heart rate", "/min")
WEIGHT = Kind("29463-7", "Body Weight", "kg")
HEIGHT = Kind("8302-2", "Body Height", "cm")


def measure(
    database: Database, clinician: Principal, patient_id: UUID, kind: Kind, values: Mapping[datetime, float]
) -> None:
    """Values by when they were measured. `database`: the web's."""
    with database.transaction(clinician.acting(purpose="care")) as session:
        for at, value in values.items():
            record_vital_sign(
                session,
                patient_id=patient_id,
                code=kind.code,
                display=kind.display,
                value=Decimal(str(value)),
                unit=kind.unit,
                effective_at=at,
                now=at,
            )


def make_vitals(database: Database, clinician: Principal, patient_id: UUID, *, now: datetime) -> None:
    """Half a year of what is measured at each visit, a slip of the finger among it, and what is measured once."""
    days = [now - timedelta(days=days) for days in (170, 121, 90, 31, 3)]
    told = {UPPER: (131, 127, 1240, 122, 118), LOWER: (86, 84, 80, 79, 76), PULSE: (72, 75, 71, 70, 74)}
    for kind, values in {**told, WEIGHT: (81.4, 80.2, 79.9, 78.5, 78.1), HEIGHT: (174,)}.items():
        measure(database, clinician, patient_id, kind, dict(zip(days, values, strict=False)))
