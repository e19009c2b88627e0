"""Reads of emergency access: what is in force, and what waits to be judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, ScalarSelect, func, select

from portal.kernel.db import Page, Place, PortalSession, page_of
from portal.patients.models import BreakGlass, Patient

#: Of one clinician's that are in force at once.
SHOWN = 50
#: How many wait for the reader.
EMERGENCIES_TO_JUDGE = (
    select(func.count()).select_from(BreakGlass).where(BreakGlass.decided_at.is_(None)).scalar_subquery()
)


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """An emergency access and whose record it opens."""

    access: BreakGlass
    patient: Patient


def emergency_in_force(session: PortalSession, *, patient_id: UUID, now: datetime) -> BreakGlass | None:
    """The signed-in clinician's own, on one record."""
    return session.scalar(
        select(BreakGlass)
        .where(
            BreakGlass.user_id == session.principal.actor_id,
            BreakGlass.patient_id == patient_id,
            BreakGlass.until > now,
        )
        .execution_options(populate_existing=True)
    )


def my_emergencies(session: PortalSession, *, now: datetime) -> Sequence[Emergency]:
    """The signed-in clinician's own that are in force, with whose records they open. One query."""
    return _with_patients(session, BreakGlass.user_id == session.principal.actor_id, BreakGlass.until > now)


def emergency_by_id(session: PortalSession, *, emergency_id: UUID) -> Emergency | None:
    """One emergency access, for who judges it."""
    return next(iter(_with_patients(session, BreakGlass.id == emergency_id)), None)


def emergencies_to_judge(session: PortalSession, *, after: Place | None = None) -> Page[BreakGlass]:
    """A page of those that nobody has judged yet, oldest first."""
    wanted = select(BreakGlass).where(BreakGlass.decided_at.is_(None))
    return page_of(session, wanted, by=BreakGlass.since, after=after)


def emergencies_judged(session: PortalSession, *, after: Place | None = None) -> Page[BreakGlass]:
    """A page of those that somebody has judged, newest first."""
    wanted = select(BreakGlass).where(BreakGlass.decided_at.is_not(None))
    return page_of(session, wanted, by=BreakGlass.since, newest=True, after=after)


def emergency_until(account_id: ColumnElement[UUID]) -> ScalarSelect[datetime]:
    """Until when an account has emergency access, as a column of a query about accounts; null when it has none."""
    now = func.kernel.now(type_=DateTime(timezone=True))
    return (
        select(func.max(BreakGlass.until)).where(BreakGlass.user_id == account_id, BreakGlass.until > now)
    ).scalar_subquery()


def _with_patients(session: PortalSession, *which: ColumnElement[bool]) -> Sequence[Emergency]:
    """The oldest of these, in that order."""
    same = (Patient.tenant_id == BreakGlass.tenant_id) & (Patient.id == BreakGlass.patient_id)
    wanted = select(BreakGlass, Patient).join(Patient, same).where(*which)
    rows = session.execute(wanted.order_by(BreakGlass.since, BreakGlass.id).limit(SHOWN))
    return [Emergency(access=access, patient=patient) for access, patient in rows]
