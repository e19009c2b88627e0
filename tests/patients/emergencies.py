"""Emergency access as a test opens it: by the operation, and by hand on the pages."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.charting.models import Allergy
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import (
    BreakGlass,
    open_in_emergency,
)
from tests.factories.patients import BORN
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

WORDS = "Found unconscious at the station."


def opening(clinic: Clinic, account: UUID, *roles: Role) -> Principal:
    held = roles or (Role.CLINICIAN,)
    return Principal.of(tenant_id=clinic.id, user_id=account, roles=held).acting(purpose="break-glass")


def open_it(session: PortalSession, patient: UUID, clock: Clock, **values: Any) -> BreakGlass:
    known: dict[str, Any] = {"reason": "treatment", "sentence": WORDS, "now": clock.now}
    return open_in_emergency(session, patient_id=patient, **(known | values))


def allergies(session: PortalSession) -> list[str]:
    return [one.display for one in session.scalars(select(Allergy))]


def find(browser: PolicedClient) -> Page:
    """The page on which the patient was found."""
    page = browser.get(browser.clinic.path("staff/emergency"))
    who = {"family_name": "gomez", "birth_date-day": BORN.day, "birth_date-month": BORN.month}
    return browser.submit(page, {**who, "birth_date-year": BORN.year}, button="Find")


def open_by_hand(browser: PolicedClient) -> Page:
    given = {"reason": "treatment", "sentence": WORDS}
    return browser.submit(find(browser), given, button="Open the record for 60 minutes")
