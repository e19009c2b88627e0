"""Whether anything happened at a clinic, told without reading anything of a patient.

Owns nothing: the outbox holds opaque ids and names of events, and staff may read it.
"""

import hashlib
from datetime import datetime

from sqlalchemy import select

from portal.kernel.db import PortalSession
from portal.kernel.events import OutboxEvent

#: A transaction may commit after one with a later id; as many events must pass it by before it is overlooked.
NEWEST = 64
#: What tells no event (a visit that is late, an answer saved) is at most this old on the screen.
SECONDS = 120


def pulse(session: PortalSession, *, now: datetime) -> str:
    """A short text that changes with every event of the clinic, and every two minutes. One query."""
    newest = session.scalars(select(OutboxEvent.id).order_by(OutboxEvent.id.desc()).limit(NEWEST))
    seen = hashlib.sha256(b"".join(one.bytes for one in newest)).hexdigest()[:16]
    return f"{int(now.timestamp()) // SECONDS}-{seen}"
