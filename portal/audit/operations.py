"""Writing of leaves."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from portal.audit.models import Leaf
from portal.kernel.clock import utc_now
from portal.kernel.db import Access, PortalSession
from portal.kernel.ids import new_id

#: What a hashed address begins with; no address does.
HASHED = "~"


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
        "address": _address(session),
        "device": who.device,
        "request_id": who.request_id,
    }


def _address(session: PortalSession) -> str:
    """Where the request came from. Of a patient's a keyed hash: it tells two apart, and not where somebody lives.

    A leaf cannot be taken back, and a patient may have their address forgotten; the session's row has it meanwhile.
    """
    who = session.principal
    if not who.address or not who.is_patient:
        return who.address
    _, key = session.keyring.current(session, "index")
    return HASHED + hmac.new(key, b"audit.leaf|address|" + who.address.encode(), hashlib.sha256).hexdigest()[:32]


def resources_of(touched: Iterable[str]) -> list[str]:
    """Models by name, with the row's id where it was one row of the model: "Note/id" for one, "Note" for several."""
    rows: dict[str, set[str]] = defaultdict(set)
    for one in touched:
        name, _, own = one.partition("/")
        rows[name].add(own)
    return sorted(f"{name}/{next(iter(ids))}" if len(ids) == 1 and any(ids) else name for name, ids in rows.items())


def append_leaves(session: PortalSession, access: Access) -> None:
    """The session's audit sink: one leaf a patient and action, in the transaction that read or wrote."""
    each = [("read", *one) for one in access.read.items()] + [("write", *one) for one in access.written.items()]
    rows = [
        _leaf(session, action=action, patient_id=patient_id, resources=resources_of(touched))
        for action, patient_id, touched in each
    ]
    session.execute(insert(Leaf), rows)


def record_denial(session: PortalSession, *, permission: str) -> None:
    """A request that lacked the permission; in its own short transaction."""
    session.execute(insert(Leaf), [_leaf(session, action="denied", patient_id=None, resources=[permission])])


def record_event(session: PortalSession, *, what: str, patient_id: UUID | None = None) -> None:
    """Something that no model shows: a sign-in, a download. `what` is a code."""
    session.execute(insert(Leaf), [_leaf(session, action="event", patient_id=patient_id, resources=[what])])
