"""Reads of notifications."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select

from portal.kernel.db import Page, Place, PortalSession, page_of
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


#: How a message that did not arrive may have ended, and what the list may be narrowed to.
TROUBLES = ("failed", "uncertain")


def failed_deliveries(
    session: PortalSession, *, since: datetime, state: str | None = None, after: Place | None = None
) -> Page[TroubledDelivery]:
    """A page of the messages that ended in a state of TROUBLES (None: in any) since then, newest first."""
    page = page_of(session, _troubled(since, state), by=Delivery.finished_at, newest=True, after=after)
    rows = [
        TroubledDelivery(
            id=row.id,
            channel=row.channel,
            template=row.template,
            state=row.state,
            error_code=row.error_code,
            at=row.finished_at,
        )
        for row in page.rows
        if row.finished_at
    ]
    return Page(rows=rows, total=page.total, after=page.after)


def count_failed_deliveries(session: PortalSession, *, since: datetime) -> int:
    """How many they are."""
    counted = _troubled(since, None).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(counted) or 0


def _troubled(since: datetime, state: str | None) -> Select[Delivery]:
    states = TROUBLES if state is None else (state,)
    return select(Delivery).where(Delivery.state.in_(states), Delivery.finished_at >= since)
