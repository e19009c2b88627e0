"""Reads of triage."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from portal.kernel.db import PortalSession
from portal.triage.models import RedFlag, RedFlagNotice

#: How many notices wait to be handled, for a statement that counts other things as well; names nobody.
OPEN_RED_FLAGS = select(func.count()).select_from(RedFlagNotice).where(RedFlagNotice.state == "open").scalar_subquery()


def open_red_flags(session: PortalSession, *, patient_ids: Collection[UUID] | None = None) -> list[RedFlagNotice]:
    """Notices that nobody has handled, oldest first: that a red flag exists, never what was answered."""
    wanted = select(RedFlagNotice).where(RedFlagNotice.state == "open").order_by(RedFlagNotice.raised_at)
    if patient_ids is not None:
        wanted = wanted.where(RedFlagNotice.patient_id.in_(patient_ids))
    return list(session.scalars(wanted))


def recently_handled(session: PortalSession, *, since: datetime, limit: int = 50) -> list[RedFlagNotice]:
    """Notices handled since, newest first."""
    return list(
        session.scalars(
            select(RedFlagNotice)
            .where(RedFlagNotice.state == "handled", RedFlagNotice.handled_at >= since)
            .order_by(RedFlagNotice.handled_at.desc())
            .limit(limit)
        )
    )


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
