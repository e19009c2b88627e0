"""Writing of leaves."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert

from portal.audit.models import Leaf
from portal.kernel.clock import utc_now
from portal.kernel.db import Access, PortalSession
from portal.kernel.ids import new_id


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
    """The session's audit sink: one leaf a patient and action, in the transaction that read or wrote."""
    touched = [("read", *one) for one in access.read.items()] + [("write", *one) for one in access.written.items()]
    rows = [
        _leaf(session, action=action, patient_id=patient_id, resources=sorted(names))
        for action, patient_id, names in touched
    ]
    session.execute(insert(Leaf), rows)


def record_denial(session: PortalSession, *, permission: str) -> None:
    """A request that lacked the permission; in its own short transaction."""
    session.execute(insert(Leaf), [_leaf(session, action="denied", patient_id=None, resources=[permission])])


def record_event(session: PortalSession, *, what: str, patient_id: UUID | None = None) -> None:
    """Something that no model shows: a sign-in, a download. `what` is a code."""
    session.execute(insert(Leaf), [_leaf(session, action="event", patient_id=patient_id, resources=[what])])
