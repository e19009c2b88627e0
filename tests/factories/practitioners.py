"""Practitioners of tests."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.practitioners import add_licence, create_practitioner
from tests.factories.identity import staff_member
from tests.support.clinics import Clinic


def make_practitioner(
    database: Database,
    clinic: Clinic,
    *,
    now: datetime,
    jurisdictions: Sequence[str] = ("US-MA",),
    account_id: UUID | None = None,
    **values: Any,
) -> tuple[UUID, UUID]:
    """A clinician's account and practitioner, licensed in these places. `database`: a worker's."""
    known: dict[str, Any] = {
        "name": "Dr. Priya Raman",
        "specialty": {"en": "Family medicine", "es": "Medicina familiar", "ar": "طب الأسرة"},
        "languages": ["en", "es"],
        "zone": "America/New_York",
        "bio": {},
    }
    values = known | values
    account = account_id or staff_member(database, clinic, Role.CLINICIAN, now=now, name=values["name"])
    with database.transaction(clinic.system("provisioning")) as session:
        practitioner = create_practitioner(session, account_id=account, now=now, **values)
        for place in jurisdictions:
            add_licence(
                session, practitioner_id=practitioner.id, jurisdiction=place, number="MA-1", since=date(2020, 1, 1)
            )
        return account, practitioner.id
