"""Verbs of practitioners."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict
from portal.practitioners.models import Licence, Practitioner


class AccountTaken(Conflict):
    """The account is another practitioner's already."""

    code = "account-taken"


class LicenceKnown(Conflict):
    """This licence is on file already."""

    code = "licence-known"


def create_practitioner(
    session: PortalSession,
    *,
    name: str,
    zone: str,
    account_id: UUID | None = None,
    specialty: Mapping[str, str] | None = None,
    languages: Sequence[str] = (),
    bio: Mapping[str, str] | None = None,
    npi: str | None = None,
    listed: bool = True,
    now: datetime,
) -> Practitioner:
    """Add a practitioner; raises AccountTaken."""
    practitioner = Practitioner(
        account_id=account_id,
        name=name.strip(),
        specialty=dict(specialty or {}),
        languages=list(languages),
        zone=zone,
        bio=dict(bio or {}),
        npi=npi,
        listed=listed,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(practitioner)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_practitioner_tenant_id_account_id":
            raise AccountTaken from error
        raise
    return practitioner


def change_practitioner(
    session: PortalSession,
    *,
    practitioner: Practitioner,
    name: str,
    specialty: Mapping[str, str],
    languages: Sequence[str],
    zone: str,
    bio: Mapping[str, str],
    listed: bool,
) -> None:
    """What patients read of a practitioner, and whether they are offered at all."""
    practitioner.name, practitioner.zone, practitioner.listed = name.strip(), zone, listed
    practitioner.specialty, practitioner.bio, practitioner.languages = dict(specialty), dict(bio), list(languages)
    session.flush()


def practitioner_from_import(
    session: PortalSession, *, npi: str, name: str, zone: str, now: datetime
) -> tuple[Practitioner, bool]:
    """The practitioner with this National Provider Identifier, and whether they are new.

    A new one is not listed: they stand in histories until an administrator offers them to patients.
    """
    known = session.scalar(select(Practitioner).where(Practitioner.npi == npi))
    if known is not None:
        return known, False
    return create_practitioner(session, name=name, zone=zone, npi=npi, listed=False, now=now), True


def add_licence(
    session: PortalSession,
    *,
    practitioner_id: UUID,
    jurisdiction: str,
    number: str,
    since: date,
    until: date | None = None,
) -> Licence:
    """Put a licence on file; raises LicenceKnown."""
    licence = Licence(
        practitioner_id=practitioner_id, jurisdiction=jurisdiction, number=number.strip(), since=since, until=until
    )
    try:
        with session.begin_nested():
            session.add(licence)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_licence_tenant_id_practitioner_id_jurisdiction_number":
            raise LicenceKnown from error
        raise
    return licence


def end_licence(session: PortalSession, *, licence: Licence, until: date) -> None:
    """The licence holds until that day, included."""
    licence.until = max(until, licence.since)
    session.flush()
