"""Proxies: somebody acts for a patient, within parts of the record and until a day. Made by the desk on proof."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict, NotFound
from portal.patients.models import AccessGrant
from portal.patients.operations.grants import grant_access, revoke_access
from portal.patients.queries import grants_on, patient_by_id
from portal.patients.rules import of_age_at


class NotAMinor(Conflict):
    """A parent or guardian acts for a minor only; an adult is asked themselves."""

    code = "not-a-minor"


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
    or guardian may do ends when the patient comes of age, if that is sooner. Raises NotAMinor and GrantRefused.
    """
    patient = patient_by_id(session, patient_id=patient_id)
    if patient is None:
        raise NotFound
    if proof in {"parent", "guardian"}:
        of_age = of_age_at(patient.birth_date, patient.jurisdiction, patient.zone)
        if of_age <= now:
            raise NotAMinor
        until = min(until, of_age)
    end_proxy(session, patient_id=patient_id, user_id=user_id, now=now)
    return grant_access(
        session,
        patient_id=patient_id,
        user_id=user_id,
        basis="proxy",
        scope=parts,
        reason=proof,
        until=until,
        now=now,
    )


def end_proxy(session: PortalSession, *, patient_id: UUID, user_id: UUID, now: datetime) -> int:
    """The patient, the desk or the proxy ends it; returns how many grants ended."""
    proofs = {g.reason for g in grants_on(session, patient_id=patient_id) if (g.basis, g.user_id) == ("proxy", user_id)}
    return sum(
        revoke_access(session, patient_id=patient_id, user_id=user_id, basis="proxy", reason=proof, now=now)
        for proof in sorted(proofs)
    )
