"""Visits to write about, and notes, of tests."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.charting import NoteText, start_note
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
