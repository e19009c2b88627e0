"""Reads of practitioners."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from portal.kernel.db import PortalSession
from portal.practitioners.models import Licence, Practitioner


def practitioner_by_id(session: PortalSession, *, practitioner_id: UUID) -> Practitioner | None:
    """A practitioner, listed or not."""
    return session.get(Practitioner, (session.tenant_id, practitioner_id))


def practitioners_by_id(session: PortalSession, ids: Collection[UUID]) -> dict[UUID, Practitioner]:
    """Practitioners by id, in one query."""
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(Practitioner).where(Practitioner.id.in_(set(ids))))}


def practitioner_of_account(session: PortalSession, account_id: UUID) -> Practitioner | None:
    """The practitioner that an account is; None for other staff."""
    return session.scalar(select(Practitioner).where(Practitioner.account_id == account_id))


def list_practitioners(session: PortalSession, *, listed: bool = True) -> list[Practitioner]:
    """Practitioners by name: those offered to patients, or (`listed` False) all of them."""
    wanted = select(Practitioner).order_by(Practitioner.name, Practitioner.id)
    return list(session.scalars(wanted.where(Practitioner.listed) if listed else wanted))


def licences_in(session: PortalSession, *, jurisdiction: str) -> list[Licence]:
    """All licences of listed practitioners for a jurisdiction, whatever their days."""
    return list(
        session.scalars(
            select(Licence)
            .join(
                Practitioner,
                (Practitioner.tenant_id == Licence.tenant_id) & (Practitioner.id == Licence.practitioner_id),
            )
            .where(Licence.jurisdiction == jurisdiction, Practitioner.listed)
        )
    )


def licences_in_force(session: PortalSession, *, on: date) -> list[Licence]:
    """Licences of listed practitioners that hold on a day, anywhere."""
    return list(
        session.scalars(
            select(Licence)
            .join(
                Practitioner,
                (Practitioner.tenant_id == Licence.tenant_id) & (Practitioner.id == Licence.practitioner_id),
            )
            .where(Practitioner.listed, Licence.since <= on, or_(Licence.until.is_(None), Licence.until >= on))
        )
    )


def licences_of(session: PortalSession, *, practitioner_id: UUID) -> list[Licence]:
    """A practitioner's licences by place and day."""
    wanted = select(Licence).where(Licence.practitioner_id == practitioner_id)
    return list(session.scalars(wanted.order_by(Licence.jurisdiction, Licence.since)))


def licensed_practitioners(session: PortalSession, *, jurisdiction: str, on: date) -> list[Practitioner]:
    """Listed practitioners who may see a patient in a jurisdiction on a day, by name."""
    holders = {one.practitioner_id for one in licences_in(session, jurisdiction=jurisdiction) if one.covers(on)}
    return sorted(practitioners_by_id(session, holders).values(), key=lambda one: (one.name, one.id))
