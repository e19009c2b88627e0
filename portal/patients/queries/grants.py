"""Reads of grants: who can see a record, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, cast, func, or_, select

from portal.kernel.db import PortalSession
from portal.patients.models import AccessGrant, Patient, ProxyInvitation


def held_patient(session: PortalSession, *, patient_id: UUID) -> Patient | None:
    """A patient as the person themselves sees it: nobody else changes where they are reached, whoever acts for them."""
    now = func.kernel.now(type_=DateTime(timezone=True))
    held = select(AccessGrant.patient_id).where(
        AccessGrant.user_id == session.principal.actor_id,
        AccessGrant.basis == "self",
        AccessGrant.since <= now,
        or_(AccessGrant.until.is_(None), AccessGrant.until > now),
    )
    return session.scalar(select(Patient).where(Patient.id == patient_id, Patient.id.in_(held)))


def proxy_grant(session: PortalSession, *, patient_id: UUID, grant_id: str) -> AccessGrant | None:
    """A proxy's grant on the record, in force or ended, by what a form says its id is."""
    grants = grants_on(session, patient_id=patient_id)
    return next((one for one in grants if one.basis == "proxy" and str(one.id) == grant_id), None)


def proxy_invitation_by_digest(session: PortalSession, *, digest: bytes, now: datetime) -> ProxyInvitation | None:
    """A patient's invitation that still leads on."""
    return session.scalar(
        select(ProxyInvitation).where(
            ProxyInvitation.token_hash == digest,
            ProxyInvitation.used_at.is_(None),
            ProxyInvitation.ended_at.is_(None),
            ProxyInvitation.expires_at > now,
            ProxyInvitation.acts_until > now,
        )
    )


def open_proxy_invitations(session: PortalSession, *, patient_id: UUID, now: datetime) -> list[ProxyInvitation]:
    """Whom the patient has invited to act for them and who has not accepted yet, the latest first."""
    wanted = select(ProxyInvitation).where(
        ProxyInvitation.patient_id == patient_id,
        ProxyInvitation.used_at.is_(None),
        ProxyInvitation.ended_at.is_(None),
        ProxyInvitation.expires_at > now,
    )
    return list(session.scalars(wanted.order_by(ProxyInvitation.created_at.desc(), ProxyInvitation.id)))


#: Bases on which a clinician sees a record.
CARE = ("appointment", "care-team", "thread", "break-glass")
#: Whom a person looks for first stands first.
_ORDER = ("self", "proxy", "break-glass", "care-team", "appointment", "thread")


@dataclass(frozen=True, kw_only=True)
class Seer:
    """An account that can see a record, and why. `scope`: parts of it, None: the whole; `until` None: no end is set.

    `grant_id`: the latest of its grants on this basis, by which it is ended where it may be.
    """

    user_id: UUID
    basis: str
    reason: str
    scope: Sequence[str] | None
    since: datetime
    until: datetime | None
    grant_id: UUID


def who_can_see(session: PortalSession, *, patient_id: UUID, now: datetime) -> list[Seer]:
    """Who can see this record now, and why, as far as the reader may know. One query.

    Several appointments with one clinician are one reason: since the first, until the last.
    """
    wanted = select(AccessGrant).where(
        AccessGrant.patient_id == patient_id,
        AccessGrant.since <= now,
        or_(AccessGrant.until.is_(None), AccessGrant.until > now),
    )
    found: dict[tuple[int, UUID, str], Seer] = {}
    for one in session.scalars(wanted.order_by(AccessGrant.since, AccessGrant.id)):
        alike = (_ORDER.index(one.basis), one.user_id, one.reason if one.basis == "proxy" else "")
        before = found.get(alike)
        found[alike] = Seer(
            user_id=one.user_id,
            basis=one.basis,
            reason=one.reason,
            scope=one.scope,
            since=before.since if before else one.since,
            until=_later(one.until, before.until) if before else one.until,
            grant_id=one.id,
        )
    return [found[alike] for alike in sorted(found, key=lambda one: one[0])]


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends; None, no end, is later than any."""
    return None if one is None or other is None else max(one, other)


def grants_on(session: PortalSession, *, patient_id: UUID) -> list[AccessGrant]:
    """All grants on a record, those that ended too: newest first."""
    wanted = select(AccessGrant).where(AccessGrant.patient_id == patient_id)
    return list(session.scalars(wanted.order_by(AccessGrant.since.desc(), AccessGrant.id.desc())))


def is_trusted_with(session: PortalSession, *, patient_id: UUID) -> bool:
    """Whether the signed-in account may see the record for care: the same question that the policies ask."""
    asked = func.patients.has_grant(cast(patient_id, Uuid), *CARE)
    return bool(session.scalar(select(asked)))


def has_holder(session: PortalSession, *, patient_id: UUID, now: datetime) -> bool:
    """Whether the person acts for themselves already; for the desk."""
    return any(
        grant.basis == "self" and (grant.until is None or grant.until > now)
        for grant in grants_on(session, patient_id=patient_id)
    )
