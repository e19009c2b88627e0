"""Reads about the clinic's people: who works here, what each may do, and what changed. For who may see the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from portal.identity.models import (
    Account,
    Authenticator,
    LoginSession,
    Passkey,
    RoleAssignment,
    RoleChange,
    StaffInvitation,
)
from portal.kernel.db import Page, Place, PortalSession, blind_index, page_of
from portal.kernel.permissions import Role

PAGE = 50
#: What the list may be narrowed to: who is here, or everybody in one state.
STATES = ("here", "active", "suspended", "ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works here, or did. `factors`: "app", "passkey", both or none.

    `roles`: all that they hold; `by_group`: those of them that a group of the identity provider gives.
    """

    account: Account
    roles: frozenset[Role]
    by_hand: frozenset[Role]
    by_group: frozenset[Role]
    last_sign_in_at: datetime | None
    factors: tuple[str, ...]

    @property
    def is_here(self) -> bool:
        return self.account.status != "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPeople:
    """A page by name; `first` counts from 1."""

    people: Sequence[Person]
    total: int
    first: int


def find_people(
    session: PortalSession,
    *,
    text: str = "",
    state: str = "here",
    role: Role | None = None,
    page: int = 1,
    now: datetime,
) -> FoundPeople:
    """Staff whose name has the text, or whose address it is, in a state (one of STATES), who hold a role."""
    wanted = [Account.kind == "staff"]
    wanted.append(Account.status != "ended" if state == "here" else Account.status == state)
    if text and "@" in text:
        wanted.append(Account.email_index == blind_index(session, Account.email, text, owner=Account))
    elif text:
        wanted.append(Account.name.icontains(text, autoescape=True))
    if role is not None:
        wanted.append(exists().where(*_in_force(now), RoleAssignment.role == role))
    total = int(session.scalar(select(func.count()).select_from(Account).where(*wanted)) or 0)
    first = (page - 1) * PAGE
    people = _people(session, wanted, now=now, limit=PAGE, offset=first)
    return FoundPeople(people=people, total=total, first=first + 1)


def person_by_id(session: PortalSession, *, account_id: UUID, now: datetime) -> Person | None:
    """One of the staff, whatever their state."""
    found = _people(session, [Account.kind == "staff", Account.id == account_id], now=now)
    return found[0] if found else None


def people_here(session: PortalSession, *, now: datetime) -> list[Person]:
    """All who have an account that is not ended."""
    return _people(session, [Account.kind == "staff", Account.status != "ended"], now=now)


def _people(
    session: PortalSession,
    wanted: Sequence[ColumnElement[bool]],
    *,
    now: datetime,
    limit: int | None = None,
    offset: int = 0,
) -> list[Person]:
    held, by_group = (
        select(func.array_agg(RoleAssignment.role)).where(*_in_force(now), which).correlate(Account).scalar_subquery()
        for which in (RoleAssignment.provider_id.is_(None), RoleAssignment.provider_id.is_not(None))
    )
    last = (
        select(func.max(LoginSession.created_at))
        .where(LoginSession.tenant_id == Account.tenant_id, LoginSession.account_id == Account.id)
        .correlate(Account)
        .scalar_subquery()
    )
    app = exists().where(
        Authenticator.tenant_id == Account.tenant_id,
        Authenticator.account_id == Account.id,
        Authenticator.confirmed_at.is_not(None),
        Authenticator.removed_at.is_(None),
    )
    passkey = exists().where(
        Passkey.tenant_id == Account.tenant_id, Passkey.account_id == Account.id, Passkey.removed_at.is_(None)
    )
    rows = session.execute(
        select(Account, held, by_group, last, app, passkey)
        .where(*wanted)
        .order_by(Account.name, Account.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        Person(
            account=account,
            roles=frozenset(Role(role) for role in [*(hand or ()), *(group or ())]),
            by_hand=frozenset(Role(role) for role in hand or ()),
            by_group=frozenset(Role(role) for role in group or ()),
            last_sign_in_at=seen,
            factors=tuple(name for name, has in (("app", has_app), ("passkey", has_passkey)) if has),
        )
        for account, hand, group, seen, has_app, has_passkey in rows
    ]


def _in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        RoleAssignment.tenant_id == Account.tenant_id,
        RoleAssignment.account_id == Account.id,
        RoleAssignment.since <= now,
        or_(RoleAssignment.until.is_(None), RoleAssignment.until > now),
    )


def roles_held(session: PortalSession, *, account_id: UUID, by_hand: bool = False, now: datetime) -> frozenset[Role]:
    """What somebody holds at this moment; `by_hand`: without what a group of the identity provider gives."""
    held = select(RoleAssignment.role).where(
        RoleAssignment.account_id == account_id,
        RoleAssignment.since <= now,
        or_(RoleAssignment.until.is_(None), RoleAssignment.until > now),
    )
    if by_hand:
        held = held.where(RoleAssignment.provider_id.is_(None))
    return frozenset(Role(role) for role in session.scalars(held))


def has_other_administrator(session: PortalSession, *, account_id: UUID, now: datetime) -> bool:
    """Whether somebody else who is active is an administrator by hand: one who gets in whatever the provider does."""
    others = select(Account.id).where(
        Account.kind == "staff",
        Account.status == "active",
        Account.id != account_id,
        exists().where(*_in_force(now), RoleAssignment.role == Role.CLINIC_ADMIN, RoleAssignment.provider_id.is_(None)),
    )
    return session.scalar(others.limit(1)) is not None


def changes_of(session: PortalSession, *, account_id: UUID) -> list[RoleChange]:
    """What changed in somebody's roles and state, the newest first."""
    wanted = select(RoleChange).where(RoleChange.account_id == account_id)
    return list(session.scalars(wanted.order_by(RoleChange.at.desc(), RoleChange.id.desc())))


def open_invitations(session: PortalSession, *, after: Place | None = None) -> Page[StaffInvitation]:
    """A page of the invitations that nobody took up or took back, those that ran out too; the newest first."""
    return page_of(session, select(StaffInvitation).where(_OPEN), by=StaffInvitation.sent_at, newest=True, after=after)


def open_invitation(session: PortalSession, *, invitation_id: UUID, lock: bool = False) -> StaffInvitation | None:
    """One of them. `lock`: whoever takes it up at this moment is waited for."""
    wanted = select(StaffInvitation).where(StaffInvitation.id == invitation_id, _OPEN)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalar(wanted)


def invitation_by_digest(session: PortalSession, *, digest: bytes, now: datetime) -> StaffInvitation | None:
    """The invitation behind a link that works; needs the purpose "staff-invitation"."""
    works = and_(_OPEN, StaffInvitation.expires_at > now)
    return session.scalar(select(StaffInvitation).where(StaffInvitation.token_hash == digest, works))


_OPEN = and_(StaffInvitation.used_at.is_(None), StaffInvitation.withdrawn_at.is_(None))
