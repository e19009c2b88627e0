"""Alerts: the list, and saying what one was."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from portal.audit.models import Alert
from portal.kernel.db import Page, Place, PortalSession, page_of
from portal.kernel.errors import Forbidden

#: How many wait, for a statement that counts other things as well.
OPEN_ALERTS = select(func.count()).select_from(Alert).where(Alert.state == "open").scalar_subquery()


class OwnAlert(Forbidden):
    """Nobody says what an alert about themselves was."""

    code = "own-alert"


def find_alerts(session: PortalSession, *, state: str | None, after: Place | None = None) -> Page[Alert]:
    """A page of the alerts in a state ("open", "seen"; None: all), the latest first."""
    wanted = select(Alert) if state is None else select(Alert).where(Alert.state == state)
    return page_of(session, wanted, by=Alert.last_at, newest=True, after=after)


def alert_by_id(session: PortalSession, *, alert_id: UUID) -> Alert | None:
    """An alert."""
    return session.get(Alert, (session.tenant_id, alert_id))


def mark_seen(session: PortalSession, *, alert: Alert, note: str, now: datetime) -> None:
    """Somebody looked at it and says what it was. Said again, the last words stand; the record has who changed them.

    Raises OwnAlert.
    """
    if alert.user_id == session.principal.actor_id:
        raise OwnAlert
    alert.state, alert.note = "seen", note
    alert.seen_at, alert.seen_by = now, session.principal.actor_id
    session.flush()
