"""When a session is in force, when it is locked and when it ends, as conditions on its row.

Staff's sessions go by what the clinic says (one row, or the defaults), patients' by the settings. A session that
nobody has used for a while counts as locked without anybody having locked it.
"""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, and_, case, func, literal, or_, select

from portal.identity.models import LoginSession, Password, RoleAssignment, SharedPc, UnlockPin
from portal.identity.rules import SharedPcRules
from portal.identity.wiring import wiring
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role

_NAMES = tuple(field.name for field in fields(SharedPcRules))


def said(name: str) -> ColumnElement[Any]:
    """What the clinic says, or the default: a query in the query, asked once."""
    row = select(getattr(SharedPc, name)).limit(1).scalar_subquery()
    return func.coalesce(row, getattr(SharedPcRules(), name))


def _lasting(*, hours: Any = 0, minutes: Any = 0) -> ColumnElement[timedelta]:
    return func.make_interval(0, 0, 0, 0, hours, minutes, type_=Interval)


def ends_at() -> ColumnElement[datetime]:
    """When it ends however much it is used."""
    longest = LoginSession.created_at + _lasting(hours=said("longest_hours"))
    return case((LoginSession.of_staff, func.least(LoginSession.expires_at, longest)), else_=LoginSession.expires_at)


def in_force(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Neither ended, nor left alone for too long, nor too old."""
    idle = case(
        (LoginSession.of_staff, _lasting(minutes=said("idle_minutes"))), else_=literal(wiring().rules.idle, Interval)
    )
    return and_(LoginSession.revoked_at.is_(None), ends_at() > now, LoginSession.last_seen_at > now - idle)


def is_locked(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Locked by somebody, or by nobody having used it."""
    left_alone = LoginSession.last_seen_at <= now - _lasting(minutes=said("lock_minutes"))
    return or_(LoginSession.locked_at.is_not(None), and_(LoginSession.of_staff, left_alone))


def shared_pc_rules(session: PortalSession) -> SharedPcRules:
    """What the clinic says."""
    row = session.get(SharedPc, session.tenant_id)
    return SharedPcRules(**{name: getattr(row, name) for name in _NAMES}) if row else SharedPcRules()


def holds_role(session: PortalSession, *, account_id: UUID, role: Role, now: datetime) -> bool:
    """Whether the account holds the role at that moment. For our own processes (visits)."""
    held = select(RoleAssignment.id).where(
        RoleAssignment.account_id == account_id,
        RoleAssignment.role == role,
        RoleAssignment.since <= now,
        or_(RoleAssignment.until.is_(None), RoleAssignment.until > now),
    )
    return session.scalar(held.limit(1)) is not None


def has_pin(session: PortalSession) -> bool:
    """Whether the signed-in person has chosen a PIN. Needs the purpose "factors"."""
    own = select(UnlockPin.id).where(UnlockPin.account_id == session.principal.actor_id)
    return session.scalar(own) is not None


def has_password(session: PortalSession) -> bool:
    """Whether the signed-in person has a password here; who came by the identity provider may have none.

    Needs the purpose "factors".
    """
    own = select(Password.id).where(Password.account_id == session.principal.actor_id)
    return session.scalar(own) is not None
