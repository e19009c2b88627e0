"""What administrators change in somebody else's account: roles and clearances, suspending, taking back, ending it.

Each is one change at a time in a clinic, leaves a row that nobody changes, and signs the person out everywhere: they
hold at the next request what they hold now, and no more.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update

from portal.audit import record_event
from portal.identity.events import RolesChanged, StaffLeft
from portal.identity.models import Account, FederatedIdentity, RoleAssignment, RoleChange, StaffInvitation
from portal.identity.operations.factors import void_factors
from portal.identity.operations.pending import void_sign_ins
from portal.identity.operations.sessions import revoke_all_sessions
from portal.identity.queries.people import has_other_administrator, roles_held
from portal.identity.rules import GRANTABLE
from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict, Forbidden, NotFound, PortalError
from portal.kernel.events import emit
from portal.kernel.permissions import STAFF_ROLES, Role


class OwnAccount(Forbidden):
    """Nobody changes what they may do themselves, nor suspends or ends their own account."""

    code = "own-account"


class NotGrantable(Forbidden):
    """A role that an administrator of a clinic does not give, or no role of the staff at all."""

    code = "not-grantable"


class ReasonMissing(PortalError):
    """No sentence that says why."""

    code = "reason-missing"


class LastAdministrator(Conflict):
    """The clinic would be left without an administrator who can sign in."""

    code = "last-administrator"


class ChangedMeanwhile(Conflict):
    """Somebody else changed this person's roles or state first."""

    code = "changed-meanwhile"


def change_roles(
    session: PortalSession,
    *,
    account_id: UUID,
    roles: Iterable[Role | str],
    reason: str,
    seen: Collection[Role | str] | None = None,
    now: datetime,
) -> None:
    """Somebody holds exactly these roles and clearances by hand from now on. Nothing happens when they do already.

    What a group of the identity provider gives stays as the group has it. `seen`: what the page showed that they
    hold. Raises NotFound, OwnAccount, NotGrantable, ReasonMissing, LastAdministrator, ChangedMeanwhile. Needs the
    purpose "people", as all of these.
    """
    wanted = grantable(roles)
    account = _to_change(session, account_id, reason)
    before = roles_held(session, account_id=account_id, by_hand=True, now=now)
    if account.status == "ended" or (seen is not None and frozenset(map(Role, seen)) != before):
        raise ChangedMeanwhile
    if wanted == before:
        return
    if Role.CLINIC_ADMIN in before - wanted:
        _leave_an_administrator(session, account_id, now)
    _end_roles(session, account_id, before - wanted, now, RoleAssignment.provider_id.is_(None))
    hold_roles(session, account_id=account_id, roles=wanted - before, now=now)
    note_change(session, account_id=account_id, kind="roles", before=before, after=wanted, reason=reason, now=now)
    _sign_out(session, account_id, now)
    emit(session, RolesChanged(account_id=account_id), now=now)


def suspend_account(session: PortalSession, *, account_id: UUID, reason: str, now: datetime) -> None:
    """Somebody may not sign in until they are taken back; their roles stay with them. Raises as `change_roles`."""
    account = _to_change(session, account_id, reason)
    if account.status != "active":
        raise ChangedMeanwhile
    _leave_an_administrator(session, account_id, now)
    _move(session, account, "suspended", kind="suspended", reason=reason, now=now)
    _sign_out(session, account_id, now)


def reactivate_account(session: PortalSession, *, account_id: UUID, reason: str, now: datetime) -> None:
    """Somebody who was suspended may sign in again, as before."""
    account = _to_change(session, account_id, reason)
    if account.status != "suspended":
        raise ChangedMeanwhile
    _move(session, account, "active", kind="reactivated", reason=reason, now=now)


def end_account(session: PortalSession, *, account_id: UUID, reason: str, now: datetime) -> None:
    """Somebody has left. The account stays, since the record names it, and opens nothing any more.

    Roles, sessions, second factors and invitations end here; what others own (access to records, being offered to
    patients) ends by StaffLeft. Raises as `change_roles`.
    """
    account = _to_change(session, account_id, reason)
    if account.status == "ended":
        raise ChangedMeanwhile
    _leave_an_administrator(session, account_id, now)
    before = roles_held(session, account_id=account_id, now=now)
    account.status = "ended"
    session.flush()
    _end_roles(session, account_id, before, now)
    void_credentials(session, account_id=account_id, now=now)
    _withdraw_invitations(session, account, now)
    note_change(session, account_id=account_id, kind="ended", before=before, after=(), reason=reason, now=now)
    emit(session, StaffLeft(account_id=account_id), now=now)


def void_credentials(session: PortalSession, *, account_id: UUID, now: datetime) -> None:
    """All with which somebody signs in, or is signed in. Whoever adds another way of signing in ends it here.

    The password's hash stays: it opens no account that is not active, and whoever comes back chooses another.
    """
    _sign_out(session, account_id, now)
    void_factors(session, account_id=account_id, now=now)
    session.execute(
        update(FederatedIdentity)
        .where(FederatedIdentity.account_id == account_id, FederatedIdentity.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def grantable(roles: Iterable[Role | str]) -> frozenset[Role]:
    """The roles, when an administrator of a clinic may give them together; raises NotGrantable."""
    try:
        wanted = frozenset(Role(role) for role in roles)
    except ValueError:
        raise NotGrantable from None
    if not wanted & STAFF_ROLES or not wanted <= GRANTABLE:
        raise NotGrantable
    return wanted


def hold_roles(session: PortalSession, *, account_id: UUID, roles: Iterable[Role], now: datetime) -> None:
    """Somebody holds these from now on, given by who acts."""
    for role in sorted(roles):
        by = session.principal.user_id
        session.add(RoleAssignment(account_id=account_id, role=role, since=now, assigned_by=by))
    session.flush()


def note_change(
    session: PortalSession,
    *,
    account_id: UUID,
    kind: str,
    before: Iterable[Role],
    after: Iterable[Role],
    reason: str | None = None,
    by_id: UUID | None = None,
    now: datetime,
) -> None:
    """Keep what changed, and name the row in the audit record."""
    change = RoleChange(
        account_id=account_id,
        kind=kind,
        before=sorted(before),
        after=sorted(after),
        reason=reason.strip() if reason else None,
        by_id=by_id or session.principal.user_id,
        at=now,
    )
    session.add(change)
    session.flush()
    record_event(session, what=f"RoleChange/{change.id}")


def lock_people(session: PortalSession) -> None:
    """One change at a time among a clinic's people: of two administrators who demote each other one stays."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"people|{session.tenant_id}", 0))))


def _to_change(session: PortalSession, account_id: UUID, reason: str) -> Account:
    """Whose account it is, as it stands now that nobody else changes it."""
    if account_id == session.principal.actor_id:
        raise OwnAccount
    if not reason.strip():
        raise ReasonMissing
    lock_people(session)
    account = session.scalar(
        select(Account)
        .where(Account.id == account_id, Account.kind == "staff")
        .execution_options(populate_existing=True)
    )
    if account is None:
        raise NotFound("account")
    return account


def _leave_an_administrator(session: PortalSession, account_id: UUID, now: datetime) -> None:
    held = roles_held(session, account_id=account_id, by_hand=True, now=now)
    if Role.CLINIC_ADMIN in held and not has_other_administrator(session, account_id=account_id, now=now):
        raise LastAdministrator


def _move(session: PortalSession, account: Account, status: str, *, kind: str, reason: str, now: datetime) -> None:
    held = roles_held(session, account_id=account.id, now=now)
    account.status = status
    session.flush()
    note_change(session, account_id=account.id, kind=kind, before=held, after=held, reason=reason, now=now)
    emit(session, RolesChanged(account_id=account.id), now=now)


def _end_roles(
    session: PortalSession, account_id: UUID, roles: Iterable[Role], now: datetime, *which: ColumnElement[bool]
) -> None:
    session.execute(
        update(RoleAssignment)
        .where(
            RoleAssignment.account_id == account_id,
            RoleAssignment.role.in_(list(roles)),
            or_(RoleAssignment.until.is_(None), RoleAssignment.until > now),
            *which,
        )
        .values(until=func.greatest(now, RoleAssignment.since))
        .execution_options(synchronize_session=False)
    )


def _sign_out(session: PortalSession, account_id: UUID, now: datetime) -> None:
    void_sign_ins(session, account_id=account_id, now=now)
    revoke_all_sessions(session, account_id=account_id, now=now)


def _withdraw_invitations(session: PortalSession, account: Account, now: datetime) -> None:
    """What somebody who leaves sent out does not bring anybody in any more."""
    session.execute(
        update(StaffInvitation)
        .where(
            StaffInvitation.created_by == account.id,
            StaffInvitation.used_at.is_(None),
            StaffInvitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )
