"""Work of identity that comes round by the clock."""

from datetime import datetime
from uuid import UUID

from portal.identity.operations import forget_expired
from portal.kernel.db import PortalSession
from portal.kernel.tasks import scheduled


@scheduled(kind="identity.forget", purpose="identity")
def forget(session: PortalSession, subject_id: UUID, *, now: datetime) -> None:
    """Once a day: old attempts, codes and sessions."""
    forget_expired(session, now=now)
