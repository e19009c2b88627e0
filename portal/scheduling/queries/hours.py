"""Reads of working hours."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select

from portal.kernel.db import PortalSession
from portal.scheduling.models import Availability, AvailabilityException


def hours_of(session: PortalSession, *, practitioner_ids: Collection[UUID], on_or_after: date) -> list[Availability]:
    """Weekly hours that are valid on some day from then on."""
    if not practitioner_ids:
        return []
    statement = (
        select(Availability)
        .where(
            Availability.practitioner_id.in_(practitioner_ids),
            or_(Availability.valid_until.is_(None), Availability.valid_until >= on_or_after),
        )
        .order_by(Availability.weekday, Availability.starts, Availability.id)
    )
    return list(session.scalars(statement))


def upcoming_exceptions(
    session: PortalSession, *, practitioner_ids: Collection[UUID], start: datetime, end: datetime | None = None
) -> list[AvailabilityException]:
    """Exceptions that are in force within the time."""
    if not practitioner_ids:
        return []
    statement = (
        select(AvailabilityException)
        .where(
            AvailabilityException.practitioner_id.in_(practitioner_ids),
            AvailabilityException.removed_at.is_(None),
            AvailabilityException.ends_at > start,
        )
        .order_by(AvailabilityException.starts_at, AvailabilityException.id)
    )
    if end is not None:
        statement = statement.where(AvailabilityException.starts_at < end)
    return list(session.scalars(statement))
