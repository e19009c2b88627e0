"""Reads of visit types; anybody may."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from portal.kernel.db import PortalSession
from portal.scheduling.models import VisitType


def visit_types(session: PortalSession, *, include_inactive: bool = False) -> list[VisitType]:
    """What can be booked, in the clinic's order."""
    statement = select(VisitType).order_by(VisitType.position, VisitType.code)
    if not include_inactive:
        statement = statement.where(VisitType.active)
    return list(session.scalars(statement))


def visit_type_by_id(session: PortalSession, *, visit_type_id: UUID) -> VisitType | None:
    """One visit type, inactive ones too."""
    return session.get(VisitType, (session.tenant_id, visit_type_id))


def visit_type_by_code(session: PortalSession, *, code: str) -> VisitType | None:
    """One visit type by the clinic's own code."""
    return session.scalar(select(VisitType).where(VisitType.code == code))


def visit_types_by_id(session: PortalSession, visit_type_ids: Collection[UUID]) -> dict[UUID, VisitType]:
    """Several at once."""
    if not visit_type_ids:
        return {}
    return {one.id: one for one in session.scalars(select(VisitType).where(VisitType.id.in_(visit_type_ids)))}
