"""Makes the demo's clinics, their staff, what they offer, and a few patients. Doing it again adds only what is missing.

A clinic is made in one transaction, each patient in another. A patient whose visit has passed gets a new one, so that a
demo that is started again has something to show.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from portal.app.demo.definition import DemoClinic, DemoPractitioner
from portal.app.demo.people import seed_patient
from portal.billing import set_price
from portal.consent import publish_document, standard_telehealth
from portal.identity import create_staff_account, invite_colleague, provision_authenticator
from portal.intake import publish_form, standard_form
from portal.kernel.db import Database, PortalSession
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.kernel.permissions import Role
from portal.kernel.principal import NO_TENANT, Principal
from portal.practitioners import add_licence, create_practitioner
from portal.scheduling import add_hours, create_visit_type
from portal.tenancy import clinic_by_slug, create_organisation

#: Of every staff account of the demo, which holds no real person's data. Shown by `demo-accounts`.
PASSWORD = "harbour light 1984"  # noqa: S105  # the demo's, printed at its start
#: The clinic came to be so long ago that its first review of who may do what is asked for.
OPEN_SINCE = timedelta(days=85)
#: Prices hold from before the demo's first booking on.
PRICES_SINCE = timedelta(days=365)
#: Hours hold from before the demo's earliest visit on.
HOURS_SINCE = timedelta(days=60)
LICENSED_SINCE = date(2020, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What one clinic got."""

    slug: str
    is_new: bool
    patients: int
    visits: int


def seed_demo(database: Database, clinics: Sequence[DemoClinic], *, now: datetime) -> list[Seeded]:
    """Make what is missing of each clinic. `database`: the worker's."""
    return [_seed(database, clinic, now=now) for clinic in clinics]


def _seed(database: Database, clinic: DemoClinic, *, now: datetime) -> Seeded:
    with database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
        known = clinic_by_slug(session, slug=clinic.slug)
        tenant_id = known.id if known else new_id()
    if known is None:
        with database.transaction(Principal.system(tenant_id=tenant_id, purpose="provisioning")) as session:
            provision(session, clinic, now=now)
    patients = visits = 0
    for patient in clinic.patients:
        with database.transaction(Principal.visitor(tenant_id=tenant_id).acting(purpose="sign-in")) as session:
            done = seed_patient(session, clinic, patient, now=now)
            patients, visits = patients + done.is_new, visits + done.is_booked
    return Seeded(slug=clinic.slug, is_new=known is None, patients=patients, visits=visits)


def provision(session: PortalSession, clinic: DemoClinic, *, now: datetime) -> None:
    """The clinic itself: staff, services with prices, hours, health questions, consent."""
    parts = {"staff", "invited", "practitioners", "services", "patients"}
    create_organisation(session, now=now - OPEN_SINCE, **clinic.model_dump(exclude=parts))
    publish_form(session, definition=standard_form(), now=now)
    publish_document(session, kind="telehealth", texts=standard_telehealth(), now=now)
    _offer_services(session, clinic, now=now)
    for member in clinic.staff:
        _account(session, clinic, email=member.email, name=member.name, role=member.role, now=now)
    for practitioner in clinic.practitioners:
        _employ(session, clinic, practitioner, now=now)
    for one in clinic.invited:
        invite_colleague(session, email=one.email, name=one.name, roles=one.roles, now=now)


def _offer_services(session: PortalSession, clinic: DemoClinic, *, now: datetime) -> None:
    for position, service in enumerate(clinic.services):
        visit_type = create_visit_type(
            session,
            code=service.code,
            names=service.names,
            descriptions=service.descriptions,
            minutes=service.minutes,
            buffer_after=service.buffer_after,
            position=position,
            # Who tries the demo wants a visit now, and may change their mind until the last minute.
            lead_minutes=1,
            change_minutes=5,
            horizon_days=30,
        )
        price = Money(service.price, clinic.currency)
        set_price(session, visit_type_id=visit_type.id, amount=price, now=now - PRICES_SINCE)


def _account(session: PortalSession, clinic: DemoClinic, *, email: str, name: str, role: Role, now: datetime) -> UUID:
    account_id = create_staff_account(
        session,
        email=email,
        password=PASSWORD,
        name=name,
        roles=[role],
        language=clinic.default_language,
        zone=clinic.zone,
        now=now,
    )
    provision_authenticator(session, account_id=account_id, name="Demo", secret=demo_secret(email), now=now)
    return account_id


def demo_secret(email: str) -> str:
    """What the authenticator of a demo's member of staff is made of: known to everybody, as the password is."""
    return base64.b32encode(hashlib.sha256(f"demo|{email}".encode()).digest()[:20]).decode()


def _employ(session: PortalSession, clinic: DemoClinic, one: DemoPractitioner, *, now: datetime) -> None:
    practitioner = create_practitioner(
        session,
        name=one.name,
        zone=clinic.zone,
        account_id=_account(session, clinic, email=one.email, name=one.name, role=Role.CLINICIAN, now=now),
        specialty=one.specialty,
        languages=one.languages,
        bio=one.bio,
        now=now,
    )
    for number, place in enumerate(one.jurisdictions, start=1):
        add_licence(
            session,
            practitioner_id=practitioner.id,
            jurisdiction=place,
            number=f"{place}-{1000 + number}",
            since=LICENSED_SINCE,
        )
    for hours in one.hours:
        for weekday in hours.weekdays:
            add_hours(
                session,
                practitioner_id=practitioner.id,
                weekday=weekday,
                starts=hours.starts,
                ends=hours.ends,
                zone=clinic.zone,
                valid_from=now.date() - HOURS_SINCE,
            )
