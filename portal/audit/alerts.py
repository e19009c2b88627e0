"""Alerts: the list, and saying what one was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import aliased

from portal.audit.models import Alert
from portal.audit.queries import PAGE
from portal.kernel.db import PortalSession
from portal.kernel.errors import Forbidden

#: How many wait, for a statement that counts other things as well.
OPEN_ALERTS = select(func.count()).select_from(Alert).where(Alert.state == "open").scalar_subquery()


class OwnAlert(Forbidden):
    """Nobody says what an alert about themselves was."""

    code = "own-alert"


@dataclass(frozen=True, kw_only=True)
class FoundAlerts:
    """A page, the latest first. `after`: where the next begins."""

    alerts: Sequence[Alert]
    total: int
    after: UUID | None


def find_alerts(
    session: PortalSession, *, state: str | None, after: UUID | None = None, limit: int = PAGE
) -> FoundAlerts:
    """Alerts in a state ("open", "seen"; None: all)."""
    conditions = [] if state is None else [Alert.state == state]
    page = select(Alert).where(*conditions)
    if after is not None:
        last = aliased(Alert)
        at = select(last.last_at).where(last.id == after).scalar_subquery()
        page = page.where(tuple_(Alert.last_at, Alert.id) < tuple_(at, literal(after)))
    rows = session.scalars(page.order_by(Alert.last_at.desc(), Alert.id.desc()).limit(limit + 1)).all()
    total = session.scalar(select(func.count()).select_from(Alert).where(*conditions)) or 0
    return FoundAlerts(alerts=rows[:limit], total=total, after=rows[limit - 1].id if len(rows) > limit else None)


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
