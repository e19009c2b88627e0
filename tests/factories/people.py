"""A clinic's people for tests that need several at once: a patient, a stranger, the desk, clinicians."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import staff_member
from tests.factories.patients import make_patient, open_to
from tests.support.clinics import Clinic


@dataclass(frozen=True, kw_only=True)
class People:
    """Accounts by who they are. The clinician has a grant on the patient, the colleague has none."""

    clinic: Clinic
    patient_id: UUID
    account: UUID
    stranger_id: UUID
    stranger: UUID
    desk: UUID
    clinician: UUID
    colleague: UUID

    def patient_principal(self, purpose: str = "intake") -> Principal:
        return self._of(self.account, Role.PATIENT, purpose)

    def stranger_principal(self, purpose: str = "intake") -> Principal:
        return self._of(self.stranger, Role.PATIENT, purpose)

    def desk_principal(self, purpose: str = "board") -> Principal:
        return self._of(self.desk, Role.FRONT_DESK, purpose)

    def clinician_principal(self, purpose: str = "care") -> Principal:
        return self._of(self.clinician, Role.CLINICIAN, purpose)

    def colleague_principal(self, purpose: str = "care") -> Principal:
        return self._of(self.colleague, Role.CLINICIAN, purpose)

    def _of(self, account: UUID, role: Role, purpose: str) -> Principal:
        return Principal.of(tenant_id=self.clinic.id, user_id=account, roles=[role]).acting(purpose=purpose)


def make_people(worker_database: Database, clinic: Clinic, *, now: datetime) -> People:
    """A patient with a phone, another family, one of the desk, and two clinicians."""
    account, patient = make_patient(worker_database, clinic, now=now, target="+16175550123")
    stranger, stranger_patient = make_patient(worker_database, clinic, now=now, given_name="Sam", family_name="Other")
    clinician = staff_member(worker_database, clinic, Role.CLINICIAN, now=now, name="Dr. Priya Raman")
    open_to(worker_database, clinic, patient_id=patient, account_id=clinician, now=now, until=now + timedelta(days=30))
    return People(
        clinic=clinic,
        patient_id=patient,
        account=account,
        stranger_id=stranger_patient,
        stranger=stranger,
        desk=staff_member(worker_database, clinic, Role.FRONT_DESK, now=now),
        clinician=clinician,
        colleague=staff_member(worker_database, clinic, Role.CLINICIAN, now=now, name="Dr. Lee"),
    )
