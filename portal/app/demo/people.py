"""The demo's patients: they sign up, register, answer, sign and book as anybody does, one transaction each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.app.demo.definition import DemoClinic, DemoEarlierVisit, DemoPatient, DemoVisit
from portal.app.demo.earlier import hold_visit
from portal.consent import current_document, sign_document
from portal.identity import patient_account
from portal.intake import complete_intake, save_step, start_intake
from portal.kernel.db import PortalSession
from portal.kernel.names import person_name
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import Details, my_patients, register_patient
from portal.practitioners import Practitioner, list_practitioners
from portal.scheduling import VisitType, book_appointment, next_free, upcoming_appointments, visit_type_by_code


@dataclass(frozen=True, kw_only=True)
class SeededPatient:
    """What a patient got."""

    is_new: bool
    is_booked: bool


def seed_patient(session: PortalSession, clinic: DemoClinic, patient: DemoPatient, *, now: datetime) -> SeededPatient:
    """Make the record when there is none, and book when nothing is ahead. The session is a visitor's who signs in."""
    channel, target = patient.contact
    account_id = patient_account(
        session, channel=channel, target=target, language=patient.language, zone=patient.zone, now=now
    )
    account = Principal.of(tenant_id=session.tenant_id, user_id=account_id, roles=[Role.PATIENT])
    session.become(account.acting(purpose="home"))
    known = my_patients(session)
    patient_id = known[0].id if known else _sign_up(session, clinic, account, patient, now=now)
    session.become(account.acting(purpose="scheduling"))
    is_booked = patient.visit is not None and _book(session, clinic, patient, patient.visit, patient_id, now=now)
    return SeededPatient(is_new=not known, is_booked=is_booked)


def _sign_up(
    session: PortalSession, clinic: DemoClinic, account: Principal, patient: DemoPatient, *, now: datetime
) -> UUID:
    """Register and prepare; somebody who was seen before did so a day before that visit."""
    earlier = patient.earlier
    then = now - timedelta(days=earlier.days_ago + 1) if earlier else now
    patient_id = _register(session, account, patient, now=then)
    _prepare(session, account, patient, patient_id=patient_id, now=then)
    if earlier is not None:
        practitioner, visit_type = _agreed(session, clinic, earlier)
        if practitioner is None or visit_type is None:
            return patient_id
        hold_visit(
            session,
            account,
            earlier,
            patient_id=patient_id,
            practitioner=practitioner,
            visit_type=visit_type,
            zone=patient.zone,
            jurisdiction=patient.jurisdiction,
            booked_at=then,
        )
    return patient_id


def _agreed(
    session: PortalSession, clinic: DemoClinic, visit: DemoVisit | DemoEarlierVisit
) -> tuple[Practitioner | None, VisitType | None]:
    """Whom the visit is with and what it is; None of what an administrator has taken off since."""
    name = next(one.name for one in clinic.practitioners if one.email == visit.practitioner)
    practitioner = next((one for one in list_practitioners(session) if one.name == name), None)
    return practitioner, visit_type_by_code(session, code=visit.service)


def _register(session: PortalSession, account: Principal, patient: DemoPatient, *, now: datetime) -> UUID:
    session.become(account.acting(purpose="registration"))
    details = Details(**patient.model_dump(exclude={"visit", "earlier", "answers", "is_ready"}))
    return register_patient(session, details=details, now=now).id


def _prepare(
    session: PortalSession, account: Principal, patient: DemoPatient, *, patient_id: UUID, now: datetime
) -> None:
    """Answer what the patient has answered, and sign when they are ready."""
    if patient.answers:
        session.become(account.acting(purpose="intake"))
        intake = start_intake(session, patient_id=patient_id, now=now)
        for step, answers in patient.answers.items():
            save_step(session, intake_id=intake.id, step=step, answers=answers, version=0, now=now)
        if patient.is_ready:
            complete_intake(session, intake_id=intake.id, now=now)
    if patient.is_ready:
        session.become(account.acting(purpose="consent"))
        document = current_document(session)
        if document is None:
            raise LookupError("the demo's clinic has published no consent")
        reading = document.read_in(patient.language)
        sign_document(
            session,
            patient_id=patient_id,
            kind=document.kind,
            sha256=reading.sha256,
            language=reading.language,
            typed_name=person_name(patient.given_name, patient.family_name, language=patient.language),
            zone=patient.zone,
            now=now,
        )


def _book(
    session: PortalSession,
    clinic: DemoClinic,
    patient: DemoPatient,
    visit: DemoVisit,
    patient_id: UUID,
    *,
    now: datetime,
) -> bool:
    if upcoming_appointments(session, patient_id=patient_id, now=now):
        return False
    practitioner, visit_type = _agreed(session, clinic, visit)
    if practitioner is None or visit_type is None:
        return False
    slots = next_free(
        session,
        visit_type_id=visit_type.id,
        practitioner_id=practitioner.id,
        jurisdiction=patient.jurisdiction,
        now=now,
        after=now + timedelta(minutes=visit.minutes_ahead),
    )
    if not slots:
        return False
    book_appointment(
        session,
        patient_id=patient_id,
        visit_type_id=visit_type.id,
        practitioner_id=slots[0].practitioner_id,
        starts_at=slots[0].starts_at,
        zone=patient.zone,
        jurisdiction=patient.jurisdiction,
        now=now,
    )
    return True
