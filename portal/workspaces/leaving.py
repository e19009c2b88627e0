"""What somebody who leaves the clinic leaves behind: visits that are booked with them, and notes without a signature.

Nothing of it is changed by their leaving: people decide who sees whom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.charting import unsigned_notes_of
from portal.kernel.db import PortalSession
from portal.practitioners import practitioner_of_account
from portal.scheduling import Appointment, booked_with

#: As many visits stand on the page.
SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """`visits`: at most SHOWN, the next one first; `drafts`: when each note was begun."""

    visits: Sequence[Appointment]
    visits_total: int
    drafts: Sequence[datetime]


def left_behind(session: PortalSession, *, account_id: UUID, now: datetime) -> LeftBehind:
    """All of it; four queries at most. Needs the purpose "people"."""
    practitioner = practitioner_of_account(session, account_id)
    visits, total = (
        booked_with(session, practitioner_id=practitioner.id, now=now, limit=SHOWN) if practitioner else ([], 0)
    )
    return LeftBehind(visits=visits, visits_total=total, drafts=unsigned_notes_of(session, author_id=account_id))
