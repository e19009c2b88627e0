"""Reads about reviews of who may do what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarSelect, case, func, literal, select

from portal.identity.models import AccessReview, Account, ReviewLine
from portal.identity.queries.people import Person, people_here
from portal.identity.rules import REVIEW_AHEAD, REVIEW_EVERY
from portal.kernel.db import Page, Place, PortalSession, page_of
from portal.tenancy import Organisation, own_clinic


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDue:
    """When the next review must be signed off; `open_id`: the one that was begun."""

    due_at: datetime
    is_overdue: bool
    is_asked_for: bool
    open_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A line of a review with whom it is about. `is_done`: what was decided has happened, or needs nobody."""

    line: ReviewLine
    account: Account
    is_done: bool


def review_due(session: PortalSession, *, now: datetime) -> ReviewDue:
    """How it stands with the clinic's reviews: due 90 days after the last one, or after the clinic came to be.

    For administrators, privacy officers and our own processes.
    """
    last = session.scalar(select(func.max(AccessReview.signed_off_at)))
    open_id = session.scalar(select(AccessReview.id).where(AccessReview.signed_off_at.is_(None)))
    due_at = (last or own_clinic(session).created_at) + REVIEW_EVERY
    return ReviewDue(due_at=due_at, is_overdue=due_at < now, is_asked_for=due_at - REVIEW_AHEAD <= now, open_id=open_id)


def _asked_for() -> ScalarSelect[int]:
    last = select(func.max(AccessReview.signed_off_at)).scalar_subquery()
    since = (
        select(func.coalesce(last, Organisation.created_at))
        .where(Organisation.id == func.kernel.tenant_id())
        .scalar_subquery()
    )
    return select(
        case((since + literal(REVIEW_EVERY - REVIEW_AHEAD) <= func.kernel.now(), 1), else_=0)
    ).scalar_subquery()


#: 1 when a review is asked for, else 0; for a statement that counts other things as well.
REVIEW_ASKED_FOR = _asked_for()


def reviews(session: PortalSession, *, after: Place | None = None) -> Page[AccessReview]:
    """A page of them, the newest first."""
    return page_of(session, select(AccessReview), by=AccessReview.begun_at, newest=True, after=after)


def review_by_id(session: PortalSession, *, review_id: UUID) -> AccessReview | None:
    """A review, signed off or not."""
    return session.get(AccessReview, (session.tenant_id, review_id))


def lines_of(session: PortalSession, *, review_id: UUID, now: datetime) -> Sequence[LineView]:
    """Its lines by name."""
    rows = session.execute(
        select(ReviewLine, Account)
        .join(Account, (Account.tenant_id == ReviewLine.tenant_id) & (Account.id == ReviewLine.account_id))
        .where(ReviewLine.review_id == review_id)
        .order_by(Account.name, Account.id)
    ).all()
    here = {person.account.id: person for person in people_here(session, now=now)}
    return [
        LineView(line=line, account=account, is_done=_is_done(line, here.get(account.id))) for line, account in rows
    ]


def _is_done(line: ReviewLine, person: Person | None) -> bool:
    """Who left since needs no decision; a decision to change or end is done when it has happened."""
    if person is None:
        return True
    if line.decision == "change":
        return sorted(person.roles) != sorted(line.roles)
    return line.decision == "keep"
