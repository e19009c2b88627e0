"""Fills in the demo clinics through the same verbs that people use. A clinic that exists is left as it is."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from portal.app.demo.clinics import CLINICS, PASSWORD, DemoClinic, Person, Staff
from portal.billing import set_price
from portal.consent import publish_document, standard_telehealth
from portal.identity import create_staff_account
from portal.intake import publish_form, standard_form
from portal.kernel.db import Database, PortalSession
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import NO_TENANT, Principal
from portal.patients import Details, create_patient_by_staff
from portal.practitioners import add_licence, create_practitioner
from portal.scheduling import SlotTaken, add_hours, book_appointment, create_visit_type, open_slots
from portal.tenancy import clinic_by_slug, create_organisation

LEAD_MINUTES = 5  # so that a visit can be had at once
FIELDS = (
    "slug", "name", "phone", "address", "default_language", "zone", "country", "jurisdiction", "currency",
    "emergency_number", "brand",
)  # fmt: skip


def seed_demo(database: Database, *, now: datetime) -> list[str]:
    """Make the clinics that are not there yet; returns their names. Each is made whole or not at all."""
    return [clinic.name for clinic in CLINICS if _make(database, clinic, now=now)]


def _make(database: Database, clinic: DemoClinic, *, now: datetime) -> bool:
    with database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
        if clinic_by_slug(session, slug=clinic.slug) is not None:
            return False
    with database.transaction(Principal.system(tenant_id=new_id(), purpose="provisioning")) as session:
        create_organisation(session, now=now, **{name: getattr(clinic, name) for name in FIELDS})
        visit_types = _services(session, clinic)
        practitioners = [_member(session, clinic, one, now=now) for one in clinic.staff]
        publish_form(session, definition=standard_form(), now=now)
        publish_document(session, kind="telehealth", texts=standard_telehealth(), now=now)
        patients = [_patient(session, clinic, one, now=now) for one in clinic.people]
        _book(session, clinic, visit_types, [one for one in practitioners if one], patients, now=now)
        session.become(session.principal.acting(purpose="demo"))
        for service, visit_type_id in zip(clinic.services, visit_types, strict=True):
            set_price(session, visit_type_id=visit_type_id, amount=service.price, now=now)
    return True


def _services(session: PortalSession, clinic: DemoClinic) -> list[UUID]:
    return [
        create_visit_type(
            session,
            code=one.code,
            names=one.names,
            descriptions=one.descriptions,
            minutes=one.minutes,
            buffer_after=one.buffer_after,
            position=position,
            lead_minutes=LEAD_MINUTES,
        ).id
        for position, one in enumerate(clinic.services)
    ]


def _member(session: PortalSession, clinic: DemoClinic, one: Staff, *, now: datetime) -> UUID | None:
    """An account, and for a clinician what patients see of them; returns the practitioner's id."""
    account_id = create_staff_account(
        session,
        email=one.email,
        password=PASSWORD,
        name=one.name,
        roles=one.roles,
        language=one.language,
        zone=clinic.zone,
        now=now,
    )
    if Role.CLINICIAN not in one.roles:
        return None
    practitioner = create_practitioner(
        session,
        name=one.name,
        zone=clinic.zone,
        account_id=account_id,
        specialty=one.specialty,
        languages=one.speaks,
        bio=one.bio,
        now=now,
    )
    for jurisdiction, number in one.licences:
        add_licence(
            session, practitioner_id=practitioner.id, jurisdiction=jurisdiction, number=number, since=date(2015, 1, 1)
        )
    for weekday in range(7 if one.hours[1] <= one.hours[0] else 5):
        add_hours(
            session,
            practitioner_id=practitioner.id,
            weekday=weekday,
            starts=one.hours[0],
            ends=one.hours[1],
            zone=clinic.zone,
            valid_from=(now - timedelta(days=2)).date(),
        )
    return practitioner.id


def _patient(session: PortalSession, clinic: DemoClinic, one: Person, *, now: datetime) -> UUID:
    values = {key: value for key, value in asdict(one).items() if key != "born"}
    details = Details(
        **values, birth_date=date.fromisoformat(one.born), zone=clinic.zone, jurisdiction=clinic.jurisdiction
    )
    return create_patient_by_staff(session, details=details, now=now).id


def _book(
    session: PortalSession,
    clinic: DemoClinic,
    visit_types: list[UUID],
    practitioners: list[UUID],
    patients: list[UUID],
    *,
    now: datetime,
) -> None:
    """An appointment for each patient, spread over the practitioners and the coming hours."""
    for number, patient_id in enumerate(patients):
        slots = open_slots(
            session,
            visit_type_id=visit_types[0],
            jurisdiction=clinic.jurisdiction,
            start=now + timedelta(minutes=90),
            end=now + timedelta(days=4),
            practitioner_id=practitioners[number % len(practitioners)],
            now=now,
        )
        if not slots:
            continue
        slot = slots[min(number, len(slots) - 1)]
        try:
            book_appointment(
                session,
                patient_id=patient_id,
                visit_type_id=visit_types[0],
                practitioner_id=slot.practitioner_id,
                starts_at=slot.starts_at,
                zone=clinic.zone,
                jurisdiction=clinic.jurisdiction,
                now=now,
            )
        except SlotTaken:
            continue
