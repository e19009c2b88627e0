"""Verbs of eligibility."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.eligibility.models import Coverage
from portal.eligibility.rules import STATUSES, CoverageStatement, initial_status, normalise_member_id
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict


class CoverageChanged(Conflict):
    """The coverage that was looked at is no longer the patient's current one."""

    code = "coverage-changed"


def record_coverage(
    session: PortalSession, *, patient_id: UUID, statement: CoverageStatement, now: datetime
) -> Coverage:
    """Keep who pays. The same statement again changes nothing, so a status that the desk set stays."""
    current = _current(session, patient_id)
    if current is not None:
        if _says(current, statement):
            return current
        current.superseded_at = now
        # The one current coverage is a unique index: the old row has to leave it first.
        session.flush()
    coverage = Coverage(
        patient_id=patient_id,
        kind=statement.kind,
        payer=statement.payer.strip(),
        plan=statement.plan.strip(),
        member_id=statement.member_id.strip() or None,
        holder=statement.holder,
        status=initial_status(statement),
        recorded_at=now,
        recorded_by=session.principal.user_id,
    )
    try:
        with session.begin_nested():
            session.add(coverage)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_coverage_current":
            raise
        # Somebody stated another at the same moment: theirs was first, so this one supersedes it.
        return record_coverage(session, patient_id=patient_id, statement=statement, now=now)
    return coverage


def check_coverage(
    session: PortalSession, *, patient_id: UUID, coverage_id: UUID, status: str, note: str, now: datetime
) -> Coverage:
    """The desk sets the status of the current coverage; raises CoverageChanged."""
    if status not in STATUSES:
        raise ValueError(status)
    coverage = _current(session, patient_id)
    if coverage is None or coverage.id != coverage_id:
        raise CoverageChanged
    coverage.status, coverage.note = status, note.strip() or None
    coverage.checked_at, coverage.checked_by = now, session.principal.actor_id
    session.flush()
    return coverage


def _current(session: PortalSession, patient_id: UUID) -> Coverage | None:
    return session.scalar(
        select(Coverage).where(Coverage.patient_id == patient_id, Coverage.superseded_at.is_(None)).with_for_update()
    )


def _says(coverage: Coverage, statement: CoverageStatement) -> bool:
    stated = (statement.kind, statement.payer.strip(), statement.plan.strip(), statement.holder)
    same_member = normalise_member_id(coverage.member_id or "") == normalise_member_id(statement.member_id)
    return stated == (coverage.kind, coverage.payer, coverage.plan, coverage.holder) and same_member
