"""Reads of identity."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, and_, bindparam, exists, func, literal, or_, select

from portal.identity.models import (
    Account,
    Authenticator,
    IdentityProvider,
    LoginSession,
    OneTimeCode,
    Passkey,
    PendingSignIn,
    RecoveryCode,
    RoleAssignment,
    StepUp,
)
from portal.identity.rules import SIGN_IN_COUNTS_FOR, STEP_UP, TOUCH_EVERY, masked, token_digest
from portal.identity.sessions import ends_at, in_force, is_locked, said
from portal.identity.wiring import Wiring, wiring
from portal.kernel.db import Page, Place, PortalSession, page_of
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.web.ports import SignedIn


@dataclass(frozen=True, kw_only=True)
class AccountContact:
    """A channel that an account has proven, and how its reader reads."""

    channel: str
    target: str
    language: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class PendingCode:
    """A code that was sent: where to, and whether it can still be used."""

    id: UUID
    channel: str
    target: str
    is_live: bool
    is_recent: bool


def load_principal(session: PortalSession, token: str) -> SignedIn | None:
    """Who a browser's token stands for, in one query; None when it is unknown, revoked, idle for too long, or old.

    Needs the purpose "session" or "sign-in".
    """
    row = session.execute(_signed_in(wiring()), {"token_hash": token_digest(token)}).first()
    if row is None:
        return None
    session_id, is_stale, account, held, emergency_until, locked, lock_minutes, ends = row
    principal = Principal(
        tenant_id=session.tenant_id,
        user_id=account.id,
        roles=frozenset({Role.PATIENT}) if account.kind == "patient" else frozenset(Role(role) for role in held or ()),
        session_id=session_id,
    )
    return SignedIn(
        principal=principal,
        name=_shown_name(account),
        language=account.language,
        zone=account.zone,
        is_stale=is_stale,
        emergency_until=emergency_until,
        is_locked=locked,
        lock_minutes=lock_minutes,
        ends_at=ends,
    )


@lru_cache
def _signed_in(wired: Wiring) -> Select[Any]:
    """The query of each request, put together once. Takes `token_hash`."""
    now = func.kernel.now(type_=DateTime(timezone=True))
    roles = (
        select(func.array_agg(RoleAssignment.role))
        .where(
            RoleAssignment.tenant_id == Account.tenant_id,
            RoleAssignment.account_id == Account.id,
            RoleAssignment.since <= now,
            or_(RoleAssignment.until.is_(None), RoleAssignment.until > now),
            # What the provider's groups give counts where the provider has let the person in.
            or_(RoleAssignment.provider_id.is_(None), LoginSession.channel == "sso"),
        )
        .correlate(Account, LoginSession)
        .scalar_subquery()
    )
    return (
        select(
            LoginSession.id,
            LoginSession.last_seen_at < now - TOUCH_EVERY,
            Account,
            roles,
            wired.emergency_until(Account.id),
            is_locked(now),
            said("lock_minutes"),
            ends_at(),
        )
        .join(Account, (Account.tenant_id == LoginSession.tenant_id) & (Account.id == LoginSession.account_id))
        .where(
            LoginSession.token_hash == bindparam("token_hash"),
            in_force(now),
            Account.status == "active",
            _is_let_in(),
        )
    )


def _is_let_in() -> ColumnElement[bool]:
    """Whoever came by the clinic's provider is there for as long as that is switched on."""
    return or_(LoginSession.channel != "sso", exists().where(IdentityProvider.is_on))


def _shown_name(account: Account) -> str:
    """A staff member's name; for a patient's account the masked contact, since a phone may serve a family."""
    return account.name or masked_contact(account)


def contact_of(account: Account) -> AccountContact:
    """The account's proven channel."""
    channel, target = ("sms", account.phone) if account.phone_index else ("email", account.email)
    return AccountContact(channel=channel, target=target or "", language=account.language, zone=account.zone)


def contact_of_account(session: PortalSession, *, account_id: UUID) -> AccountContact:
    """The channel of an account that surely is there: one's own, or the one that is signing in."""
    return contact_of(session.get_one(Account, (session.tenant_id, account_id)))


def masked_contact(account: Account) -> str:
    """Enough of the channel with which an account signs in to tell it from others."""
    contact = contact_of(account)
    return masked(contact.channel, contact.target)


def account_contact(session: PortalSession, *, account_id: UUID) -> AccountContact | None:
    """The channel with which an account signs in; one's own only."""
    account = session.get(Account, (session.tenant_id, account_id))
    return contact_of(account) if account else None


def accounts_by_id(session: PortalSession, ids: Collection[UUID]) -> dict[UUID, Account]:
    """Those of the accounts that the reader may see: staff's for staff, and one's own."""
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(Account).where(Account.id.in_(set(ids))))}


def account_name(session: PortalSession, account_id: UUID) -> str:
    """A staff member's name, "" when it is not the reader's to see."""
    account = session.get(Account, (session.tenant_id, account_id))
    return account.name if account else ""


def staff_accounts(session: PortalSession, *, role: Role | None = None) -> list[Account]:
    """Active staff by name; those who hold a role, when one is named (administrators and provisioning only)."""
    wanted = select(Account).where(Account.kind == "staff", Account.status == "active").order_by(Account.name)
    if role is not None:
        holds = select(RoleAssignment.account_id).where(RoleAssignment.role == role, RoleAssignment.until.is_(None))
        wanted = wanted.where(Account.id.in_(holds))
    return list(session.scalars(wanted))


def my_sessions(session: PortalSession, *, after: Place | None = None, now: datetime) -> Page[LoginSession]:
    """A page of the signed-in person's sessions that are in force, the one that began last first."""
    mine = select(LoginSession).where(LoginSession.account_id == session.principal.actor_id, in_force(literal(now)))
    return page_of(session, mine, by=LoginSession.created_at, newest=True, after=after)


def pending_code(session: PortalSession, *, code_id: UUID, now: datetime) -> PendingCode | None:
    """A code by its id; `is_recent`: so fresh that another one may be sent to the same target."""
    row = session.get(OneTimeCode, (session.tenant_id, code_id))
    if row is None:
        return None
    return PendingCode(
        id=row.id,
        channel=row.channel,
        target=row.target,
        is_live=row.used_at is None and row.expires_at > now and row.tries_left > 0,
        is_recent=row.used_at is None and row.created_at > now - timedelta(hours=1),
    )


def is_signed_in(session: PortalSession, *, account_id: UUID, now: datetime) -> bool:
    """Whether any browser of the account is signed in. For our own processes (visits)."""
    wanted = select(LoginSession.id).where(LoginSession.account_id == account_id, in_force(literal(now))).limit(1)
    return session.scalar(wanted) is not None


def authenticators_of(session: PortalSession, *, account_id: UUID) -> list[Authenticator]:
    """An account's authenticators that count, oldest first."""
    wanted = select(Authenticator).where(
        Authenticator.account_id == account_id,
        Authenticator.confirmed_at.is_not(None),
        Authenticator.removed_at.is_(None),
    )
    return list(session.scalars(wanted.order_by(Authenticator.created_at, Authenticator.id)))


def passkeys_of(session: PortalSession, *, account_id: UUID) -> list[Passkey]:
    """An account's passkeys, oldest first."""
    wanted = select(Passkey).where(Passkey.account_id == account_id, Passkey.removed_at.is_(None))
    return list(session.scalars(wanted.order_by(Passkey.created_at, Passkey.id)))


def has_factor(session: PortalSession, *, account_id: UUID) -> bool:
    """Whether the account has an app or a passkey."""
    return bool(session.scalar(select(_enrolled(account_id))))


def _enrolled(account_id: UUID) -> ColumnElement[bool]:
    app = exists().where(
        Authenticator.account_id == account_id,
        Authenticator.confirmed_at.is_not(None),
        Authenticator.removed_at.is_(None),
    )
    return or_(app, exists().where(Passkey.account_id == account_id, Passkey.removed_at.is_(None)))


def offered_authenticator(session: PortalSession, *, authenticator_id: UUID, account_id: UUID) -> Authenticator | None:
    """An authenticator of this account that waits for its first code."""
    row = session.get(Authenticator, (session.tenant_id, authenticator_id))
    if row is None or row.account_id != account_id or row.confirmed_at or row.removed_at:
        return None
    return row


def recovery_codes_left(session: PortalSession, *, account_id: UUID) -> int:
    """How many printed codes still work."""
    left = select(func.count()).where(
        RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None), RecoveryCode.voided_at.is_(None)
    )
    return int(session.scalar(left) or 0)


def pending_sign_in(session: PortalSession, *, token: str, now: datetime) -> PendingSignIn | None:
    """The sign-in that this browser began and has not ended; needs the purpose "sign-in"."""
    return session.scalar(
        select(PendingSignIn).where(
            PendingSignIn.token_hash == token_digest(token),
            PendingSignIn.used_at.is_(None),
            PendingSignIn.expires_at > now,
        )
    )


def is_stepped_up(session: PortalSession, *, action: str, since: datetime | None = None, now: datetime) -> bool:
    """Whether the signed-in person has shown enough, in this session and a short while ago, for the action.

    A patient without a second factor shows what there is: signing in a short while ago. Staff who have shown two
    factors at the provider, and have none of ours, may set one up. `since`: not before then.
    """
    who = session.principal
    since = max(since or now - STEP_UP, now - STEP_UP)
    shown: ColumnElement[bool] = exists().where(
        StepUp.session_id == who.session_id, StepUp.action == action, StepUp.at >= since
    )
    enough = [shown]
    if action in SIGN_IN_COUNTS_FOR:
        enough.append(LoginSession.second_factor_at >= since)
    if who.is_staff and action == "factors":
        at_provider = and_(LoginSession.channel == "sso", LoginSession.second_factor_at >= since)
        enough.append(and_(at_provider, ~_enrolled(who.actor_id)))
    if not who.is_staff:
        enough.append(and_(LoginSession.created_at > since, ~_enrolled(who.actor_id)))
    wanted = select(LoginSession.id).where(LoginSession.id == who.session_id, or_(*enough))
    return session.scalar(wanted) is not None
