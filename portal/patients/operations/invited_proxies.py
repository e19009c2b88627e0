"""A patient lets somebody act for them, without the clinic: an invitation to a contact, which its holder accepts.

The link's token is kept as a hash only, and whoever holds the link learns nothing of the patient: only who signs in
with the contact to which it went accepts it. Whether the contact has an account here is not asked.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from portal.identity import account_contact
from portal.kernel.db import PortalSession, blind_index
from portal.kernel.errors import NotFound, PortalError
from portal.notifications import Recipient, queue_message
from portal.patients.models import AccessGrant, ProxyInvitation
from portal.patients.operations.claims import InvitationVoid, token_digest
from portal.patients.operations.grants import grant_access
from portal.patients.operations.proxies import OwnRecord
from portal.patients.queries import held_patient
from portal.patients.rules import INVITATION_LIFE, INVITATIONS_A_DAY
from portal.tenancy import own_clinic


class TooManyInvitations(PortalError):
    """This patient has invited often enough for a day."""

    code = "too-many-invitations"


def invite_proxy(
    session: PortalSession,
    *,
    patient_id: UUID,
    channel: str,
    target: str,
    parts: Collection[str],
    until: datetime,
    language: str,
    now: datetime,
) -> str:
    """Invite who signs in with this contact to act for the signed-in patient; returns the link's path, for its message.

    Invited anew, the contact's earlier invitation leads on no more. Raises NotFound for a record that somebody else
    holds, OwnRecord, TooManyInvitations.
    """
    patient = held_patient(session, patient_id=patient_id)
    me = account_contact(session, account_id=session.principal.actor_id)
    if patient is None or me is None:
        raise NotFound
    index = _index(session, target)
    if index == _index(session, me.target):
        raise OwnRecord
    _one_at_a_time(session, patient_id)
    _within_limits(session, patient_id, now=now)
    for earlier in _open(session, patient_id):
        if earlier.contact_index == index:
            earlier.ended_at = now
    session.flush()
    token = secrets.token_urlsafe(24)
    invitation = ProxyInvitation(
        patient_id=patient_id,
        token_hash=token_digest(token),
        parts=sorted(set(parts)),
        acts_until=until,
        channel=channel,
        contact=target,
        created_at=now,
        created_by=session.principal.actor_id,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    path = f"/{own_clinic(session).slug}/act-for/{token}"
    queue_message(
        session,
        to=Recipient(channel=channel, target=target, language=language, zone=patient.zone),
        template="proxy_invitation",
        values={"link": path},
        key=f"proxy-invitation:{invitation.id}",
        due_at=now,
        now=now,
        useful_until=invitation.expires_at,
    )
    return path


def accept_proxy_invitation(session: PortalSession, *, token: str, now: datetime) -> AccessGrant:
    """Act for who sent the link, with the contact to which it went. Raises InvitationVoid, for whatever reason.

    Needs the purpose "registration".
    """
    me = session.principal.actor_id
    contact = account_contact(session, account_id=me)
    # Locked, so that a second browser, or the patient who takes it back, waits and then finds it used or ended.
    invitation = session.scalar(
        select(ProxyInvitation)
        .where(
            ProxyInvitation.token_hash == token_digest(token),
            ProxyInvitation.used_at.is_(None),
            ProxyInvitation.ended_at.is_(None),
            ProxyInvitation.expires_at > now,
            ProxyInvitation.acts_until > now,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if invitation is None or contact is None or invitation.created_by == me:
        raise InvitationVoid
    if (contact.channel, _index(session, contact.target)) != (invitation.channel, invitation.contact_index):
        raise InvitationVoid
    invitation.used_at, invitation.used_by = now, me
    session.flush()
    return grant_access(
        session,
        patient_id=invitation.patient_id,
        user_id=me,
        basis="proxy",
        scope=invitation.parts,
        reason="invited",
        until=invitation.acts_until,
        now=now,
    )


def end_proxy_invitation(session: PortalSession, *, patient_id: UUID, invitation_id: str, now: datetime) -> bool:
    """The patient or the desk takes an invitation back; returns whether it was still open."""
    for one in _open(session, patient_id):
        if str(one.id) == invitation_id:
            one.ended_at = now
            session.flush()
            return True
    return False


def _open(session: PortalSession, patient_id: UUID) -> list[ProxyInvitation]:
    return list(
        session.scalars(
            select(ProxyInvitation)
            .where(
                ProxyInvitation.patient_id == patient_id,
                ProxyInvitation.used_at.is_(None),
                ProxyInvitation.ended_at.is_(None),
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _one_at_a_time(session: PortalSession, patient_id: UUID) -> None:
    """Of invitations sent at once each would see too few others."""
    session.execute(select(func.pg_advisory_xact_lock(patient_id.int & (2**63 - 1))))


def _within_limits(session: PortalSession, patient_id: UUID, *, now: datetime) -> None:
    sent = session.scalars(
        select(ProxyInvitation).where(
            ProxyInvitation.patient_id == patient_id, ProxyInvitation.created_at > now - timedelta(days=1)
        )
    ).all()
    if len(sent) >= INVITATIONS_A_DAY:
        raise TooManyInvitations


def _index(session: PortalSession, target: str) -> bytes:
    return blind_index(session, ProxyInvitation.contact, target, owner=ProxyInvitation)
