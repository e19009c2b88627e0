"""Who may see a record: opened and closed here, and by nothing else. The ground of each is checked by the database."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import ProgrammingError

from portal.kernel.db import PortalSession
from portal.kernel.errors import Forbidden
from portal.patients.models import AccessGrant, BreakGlass


class GrantRefused(Forbidden):
    """The database refused: who asks has no ground for this grant."""

    code = "grant-refused"


def grant_access(
    session: PortalSession,
    *,
    patient_id: UUID,
    user_id: UUID,
    basis: str,
    reason: str,
    until: datetime | None,
    now: datetime,
    scope: Collection[str] | None = None,
) -> AccessGrant:
    """Open a record to an account. Asked for again, what is in force for as long stays; raises GrantRefused.

    `basis`: self, appointment, care-team, thread or proxy; `reason`: an opaque id or a code; `scope`: a proxy's parts.
    """
    parts = sorted(set(scope)) if scope is not None else None
    known = next(
        (
            grant
            for grant in _in_force(session, patient_id, user_id, basis, reason, now)
            if grant.scope == parts and (grant.until is None or (until is not None and grant.until >= until))
        ),
        None,
    )
    if known is not None:
        return known
    grant = AccessGrant(
        patient_id=patient_id, user_id=user_id, basis=basis, scope=parts, reason=reason, since=now, until=until
    )
    try:
        with session.begin_nested():
            session.add(grant)
            session.flush()
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) == "42501":
            raise GrantRefused from error
        raise
    return grant


def revoke_access(
    session: PortalSession, *, patient_id: UUID, user_id: UUID, basis: str, reason: str, now: datetime
) -> int:
    """End what was opened on this basis for this reason; returns how many grants ended."""
    ended = 0
    for grant in _in_force(session, patient_id, user_id, basis, reason, now):
        grant.until = now
        ended += 1
    session.flush()
    return ended


def close_access_of(session: PortalSession, *, user_id: UUID, now: datetime) -> int:
    """End all that is open to an account, emergencies too; returns how many grants ended. Each patient is audited."""
    grants = session.scalars(
        select(AccessGrant).where(
            AccessGrant.user_id == user_id, or_(AccessGrant.until.is_(None), AccessGrant.until > now)
        )
    ).all()
    emergencies = session.scalars(select(BreakGlass).where(BreakGlass.user_id == user_id, BreakGlass.until > now)).all()
    # What was to begin later never does.
    for grant in grants:
        grant.until = max(now, grant.since)
    for emergency in emergencies:
        emergency.until = max(now, emergency.since)
    session.flush()
    return len(grants)


def _in_force(
    session: PortalSession, patient_id: UUID, user_id: UUID, basis: str, reason: str, now: datetime
) -> list[AccessGrant]:
    return list(
        session.scalars(
            select(AccessGrant).where(
                AccessGrant.patient_id == patient_id,
                AccessGrant.user_id == user_id,
                AccessGrant.basis == basis,
                AccessGrant.reason == reason,
                or_(AccessGrant.until.is_(None), AccessGrant.until > now),
            )
        )
    )
