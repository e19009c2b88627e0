"""A clinic with as many patients as a large one has, to measure with: `portal seed-load`. Never in production.

Rows are genuine: contacts sealed with blind indexes, each patient with an account that acts for them, every write with
its audit leaf; visits are booked through the verbs that people use. Only the events of registration are left out, so
that no worker greets a hundred thousand people.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.billing import set_price
from portal.consent import current_document, publish_document, sign_document, standard_telehealth
from portal.identity import Account, create_staff_account
from portal.intake import publish_form, standard_form
from portal.kernel.db import Database, PortalSession
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.kernel.permissions import Role
from portal.kernel.principal import NO_TENANT, Principal
from portal.patients import AccessGrant, Patient
from portal.practitioners import add_licence, create_practitioner
from portal.scheduling import PatientBusy, SlotTaken, add_hours, book_appointment, create_visit_type
from portal.tenancy import clinic_by_slug, create_organisation
from portal.visits import Visit, admit, arrive, end_visit, plan_visit

CLINIC = {
    "name": "Load Clinic",
    "phone": "+16175550100",
    "address": "1 Long Wharf, Boston, MA",
    "default_language": "en",
    "zone": "America/New_York",
    "country": "US",
    "jurisdiction": "US-MA",
    "currency": "USD",
    "emergency_number": "911",
}
BATCH = 5_000
PRACTITIONERS = 4
TODAY = 40
PAST = 200
#: A visit and its buffer: with hours around the clock, starts are at the full and the half hour.
EVERY = timedelta(minutes=30)
GIVEN = (
    "Ana",
    "Ben",
    "Chen",
    "Dina",
    "Emre",
    "Fatou",
    "Goran",
    "Hana",
    "Ines",
    "Jonas",
    "Kofi",
    "Lena",
    "Musa",
    "Nora",
)
FAMILY = (
    "Abara", "Bauer", "Costa", "Diaz", "Eriksen", "Fofana", "Garcia", "Haddad", "Ivanova", "Jensen", "Khan", "Lopez",
    "Martin", "Nguyen", "Okafor", "Petrov", "Quispe", "Rossi", "Silva", "Tanaka", "Usman", "Varga", "Wang", "Yilmaz",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What was made."""

    tenant_id: UUID
    patients: int
    visits_today: int
    visits_past: int


@dataclass(frozen=True, kw_only=True)
class _Person:
    id: UUID
    account: UUID


@dataclass(frozen=True, kw_only=True)
class _Place:
    tenant_id: UUID
    zone: str
    jurisdiction: str
    language: str
    practitioners: list[UUID]
    visit_type_id: UUID
    run: int

    def system(self, purpose: str) -> Principal:
        return Principal.system(tenant_id=self.tenant_id, purpose=purpose)


def seed_load(database: Database, *, clinic_slug: str, patients: int, now: datetime) -> Loaded:
    """Add so many patients to a clinic, made when it is not there yet, with visits of today and of the past.

    `database`: the worker's. Asked again, it adds again.
    """
    place = _place(database, clinic_slug, now=now)
    made: list[_Person] = []
    numbers = iter(range(patients))
    while batch := list(islice(numbers, BATCH)):
        made += _add_patients(database, place, batch, now=now)
    today = datetime.combine(now.astimezone(ZoneInfo(place.zone)).date(), time(0), ZoneInfo(place.zone)).astimezone(UTC)
    chosen = iter(made)
    coming = _book(database, place, islice(_slots(place, today), TODAY), chosen)
    days = (today - timedelta(days=number) for number in range(1, PAST))
    past = (slot for day in days for slot in islice(_slots(place, day), PRACTITIONERS * 2))
    over = _book(database, place, islice(past, PAST), chosen, are_over=True)
    return Loaded(tenant_id=place.tenant_id, patients=len(made), visits_today=coming, visits_past=over)


def _place(database: Database, slug: str, *, now: datetime) -> _Place:
    with database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
        known = clinic_by_slug(session, slug=slug)
        tenant_id = known.id if known else new_id()
    with database.transaction(Principal.system(tenant_id=tenant_id, purpose="provisioning")) as session:
        if known is None:
            create_organisation(session, slug=slug, brand={}, now=now, **CLINIC)
            publish_form(session, definition=standard_form(), now=now)
        if current_document(session) is None:
            publish_document(session, kind="telehealth", texts=standard_telehealth(), now=now)
        clinic = clinic_by_slug(session, slug=slug)
        assert clinic is not None
        return _Place(
            tenant_id=tenant_id,
            run=secrets.randbelow(100_000),
            zone=clinic.zone,
            jurisdiction=clinic.jurisdiction,
            language=clinic.default_language,
            practitioners=[_practitioner(session, number, clinic.zone, clinic.jurisdiction, now=now)
                           for number in range(PRACTITIONERS)],
            visit_type_id=_visit_type(session, clinic.currency, now=now),
        )  # fmt: skip


def _visit_type(session: PortalSession, currency: str, *, now: datetime) -> UUID:
    names = {"en": "Video visit", "es": "Consulta por video", "ar": "زيارة عبر الفيديو"}
    code = f"load-{new_id().hex[-8:]}"
    made = create_visit_type(
        session, code=code, names=names, descriptions=names, minutes=20, buffer_after=10, lead_minutes=5
    )
    session.become(session.principal.acting(purpose="demo"))
    set_price(session, visit_type_id=made.id, amount=Money(4500, currency), now=now - timedelta(days=PAST))
    return made.id


def _practitioner(session: PortalSession, number: int, zone: str, jurisdiction: str, *, now: datetime) -> UUID:
    """Somebody who works around the clock, so that the measured day does not depend on the hour of measuring."""
    name = f"Dr. {GIVEN[number]} {FAMILY[-1 - number]}"
    account_id = create_staff_account(
        session,
        email=f"load-{new_id().hex[-12:]}@example.com",
        password=secrets.token_urlsafe(24),  # nobody signs in with it
        name=name,
        roles=(Role.CLINICIAN,),
        language="en",
        zone=zone,
        now=now,
    )
    made = create_practitioner(
        session,
        account_id=account_id,
        name=name,
        specialty={"en": "Family medicine", "es": "Medicina familiar", "ar": "طب الأسرة"},
        languages=["en", "es"],
        zone=zone,
        bio={},
        now=now,
    )
    add_licence(session, practitioner_id=made.id, jurisdiction=jurisdiction, number="LOAD", since=date(2015, 1, 1))
    for weekday in range(7):
        add_hours(
            session,
            practitioner_id=made.id,
            weekday=weekday,
            starts=time(0),
            ends=time(0),
            zone=zone,
            valid_from=(now - timedelta(days=PAST + 2)).date(),
        )
    return made.id


def _add_patients(database: Database, place: _Place, numbers: list[int], *, now: datetime) -> list[_Person]:
    accounts = [
        Account(kind="patient", language=place.language, zone=place.zone, created_at=now, phone=_phone(place, number))
        for number in numbers
    ]
    with database.transaction(place.system("sign-in")) as session:
        session.add_all(accounts)
    people = [_patient(place, number, now=now) for number in numbers]
    with database.transaction(place.system("provisioning")) as session:
        session.add_all(people)
        session.flush()
        session.add_all(
            AccessGrant(patient_id=one.id, user_id=account.id, basis="self", reason="registered", since=now, until=None)
            for one, account in zip(people, accounts, strict=True)
        )
    return [_Person(id=one.id, account=account.id) for one, account in zip(people, accounts, strict=True)]


def _patient(place: _Place, number: int, *, now: datetime) -> Patient:
    given, family = GIVEN[number % len(GIVEN)], f"{FAMILY[number % len(FAMILY)]} {FAMILY[number // 24 % len(FAMILY)]}"
    return Patient(
        given_name=given,
        family_name=family,
        # Names of plain letters only: folding them for look-ups is no more than this.
        given_key=given.casefold(),
        family_key=family.casefold(),
        birth_date=date(1935, 1, 1) + timedelta(days=number * 37 % 30_000),
        sex="unknown",
        language=place.language,
        zone=place.zone,
        jurisdiction=place.jurisdiction,
        interpreter=False,
        phone=_phone(place, number),
        origin="import",
        created_at=now,
        created_by=None,
    )


def _phone(place: _Place, number: int) -> str:
    """A number under a country code that no country has; another one for each patient and each time of asking."""
    return f"+999{place.run:05}{number:06}"


def _slots(place: _Place, day: datetime) -> Iterator[tuple[UUID, datetime]]:
    """Practitioner and start, from eight in the morning on, everybody at the same time."""
    begin = day + timedelta(hours=8)
    while True:
        for practitioner in place.practitioners:
            yield practitioner, begin
        begin += EVERY


def _book(
    database: Database,
    place: _Place,
    slots: Iterator[tuple[UUID, datetime]],
    patients: Iterator[_Person],
    *,
    are_over: bool = False,
) -> int:
    """Book each slot the day before for the next patient; `are_over`: and let the visit take place."""
    booked = 0
    for (practitioner_id, starts_at), patient in zip(slots, patients, strict=False):
        with database.transaction(place.system("demo")) as session:
            try:
                appointment = book_appointment(
                    session,
                    patient_id=patient.id,
                    visit_type_id=place.visit_type_id,
                    practitioner_id=practitioner_id,
                    starts_at=starts_at,
                    zone=place.zone,
                    jurisdiction=place.jurisdiction,
                    now=starts_at - timedelta(days=1),
                )
            except (SlotTaken, PatientBusy):
                continue
            visit = plan_visit(session, appointment=appointment)
            if are_over:
                _hold(session, visit, patient)
            booked += 1
    return booked


def _hold(session: PortalSession, visit: Visit, patient: _Person) -> None:
    """The visit takes place: the patient signs the consent and comes, is let in, and is seen."""
    ours, begin = session.principal, visit.starts_at
    document = current_document(session)
    assert document is not None
    session.become(Principal.of(tenant_id=ours.tenant_id, user_id=patient.account, roles=[Role.PATIENT]))
    sign_document(
        session,
        patient_id=patient.id,
        kind=document.kind,
        sha256=document.read_in("en").sha256,
        language="en",
        typed_name="A Patient",
        zone="UTC",
        now=begin - timedelta(hours=1),
    )
    arrive(session, visit=visit, now=begin)
    session.become(ours)
    admit(session, visit=visit, now=begin + timedelta(minutes=1))
    end_visit(session, visit=visit, now=begin + timedelta(minutes=18))
