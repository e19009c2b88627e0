"""A booked visit with everybody in it, for tests."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.kernel.db import Database
from portal.kernel.money import Money
from portal.kernel.permissions import Role
from portal.scheduling import appointment_by_id
from tests.factories.consent import publish_telehealth, sign_telehealth
from tests.factories.identity import staff_member
from tests.factories.patients import make_patient
from tests.factories.practitioners import make_practitioner
from tests.factories.scheduling import PRICE, make_appointment, make_visit_type, work_every_day
from tests.support.clinics import Clinic


@dataclass(frozen=True, kw_only=True)
class BookedVisit:
    """Ids of a booked visit and accounts of those concerned; a stranger is another patient of the same clinic."""

    visit_id: UUID
    visit_type_id: UUID
    starts_at: datetime
    patient_id: UUID
    account: UUID
    clinician: UUID
    practitioner_id: UUID
    stranger: UUID
    stranger_id: UUID
    desk: UUID
    admin: UUID

    def page(self, clinic: Clinic) -> str:
        """The patient's address of the visit."""
        return clinic.path(f"p/{self.patient_id}/visits/{self.visit_id}")


def make_booked_visit(
    worker: Database,
    web: Database,
    clinic: Clinic,
    *,
    now: datetime,
    consent: bool = True,
    language: str = "en",
    price: Money | None = PRICE,
) -> BookedVisit:
    """A patient with a signed consent (unless told otherwise) and an appointment tomorrow."""
    account, patient_id = make_patient(worker, clinic, now=now, target="+16175550123", language=language)
    stranger, stranger_id = make_patient(
        worker, clinic, now=now, target="+16175550199", given_name="Sam", family_name="Other"
    )
    clinician, practitioner_id = make_practitioner(worker, clinic, now=now)
    work_every_day(worker, clinic, practitioner_id, now=now)
    visit_type_id = make_visit_type(worker, clinic, price=price)
    publish_telehealth(worker, clinic, now=now)
    if consent:
        sign_telehealth(web, clinic, account_id=account, patient_id=patient_id, now=now)
    visit_id = make_appointment(worker, clinic, patient_id=patient_id, visit_type_id=visit_type_id, now=now)
    with worker.transaction(clinic.system("visits")) as session:
        appointment = appointment_by_id(session, appointment_id=visit_id)
        assert appointment is not None
        starts_at = appointment.starts_at
    return BookedVisit(
        visit_id=visit_id,
        visit_type_id=visit_type_id,
        starts_at=starts_at,
        patient_id=patient_id,
        account=account,
        clinician=clinician,
        practitioner_id=practitioner_id,
        stranger=stranger,
        stranger_id=stranger_id,
        desk=staff_member(worker, clinic, Role.FRONT_DESK, now=now),
        admin=staff_member(worker, clinic, Role.CLINIC_ADMIN, now=now, name="Ada Min", email="admin@example.org"),
    )
