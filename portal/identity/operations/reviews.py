"""A review of who may do what: begun as things stand, decided line by line, signed off when all of it is done."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.audit import record_event, who_touched
from portal.identity.models import AccessReview, ReviewLine
from portal.identity.operations.people import ReasonMissing, lock_people
from portal.identity.queries.people import Person, people_here
from portal.identity.queries.reviews import lines_of
from portal.identity.rules import DECISIONS, IDLE, REVIEW_EVERY
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict, Forbidden, NotFound
from portal.kernel.permissions import CLEARANCES


class ReviewOpen(Conflict):
    """Another review was begun and is not signed off."""

    code = "review-open"


class ReviewClosed(Conflict):
    """It is signed off: nothing of it changes any more."""

    code = "review-closed"


class NotReviewed(Conflict):
    """Lines are without a decision, or what was decided has not happened yet."""

    code = "not-reviewed"


class OwnLine(Forbidden):
    """Nobody decides about themselves: another administrator does, or the privacy officer."""

    code = "own-line"


def begin_review(session: PortalSession, *, now: datetime) -> AccessReview:
    """A line for everybody who is here, as things stand. Raises ReviewOpen. Needs the purpose "access-review"."""
    review = AccessReview(begun_at=now, begun_by=session.principal.actor_id)
    try:
        with session.begin_nested():
            session.add(review)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_access_review_open":
            raise ReviewOpen from error
        raise
    people = people_here(session, now=now)
    cleared = {one.account.id for one in people if one.roles & CLEARANCES}
    readers = who_touched(session, cleared, model="Note", since=now - REVIEW_EVERY)
    for one in people:
        session.add(
            ReviewLine(
                review_id=review.id,
                account_id=one.account.id,
                roles=sorted(one.roles),
                factors=list(one.factors),
                last_sign_in_at=one.last_sign_in_at,
                flags=flags_of(one, unused=cleared - readers, now=now),
            )
        )
    session.flush()
    record_event(session, what=f"AccessReview/{review.id}")
    return review


def flags_of(person: Person, *, unused: Collection[UUID], now: datetime) -> list[str]:
    """What stands out: "idle", "no-factor", "unused-clearance", "suspended", "no-role"."""
    seen = person.last_sign_in_at or person.account.created_at
    found = {
        "idle": seen < now - IDLE,
        "no-factor": not person.factors,
        "unused-clearance": person.account.id in unused,
        "suspended": person.account.status == "suspended",
        "no-role": not person.roles,
    }
    return [flag for flag, holds in found.items() if holds]


def decide_line(
    session: PortalSession, *, review_id: UUID, line_id: UUID, decision: str, reason: str, now: datetime
) -> ReviewLine:
    """Keep what somebody holds, or say that it is to change or to end, and why. Decided again, the last word stands.

    Raises NotFound, OwnLine, ReviewClosed, ReasonMissing. The change itself is made on the person's own page.
    """
    line = session.get(ReviewLine, (session.tenant_id, line_id))
    if line is None or line.review_id != review_id:
        raise NotFound("line")
    if line.account_id == session.principal.actor_id:
        raise OwnLine
    if decision not in DECISIONS or (decision != "keep" and not reason.strip()):
        raise ReasonMissing
    if _locked(session, line.review_id).signed_off_at is not None:
        raise ReviewClosed
    line.decision, line.reason = decision, reason.strip() or None
    line.decided_at, line.decided_by = now, session.principal.actor_id
    session.flush()
    return line


def sign_off_review(session: PortalSession, *, review_id: UUID, now: datetime) -> None:
    """All is decided and done. Raises NotFound, ReviewClosed, NotReviewed."""
    review = _locked(session, review_id)
    if review.signed_off_at is not None:
        raise ReviewClosed
    if not all(one.is_done for one in lines_of(session, review_id=review_id, now=now)):
        raise NotReviewed
    review.signed_off_at, review.signed_off_by = now, session.principal.actor_id
    session.flush()
    record_event(session, what=f"AccessReview/{review.id}")


def _locked(session: PortalSession, review_id: UUID) -> AccessReview:
    """The review as it stands; who decides waits for who signs off, and the other way round."""
    lock_people(session)
    wanted = select(AccessReview).where(AccessReview.id == review_id)
    review = session.scalar(wanted.execution_options(populate_existing=True))
    if review is None:
        raise NotFound("review")
    return review
