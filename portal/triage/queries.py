"""Reads of triage."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from portal.kernel.db import Page, Place, PortalSession, page_of
from portal.triage.models import RedFlag, RedFlagNotice

#: How many people are to be phoned, for a statement that counts other things as well; names nobody. One person may
#: have several notices.
OPEN_RED_FLAGS = (
    select(func.count(RedFlagNotice.patient_id.distinct())).where(RedFlagNotice.state == "open").scalar_subquery()
)


_OPEN = select(RedFlagNotice).where(RedFlagNotice.state == "open")


def open_red_flags(session: PortalSession, *, after: Place | None = None) -> Page[RedFlagNotice]:
    """A page of the notices that nobody has handled, oldest first: that a red flag exists, never what was answered."""
    return page_of(session, _OPEN, by=RedFlagNotice.raised_at, after=after)


def patients_to_phone(session: PortalSession) -> int:
    """How many people the open notices are about."""
    return session.scalar(select(OPEN_RED_FLAGS)) or 0


def with_open_red_flag(session: PortalSession, *, patient_ids: Collection[UUID]) -> set[UUID]:
    """Those of the patients about whom a notice is open."""
    wanted = _OPEN.where(RedFlagNotice.patient_id.in_(patient_ids))
    return {notice.patient_id for notice in session.scalars(wanted)}


def recently_handled(session: PortalSession, *, since: datetime, after: Place | None = None) -> Page[RedFlagNotice]:
    """A page of the notices handled since, newest first."""
    wanted = select(RedFlagNotice).where(RedFlagNotice.state == "handled", RedFlagNotice.handled_at >= since)
    return page_of(session, wanted, by=RedFlagNotice.handled_at, newest=True, after=after)


def red_flag_notice(session: PortalSession, *, notice_id: UUID) -> RedFlagNotice | None:
    """A notice by its id."""
    return session.get(RedFlagNotice, (session.tenant_id, notice_id))


def red_flags_of(
    session: PortalSession, *, patient_id: UUID | None = None, intake_id: UUID | None = None
) -> list[RedFlag]:
    """Red flags of a patient or of one intake, newest first; for those who may see clinical data."""
    wanted = select(RedFlag).order_by(RedFlag.raised_at.desc())
    if patient_id is not None:
        wanted = wanted.where(RedFlag.patient_id == patient_id)
    if intake_id is not None:
        wanted = wanted.where(RedFlag.intake_id == intake_id)
    return list(session.scalars(wanted))


def acknowledged_codes(session: PortalSession, *, intake_id: UUID) -> frozenset[str]:
    """Codes of which the patient has said, in this intake, that they are safe: these do not stop it again."""
    flags = red_flags_of(session, intake_id=intake_id)
    return frozenset(code for flag in flags if flag.withdrawn_reason == "safe" for code in flag.codes)
