"""Forms and intakes of tests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.intake import complete_intake, publish_form, save_step, standard_form, start_intake
from portal.intake.queries import steps_of
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.support.clinics import Clinic

#: answers to the standard form, by step: somebody with a rash
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "reason": {"concern": "skin", "reason": "An itching rash on my arm"},
    "safety": {"warning_signs": ["none"]},
    "symptoms": {
        "symptoms": ["rash"],
        "duration": {"value": 3, "unit": "days"},
        "onset": "slow",
        "severity": 4,
    },
    "history": {"conditions": ["diabetes"]},
    "medications": {"medications": {"none": False, "items": [{"name": "Metformin", "dose": "500 mg twice a day"}]}},
    "allergies": {"allergies": {"none": False, "items": [{"substance": "Penicillin", "reaction": "Hives"}]}},
    "pharmacy": {"pharmacy_name": "Corner Pharmacy"},
    "coverage": {"coverage": {"kind": "insurance", "payer": "Blue Shield", "plan": "Silver", "member_id": "AB 12-34"}},
    "photo": {},
}


def publish_standard_form(database: Database, clinic: Clinic, *, now: datetime) -> UUID:
    """The standard form, published. `database`: a worker's."""
    with database.transaction(clinic.system("provisioning")) as session:
        return publish_form(session, definition=standard_form(), now=now).id


def make_intake(
    database: Database,
    clinic: Clinic,
    *,
    account_id: UUID,
    patient_id: UUID,
    now: datetime,
    answers: Mapping[str, Mapping[str, Any]] = ANSWERS,
    send: bool = True,
) -> UUID:
    """An intake with these answers, sent or not. `database`: a web process's."""
    who = Principal.of(tenant_id=clinic.id, user_id=account_id, roles=[Role.PATIENT]).acting(purpose="intake")
    with database.transaction(who) as session:
        intake = start_intake(session, patient_id=patient_id, now=now)
        carried = steps_of(session, intake_id=intake.id)
        for step, given in answers.items():
            shown = carried[step].version if step in carried else 0
            save_step(session, intake_id=intake.id, step=step, answers=given, version=shown, now=now)
        if send:
            complete_intake(session, intake_id=intake.id, now=now)
        return intake.id
