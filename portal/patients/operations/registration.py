"""A person makes their own record, or one for somebody in their care, and keeps its contact right."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.kernel.db import PortalSession
from portal.kernel.errors import PortalError
from portal.kernel.events import emit
from portal.patients.access import Permission
from portal.patients.events import PatientRegistered
from portal.patients.models import Patient
from portal.patients.operations.grants import grant_access
from portal.patients.queries import held_patient, patient_by_id
from portal.patients.rules import fold, possible_birth_date


class NotABirthDate(PortalError):
    """Nobody alive was born on that day."""

    code = "not-a-birth-date"


@dataclass(frozen=True, kw_only=True)
class Details:
    """What is on file of a person. `jurisdiction` is ISO 3166-2; phone is E.164."""

    given_name: str
    family_name: str
    birth_date: date
    sex: str = "unknown"
    language: str
    zone: str
    jurisdiction: str
    phone: str | None = None
    email: str | None = None
    interpreter: bool = False
    spoken: str | None = None


def new_patient(session: PortalSession, *, details: Details, origin: str, now: datetime) -> Patient:
    """Add the row and tell the others; raises NotABirthDate."""
    check_birth_date(details.birth_date, zone=details.zone, now=now)
    patient = Patient(
        given_name="", family_name="", birth_date=details.birth_date, origin=origin,
        created_at=now, created_by=session.principal.user_id,
    )  # fmt: skip
    put(patient, details)
    session.add(patient)
    session.flush()
    emit(session, PatientRegistered(patient_id=patient.id), now=now)
    return patient


def put(patient: Patient, details: Details) -> None:
    """Write the details into the row."""
    patient.given_name, patient.family_name = details.given_name.strip(), details.family_name.strip()
    patient.given_key, patient.family_key = fold(details.given_name), fold(details.family_name)
    patient.birth_date, patient.sex, patient.interpreter = details.birth_date, details.sex, details.interpreter
    patient.language, patient.zone, patient.jurisdiction = details.language, details.zone, details.jurisdiction
    patient.phone, patient.email = details.phone or None, details.email or None
    patient.spoken = details.spoken or None


def check_birth_date(day: date, *, zone: str, now: datetime) -> None:
    """Raises NotABirthDate for a day to come or too long ago."""
    if not possible_birth_date(day, today=now.astimezone(ZoneInfo(zone)).date()):
        raise NotABirthDate


def register_patient(session: PortalSession, *, details: Details, now: datetime) -> Patient:
    """The signed-in account makes a record and acts for it from now on. Needs the purpose "registration".

    Raises NotABirthDate.
    """
    patient = new_patient(session, details=details, origin="self", now=now)
    grant_access(
        session,
        patient_id=patient.id,
        user_id=session.principal.actor_id,
        basis="self",
        reason="registered",
        until=None,
        now=now,
    )
    return patient


def change_own_contact(
    session: PortalSession,
    *,
    patient: Patient,
    phone: str | None,
    email: str | None,
    language: str,
    zone: str,
    jurisdiction: str,
    interpreter: bool,
    spoken: str | None,
) -> None:
    """How the patient is reached and reads. Name and date of birth are changed by the desk."""
    patient.phone, patient.email = phone or None, email or None
    patient.language, patient.zone, patient.jurisdiction = language, zone, jurisdiction
    patient.interpreter, patient.spoken = interpreter, spoken
    session.flush()


def remember_language(session: PortalSession, *, patient_id: UUID, spoken: str, interpreter: bool) -> None:
    """In which language the patient talks, as asked when they book. Who may not change the record leaves it."""
    may = session.principal.has(Permission.ADMINISTER)
    patient = (patient_by_id if may else held_patient)(session, patient_id=patient_id)
    if patient is not None:
        patient.spoken, patient.interpreter = spoken, interpreter
        session.flush()
