"""Patients of tests."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import Details, appoint_proxy, create_patient_by_staff, grant_access
from tests.factories.identity import patient_sign_in, staff_member
from tests.support.clinics import Clinic

BORN = date(1984, 3, 31)


def details(**values: Any) -> Details:
    """What is on file of Maria Gomez."""
    known: dict[str, Any] = {
        "given_name": "Maria",
        "family_name": "Gomez",
        "birth_date": BORN,
        "sex": "female",
        "language": "en",
        "zone": "America/New_York",
        "jurisdiction": "US-MA",
    }
    return Details(**(known | values))


def make_record(database: Database, clinic: Clinic, *, now: datetime, **values: Any) -> UUID:
    """A record that nobody holds yet, as the desk makes it. `database`: a worker's."""
    with database.transaction(clinic.system("provisioning")) as session:
        return create_patient_by_staff(session, details=details(**values), now=now).id


def hold_record(database: Database, clinic: Clinic, *, patient_id: UUID, account_id: UUID, now: datetime) -> None:
    """Let an account act for a record."""
    with database.transaction(clinic.system("provisioning")) as session:
        grant_access(
            session, patient_id=patient_id, user_id=account_id, basis="self", reason="test", until=None, now=now
        )


def make_patient(
    database: Database,
    clinic: Clinic,
    *,
    now: datetime,
    target: str | None = None,
    channel: str = "sms",
    account_id: UUID | None = None,
    **values: Any,
) -> tuple[UUID, UUID]:
    """An account and the patient for whom it acts. `database`: a worker's."""
    account = account_id or patient_sign_in(database, clinic, now=now, target=target, channel=channel)
    if target:
        values.setdefault("phone" if channel == "sms" else "email", target)
    patient = make_record(database, clinic, now=now, **values)
    hold_record(database, clinic, patient_id=patient, account_id=account, now=now)
    return account, patient


def open_to(
    database: Database, clinic: Clinic, *, patient_id: UUID, account_id: UUID, now: datetime, until: datetime
) -> None:
    """Open a record to a practitioner's account, as a booking does."""
    with database.transaction(clinic.system("provisioning")) as session:
        grant_access(
            session,
            patient_id=patient_id,
            user_id=account_id,
            basis="appointment",
            reason="test",
            until=until,
            now=now,
        )


def make_carer(
    database: Database,
    clinic: Clinic,
    *,
    patient_id: UUID,
    parts: Sequence[str],
    now: datetime,
    account_id: UUID | None = None,
) -> UUID:
    """An account that the desk lets act for a patient in some parts, for nine days. `database`: a worker's."""
    account = account_id or patient_sign_in(database, clinic, now=now)
    clerk = staff_member(database, clinic, now=now)
    desk = Principal.of(tenant_id=clinic.id, user_id=clerk, roles=[Role.FRONT_DESK])
    with database.transaction(desk) as session:
        until = now + timedelta(days=9)
        appoint_proxy(
            session, patient_id=patient_id, user_id=account, parts=list(parts), proof="carer", until=until, now=now
        )
    return account
