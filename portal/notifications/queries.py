"""Reads of notifications."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from portal.kernel.db import PortalSession
from portal.notifications.models import Delivery


@dataclass(frozen=True, kw_only=True)
class TroubledDelivery:
    """A message that did not arrive, or of which nobody knows. Names no target and no content."""

    id: UUID
    channel: str
    template: str
    state: str
    error_code: str | None
    at: datetime


def failed_deliveries(session: PortalSession, *, since: datetime, limit: int = 100) -> list[TroubledDelivery]:
    """Messages that ended as failed or uncertain since then, newest first."""
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.channel,
            Delivery.template,
            Delivery.state,
            Delivery.error_code,
            Delivery.finished_at,
        )
        .where(Delivery.state.in_(("failed", "uncertain")), Delivery.finished_at >= since)
        .order_by(Delivery.finished_at.desc())
        .limit(limit)
    )
    return [
        TroubledDelivery(
            id=row.id,
            channel=row.channel,
            template=row.template,
            state=row.state,
            error_code=row.error_code,
            at=row.finished_at,
        )
        for row in rows
    ]
