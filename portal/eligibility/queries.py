"""Reads of eligibility."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from portal.eligibility.models import Coverage
from portal.kernel.db import PortalSession


def coverage_of(session: PortalSession, *, patient_id: UUID) -> Coverage | None:
    """The patient's current coverage; None when nobody has said who pays."""
    return session.scalar(select(Coverage).where(Coverage.patient_id == patient_id, Coverage.superseded_at.is_(None)))


def coverages_of(session: PortalSession, patient_ids: Collection[UUID]) -> dict[UUID, Coverage]:
    """Current coverages by patient, in one query."""
    wanted = select(Coverage).where(Coverage.patient_id.in_(patient_ids), Coverage.superseded_at.is_(None))
    return {row.patient_id: row for row in session.scalars(wanted)}
