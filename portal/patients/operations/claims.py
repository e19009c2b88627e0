"""Taking up a record that the desk made or an import brought.

Contact and date of birth must both be as on file, or a staff invitation must have gone to the contact; exactly one
record must fit, and nobody may hold it yet. All else goes to the desk, told alike whether such a record exists or not.
"""

import hashlib
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from portal.identity import account_contact
from portal.kernel.db import PortalSession, blind_index
from portal.kernel.errors import Conflict, PortalError
from portal.kernel.events import emit
from portal.patients.events import RecordTakenUp
from portal.patients.models import ClaimAttempt, Invitation, Patient
from portal.patients.operations.grants import GrantRefused, grant_access
from portal.patients.queries import invitation_by_digest, my_patients
from portal.patients.rules import CLAIM_WINDOW, may_try_again


class TooManyClaims(PortalError):
    """This account or this contact has tried often enough for now."""

    code = "too-many-claims"


class InvitationVoid(PortalError):
    """The link was used, is too old, or was meant for another contact."""

    code = "invitation-void"


class ClaimNotOpen(Conflict):
    """Somebody else decided first."""

    code = "claim-not-open"


def claim_record(session: PortalSession, *, name: str, birth_date: date, now: datetime) -> Patient | None:
    """Take up the record with the account's own contact and this date of birth; None: the desk will decide.

    Either way the claim is on file when this transaction commits. Raises TooManyClaims.
    Needs the purpose "registration".
    """
    claim = _file(session, now=now, name=name.strip() or None, birth_date=birth_date)
    before = {patient.id for patient in my_patients(session)}
    # The policy shows what the claim on file names, and what this account holds already: that is not claimed again.
    fitting = [
        patient
        for patient in session.scalars(
            select(Patient).where(Patient.birth_date == birth_date, Patient.status == "active").limit(10)
        )
        if patient.id not in before and claim.contact_index in {patient.phone_index, patient.email_index}
    ]
    if len(fitting) != 1:
        return None
    return _take_up(session, claim, fitting[0], reason="claimed", now=now)


def accept_invitation(session: PortalSession, *, token: str, now: datetime) -> Patient:
    """Take up the record that the desk's link names, with the contact to which the link went.

    Raises InvitationVoid, TooManyClaims. Needs the purpose "registration".
    """
    invitation = invitation_by_digest(session, digest=token_digest(token), now=now)
    if invitation is None:
        raise InvitationVoid
    claim = _file(session, now=now, invitation=invitation)
    patient = session.scalar(select(Patient).where(Patient.id == invitation.patient_id))
    if patient is None or _take_up(session, claim, patient, reason="invited", now=now) is None:
        raise InvitationVoid
    invitation.used_at, invitation.used_by = now, session.principal.actor_id
    session.flush()
    return patient


def accept_claim(session: PortalSession, *, claim_id: UUID, patient_id: UUID, now: datetime) -> None:
    """The desk has made sure who it is, and opens the record to the account; raises ClaimNotOpen."""
    claim = _decide(session, claim_id, state="accepted", patient_id=patient_id, now=now)
    grant_access(
        session,
        patient_id=patient_id,
        user_id=claim.user_id,
        basis="self",
        reason="claim-accepted",
        until=None,
        now=now,
    )
    emit(session, RecordTakenUp(patient_id=patient_id, user_id=claim.user_id), now=now)


def refuse_claim(session: PortalSession, *, claim_id: UUID, now: datetime) -> None:
    """The desk could not make sure who it is; raises ClaimNotOpen."""
    _decide(session, claim_id, state="refused", patient_id=None, now=now)


def token_digest(token: str) -> bytes:
    """What is kept of an invitation's token."""
    return hashlib.sha256(token.encode()).digest()


def _decide(
    session: PortalSession, claim_id: UUID, *, state: str, patient_id: UUID | None, now: datetime
) -> ClaimAttempt:
    claim = session.scalar(
        select(ClaimAttempt)
        .where(ClaimAttempt.id == claim_id, ClaimAttempt.state == "open")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if claim is None:
        raise ClaimNotOpen
    claim.state, claim.patient_id = state, patient_id
    claim.decided_at, claim.decided_by = now, session.principal.actor_id
    session.flush()
    return claim


def _file(
    session: PortalSession,
    *,
    now: datetime,
    name: str | None = None,
    birth_date: date | None = None,
    invitation: Invitation | None = None,
) -> ClaimAttempt:
    contact = account_contact(session, account_id=session.principal.actor_id)
    if contact is None:
        raise LookupError("a claim needs an account with a contact")
    column = Patient.phone if contact.channel == "sms" else Patient.email
    index = blind_index(session, column, contact.target, owner=Patient)
    _within_limits(session, index, now=now)
    claim = ClaimAttempt(
        user_id=session.principal.actor_id,
        channel=contact.channel,
        contact=contact.target,
        contact_index=index,
        name=name,
        birth_date=birth_date,
        invitation_id=invitation.id if invitation else None,
        invited_to=invitation.patient_id if invitation else None,
        at=now,
    )
    session.add(claim)
    session.flush()
    return claim


def _within_limits(session: PortalSession, index: bytes, *, now: datetime) -> None:
    # One try at a time for a contact: of parallel ones each would see too few others.
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(index[:8], signed=True))))
    tried = session.scalars(
        select(ClaimAttempt).where(
            ClaimAttempt.user_id == session.principal.actor_id, ClaimAttempt.at > now - CLAIM_WINDOW
        )
    )
    if not may_try_again([claim.at for claim in tried], now=now):
        raise TooManyClaims


def _take_up(
    session: PortalSession, claim: ClaimAttempt, patient: Patient, *, reason: str, now: datetime
) -> Patient | None:
    user_id = session.principal.actor_id
    try:
        grant_access(session, patient_id=patient.id, user_id=user_id, basis="self", reason=reason, until=None, now=now)
    except GrantRefused:
        return None  # somebody holds the record already
    claim.state, claim.patient_id = "matched", patient.id
    session.flush()
    emit(session, RecordTakenUp(patient_id=patient.id, user_id=user_id), now=now)
    return patient
