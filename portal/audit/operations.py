"""Writing of leaves."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, case, func, insert, select

from portal.audit.models import Leaf
from portal.kernel.clock import utc_now
from portal.kernel.db import Access, PortalSession
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role

_TABLE = cast(Table, Leaf.__table__)
_COLUMNS = list(_TABLE.columns)
# The ground on which a person sees the record is looked up within the INSERT itself: no query of its own.
_GROUND = select(func.patients.basis_of(bindparam("patient_id", type_=Leaf.patient_id.type)).label("basis")).subquery()
_FOUND = {
    "grant_basis": _GROUND.c.basis,
    "on_behalf_of": case((_GROUND.c.basis == "proxy", bindparam("patient_id", type_=Leaf.patient_id.type))),
}
_APPEND_BY_PERSON = insert(_TABLE).from_select(
    [column.name for column in _COLUMNS],
    select(
        *(_FOUND.get(column.name, bindparam(column.name, type_=column.type)).label(column.name) for column in _COLUMNS)
    ).select_from(_GROUND),
)


def _leaf(session: PortalSession, *, action: str, patient_id: UUID | None, resources: list[str]) -> dict[str, Any]:
    who = session.principal
    return {
        "tenant_id": who.tenant_id,
        "id": new_id(),
        "at": utc_now(),
        "user_id": who.user_id,
        "on_behalf_of": None,
        "session_id": who.session_id,
        "roles": sorted(who.roles),
        "purpose": who.purpose,
        "permission": who.permission,
        "action": action,
        "patient_id": patient_id,
        "resources": resources,
        "grant_basis": None,
        "address": who.address,
        "device": who.device,
        "request_id": who.request_id,
    }


def append_leaves(session: PortalSession, access: Access) -> None:
    """The session's audit sink: one leaf a patient and action, in the transaction that read or wrote.

    A person's leaf names their ground on the record (grant_basis), and for a proxy whom they act for (on_behalf_of).
    """
    touched = [("read", *one) for one in access.read.items()] + [("write", *one) for one in access.written.items()]
    rows = [
        _leaf(session, action=action, patient_id=patient_id, resources=sorted(names))
        for action, patient_id, names in touched
    ]
    is_person = session.principal.is_signed_in and Role.SYSTEM not in session.principal.roles
    session.execute(_APPEND_BY_PERSON if is_person else insert(Leaf), rows)


def record_denial(session: PortalSession, *, permission: str) -> None:
    """A request that lacked the permission; in its own short transaction."""
    session.execute(insert(Leaf), [_leaf(session, action="denied", patient_id=None, resources=[permission])])


def record_event(session: PortalSession, *, what: str, patient_id: UUID | None = None) -> None:
    """Something that no model shows: a sign-in, a download. `what` is a code."""
    session.execute(insert(Leaf), [_leaf(session, action="event", patient_id=patient_id, resources=[what])])
