"""What the clinic offers: written by its administrator."""

from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict, NotFound
from portal.scheduling.models import VisitType
from portal.scheduling.queries import visit_type_by_id


class CodeTaken(Conflict):
    """Another visit type of the clinic has that code."""

    code = "code-taken"


class NoSuchVisitTypeToEdit(NotFound):
    """There is no such visit type."""

    code = "no-such-visit-type"


def create_visit_type(
    session: PortalSession,
    *,
    code: str,
    names: dict[str, str],
    descriptions: dict[str, str],
    minutes: int,
    buffer_before: int = 0,
    buffer_after: int = 0,
    modality: str = "video",
    position: int = 0,
    active: bool = True,
    lead_minutes: int = 30,
    horizon_days: int = 60,
    change_minutes: int = 60,
) -> VisitType:
    """A new visit type. Raises CodeTaken."""
    visit_type = VisitType(
        code=code,
        names=names,
        descriptions=descriptions,
        minutes=minutes,
        buffer_before=buffer_before,
        buffer_after=buffer_after,
        modality=modality,
        position=position,
        active=active,
        lead_minutes=lead_minutes,
        horizon_days=horizon_days,
        change_minutes=change_minutes,
    )
    try:
        with session.begin_nested():
            session.add(visit_type)
    except IntegrityError as error:
        if constraint_of(error) == "uq_visit_type_tenant_id_code":
            raise CodeTaken from error
        raise
    return visit_type


def update_visit_type(session: PortalSession, *, visit_type_id: UUID, **values: Any) -> VisitType:
    """Change a visit type; appointments that are booked keep their times. `values` as for `create_visit_type`.

    Its code stays, since prices and reports refer to it.
    """
    visit_type = visit_type_by_id(session, visit_type_id=visit_type_id)
    if visit_type is None:
        raise NoSuchVisitTypeToEdit
    for name, value in values.items():
        if name in ("id", "tenant_id", "code") or not hasattr(VisitType, name):
            raise TypeError(f"{name} of a visit type cannot be changed")
        setattr(visit_type, name, value)
    session.flush()
    return visit_type
