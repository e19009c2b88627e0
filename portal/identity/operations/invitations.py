"""Somebody who is to work here is invited by mail, and makes their account by the link in it, once."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.audit import record_event
from portal.identity.events import RolesChanged
from portal.identity.models import Account, Password, StaffInvitation
from portal.identity.operations.people import grantable, hold_roles, note_change
from portal.identity.passwords import hash_password, require_strong
from portal.identity.queries.people import invitation_by_digest, open_invitation
from portal.identity.rules import INVITATION_LIFE, token_digest
from portal.identity.wiring import wiring
from portal.kernel.db import PortalSession, blind_index, constraint_of
from portal.kernel.errors import Conflict, NotFound, PortalError
from portal.kernel.events import emit
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.tenancy import own_clinic


class HasAccount(Conflict):
    """Somebody of the staff has this address; `account_id` is theirs."""

    code = "has-account"

    def __init__(self, account_id: UUID) -> None:
        super().__init__()
        self.account_id = account_id


class AlreadyInvited(Conflict):
    """An invitation is on its way to this address."""

    code = "already-invited"


class InvitationVoid(PortalError):
    """The link was used or taken back, is too old, or never was one; told alike."""

    code = "invitation-void"


def invite_colleague(
    session: PortalSession, *, email: str, name: str, roles: Iterable[Role | str], now: datetime
) -> StaffInvitation:
    """Mail somebody a link with which they make their account; an account that was ended is taken up again.

    Raises NotGrantable, HasAccount, AlreadyInvited. Needs the purpose "people"; or "provisioning", for the demo.
    """
    held = grantable(roles)
    index = blind_index(session, Account.email, email, owner=Account)
    known = session.scalar(select(Account).where(Account.kind == "staff", Account.email_index == index))
    if known is not None and known.status != "ended":
        raise HasAccount(known.id)
    token = secrets.token_urlsafe(32)
    invitation = StaffInvitation(
        email=email.strip(),
        name=name.strip(),
        roles=sorted(held),
        token_hash=token_digest(token),
        created_at=now,
        created_by=session.principal.user_id,
        sent_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    try:
        with session.begin_nested():
            session.add(invitation)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_staff_invitation_open":
            raise AlreadyInvited from error
        raise
    _mail(session, invitation, token, now=now)
    return invitation


def resend_invitation(session: PortalSession, *, invitation_id: UUID, now: datetime) -> StaffInvitation:
    """Mail a new link, for as long as a first one; the one of before is void. Raises NotFound."""
    invitation = _open(session, invitation_id)
    token = secrets.token_urlsafe(32)
    invitation.token_hash, invitation.sent_at = token_digest(token), now
    invitation.expires_at = now + INVITATION_LIFE
    session.flush()
    _mail(session, invitation, token, now=now)
    return invitation


def withdraw_invitation(session: PortalSession, *, invitation_id: UUID, now: datetime) -> StaffInvitation:
    """The link opens nothing any more. Raises NotFound, also when somebody has just used it."""
    invitation = _open(session, invitation_id)
    invitation.withdrawn_at = now
    session.flush()
    record_event(session, what=f"StaffInvitation/{invitation.id}")
    return invitation


def accept_staff_invitation(session: PortalSession, *, token: str, password: str, now: datetime) -> UUID:
    """Make the account, with a password of its owner's choice and the roles that the invitation names; once.

    Raises InvitationVoid, WeakPassword. Needs the purpose "staff-invitation". Nobody is signed in by it.
    """
    invitation = invitation_by_digest(session, digest=token_digest(token), now=now)
    if invitation is None:
        raise InvitationVoid
    require_strong(password, personal=(invitation.name, invitation.email, own_clinic(session).name))
    hashed = hash_password(password)
    index = blind_index(session, Account.email, invitation.email, owner=Account)
    known = session.scalar(select(Account).where(Account.kind == "staff", Account.email_index == index))
    account_id = known.id if known else new_id()
    _use(session, invitation, account_id, now=now)
    if known is None:
        _make(session, invitation, account_id, hashed, now=now)
    else:
        _take_back(session, known, hashed, now=now)
    held = frozenset(Role(role) for role in invitation.roles)
    hold_roles(session, account_id=account_id, roles=held, now=now)
    by = invitation.created_by
    note_change(session, account_id=account_id, kind="joined", before=(), after=held, by_id=by, now=now)
    emit(session, RolesChanged(account_id=account_id), now=now)
    return account_id


def _use(session: PortalSession, invitation: StaffInvitation, account_id: UUID, *, now: datetime) -> None:
    """Use it up, once whoever else does so at the same moment."""
    used = session.scalar(
        update(StaffInvitation)
        .where(
            StaffInvitation.id == invitation.id,
            StaffInvitation.token_hash == invitation.token_hash,
            StaffInvitation.used_at.is_(None),
            StaffInvitation.withdrawn_at.is_(None),
            StaffInvitation.expires_at > now,
        )
        .values(used_at=now, used_by=account_id)
        .returning(StaffInvitation.id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        raise InvitationVoid


def _make(session: PortalSession, invitation: StaffInvitation, account_id: UUID, hashed: str, *, now: datetime) -> None:
    clinic = own_clinic(session)
    account = Account(
        id=account_id,
        kind="staff",
        name=invitation.name,
        email=invitation.email,
        language=clinic.default_language,
        zone=clinic.zone,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        # Made at the command line in the meantime.
        if constraint_of(error) == "uq_account_email":
            raise InvitationVoid from error
        raise
    session.add(Password(account_id=account_id, hash=hashed, changed_at=now))
    session.flush()


def _take_back(session: PortalSession, account: Account, hashed: str, *, now: datetime) -> None:
    """Somebody who left comes again: the same account, since the record names it, with nothing of what it had."""
    if account.status != "ended":
        raise InvitationVoid
    account.status = "active"
    session.flush()
    # Who came by the identity provider had none.
    stored = session.scalar(select(Password).where(Password.account_id == account.id)) or Password(
        account_id=account.id
    )
    stored.hash, stored.changed_at = hashed, now
    session.add(stored)
    session.flush()


def _open(session: PortalSession, invitation_id: UUID) -> StaffInvitation:
    invitation = open_invitation(session, invitation_id=invitation_id, lock=True)
    if invitation is None:
        raise NotFound("invitation")
    return invitation


def _mail(session: PortalSession, invitation: StaffInvitation, token: str, *, now: datetime) -> None:
    clinic = own_clinic(session)
    wiring().send_mail(
        session,
        target=invitation.email,
        language=clinic.default_language,
        zone=clinic.zone,
        template="staff_invitation",
        values={"link": f"/{clinic.slug}/staff/invitation/{token}"},
        key=f"staff-invitation:{invitation.id}:{token_digest(token).hex()[:16]}",
        useful_until=invitation.expires_at,
        now=now,
    )
    record_event(session, what=f"StaffInvitation/{invitation.id}")
