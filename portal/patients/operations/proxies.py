"""Proxies: somebody acts for a patient, within parts of the record and until a day. Made by the desk on proof."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.events import emit
from portal.patients.events import ProxyChanged
from portal.patients.models import AccessGrant
from portal.patients.operations.grants import grant_access, revoke_access
from portal.patients.queries import grants_on, patient_by_id
from portal.patients.rules import of_age_at


class NotAMinor(Conflict):
    """A parent or guardian acts for a minor only; an adult is asked themselves."""

    code = "not-a-minor"


class OwnRecord(Conflict):
    """The account holds the record itself, and needs nobody's leave."""

    code = "own-record"


def appoint_proxy(
    session: PortalSession,
    *,
    patient_id: UUID,
    user_id: UUID,
    parts: Collection[str],
    proof: str,
    until: datetime,
    now: datetime,
) -> AccessGrant:
    """Let an account act for a patient. Appointed anew, what was before ends.

    `parts`: of appointments, health, messages and bills; `proof`: parent, guardian, carer or attorney. What a parent
    or guardian may do ends when the patient comes of age, if that is sooner. A message tells who holds the account.
    Raises NotAMinor, OwnRecord and GrantRefused.
    """
    patient = patient_by_id(session, patient_id=patient_id)
    if patient is None:
        raise NotFound
    if proof in {"parent", "guardian"}:
        of_age = of_age_at(patient.birth_date, patient.jurisdiction, patient.zone)
        if of_age <= now:
            raise NotAMinor
        until = min(until, of_age)
    grants = grants_on(session, patient_id=patient_id)
    if any(g.basis == "self" and g.user_id == user_id and (g.until is None or g.until > now) for g in grants):
        raise OwnRecord
    _end(session, patient_id=patient_id, user_id=user_id, now=now)
    grant = grant_access(
        session,
        patient_id=patient_id,
        user_id=user_id,
        basis="proxy",
        scope=parts,
        reason=proof,
        until=until,
        now=now,
    )
    emit(session, ProxyChanged(grant_id=grant.id, user_id=user_id, what="appointed"), now=now)
    return grant


def end_proxy(session: PortalSession, *, patient_id: UUID, user_id: UUID, now: datetime) -> int:
    """The patient, the desk or the proxy ends it; returns how many grants ended. Whose it was is told by a message."""
    ended = _end(session, patient_id=patient_id, user_id=user_id, now=now)
    if ended and user_id != session.principal.user_id:
        for grant in ended:
            emit(session, ProxyChanged(grant_id=grant.id, user_id=user_id, what="ended"), now=now)
    return len(ended)


def _end(session: PortalSession, *, patient_id: UUID, user_id: UUID, now: datetime) -> list[AccessGrant]:
    in_force = [
        grant
        for grant in grants_on(session, patient_id=patient_id)
        if (grant.basis, grant.user_id) == ("proxy", user_id) and (grant.until is None or grant.until > now)
    ]
    for proof in sorted({grant.reason for grant in in_force}):
        revoke_access(session, patient_id=patient_id, user_id=user_id, basis="proxy", reason=proof, now=now)
    return in_force
