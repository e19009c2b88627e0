"""Verbs of triage."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.events import emit
from portal.triage.events import RedFlagRaised
from portal.triage.models import RedFlag, RedFlagNotice
from portal.triage.rules import Assessment

#: what the front desk did about a notice
HANDLINGS = ("reached", "emergency-called", "passed-on", "not-reached")


class AlreadyHandled(Conflict):
    """Somebody else at the desk has handled this notice."""

    code = "red-flag-already-handled"


def record_red_flags(
    session: PortalSession, *, patient_id: UUID, assessment: Assessment, intake_id: UUID | None = None, now: datetime
) -> RedFlag:
    """Keep what the rules found, and put the notice before the front desk in the same transaction."""
    flag = RedFlag(
        patient_id=patient_id,
        intake_id=intake_id,
        acuity=assessment.acuity,
        rule_version=assessment.rule_version,
        findings={
            "codes": list(assessment.codes),
            "reasons": {code: list(questions) for code, questions in assessment.reasons.items()},
        },
        raised_at=now,
    )
    session.add(flag)
    session.flush()
    session.add(RedFlagNotice(patient_id=patient_id, red_flag_id=flag.id, raised_at=now, state="open"))
    session.flush()
    emit(session, RedFlagRaised(patient_id=patient_id, triage_id=flag.id), now=now)
    return flag


def withdraw_red_flags(
    session: PortalSession, *, intake_id: UUID, reason: Literal["mistake", "safe"], now: datetime
) -> None:
    """The patient says that there is no emergency. The record stays, and the desk still sees the notice."""
    flags = session.scalars(select(RedFlag).where(RedFlag.intake_id == intake_id, RedFlag.withdrawn_at.is_(None))).all()
    for flag in flags:
        flag.withdrawn_at, flag.withdrawn_reason = now, reason
    ids = [flag.id for flag in flags]
    notices = select(RedFlagNotice).where(RedFlagNotice.red_flag_id.in_(ids), RedFlagNotice.state == "open")
    for notice in session.scalars(notices):
        notice.withdrawn_at = now
    session.flush()


def handle_notice(session: PortalSession, *, notice_id: UUID, done: str, note: str, now: datetime) -> RedFlagNotice:
    """The desk says what it did; raises NotFound, AlreadyHandled."""
    if done not in HANDLINGS:
        raise ValueError(done)
    notice = session.scalar(select(RedFlagNotice).where(RedFlagNotice.id == notice_id).with_for_update())
    if notice is None:
        raise NotFound("notice")
    if notice.state != "open":
        raise AlreadyHandled
    notice.state, notice.done, notice.note = "handled", done, note.strip() or None
    notice.handled_at, notice.handled_by = now, session.principal.actor_id
    session.flush()
    return notice


def review_red_flag(
    session: PortalSession,
    *,
    red_flag_id: UUID,
    outcome: Literal["confirmed", "overridden"],
    reason: str,
    now: datetime,
) -> RedFlag:
    """A clinician's judgement of a red flag, with its reason; raises NotFound."""
    flag = session.get(RedFlag, (session.tenant_id, red_flag_id))
    if flag is None:
        raise NotFound("red flag")
    flag.outcome, flag.outcome_reason = outcome, reason.strip()
    flag.seen_at, flag.seen_by = now, session.principal.actor_id
    session.flush()
    return flag
