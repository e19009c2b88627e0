"""Notices: what the portal tells the open sockets of a visit, by PostgreSQL's NOTIFY and thus after its commit."""

import json
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from portal.kernel.db import PortalSession
from portal.kernel.video.tickets import VideoRole

CHANNEL = "video"


class NoticeKind(StrEnum):
    """What the portal tells the open sockets of a visit. A notice carries no content; the page asks for it."""

    MESSAGE = "message"
    ADMITTED = "admitted"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


def announce(
    session: PortalSession,
    *,
    visit_id: UUID,
    kind: NoticeKind,
    participant_id: UUID | None = None,
    role: VideoRole | None = None,
) -> None:
    """Tell the sockets of the visit once this transaction commits. `participant_id`, `role`: only those (withdrawn)."""
    payload = {
        "tenant": str(session.tenant_id),
        "visit": str(visit_id),
        "kind": kind.value,
        "participant": str(participant_id) if participant_id else None,
        "role": role.value if role else None,
    }
    session.execute(
        text("select pg_notify(:channel, :payload)"),
        {"channel": CHANNEL, "payload": json.dumps(payload)},
    )
