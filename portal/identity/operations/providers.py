"""A clinic's identity provider, set up by an administrator, who keeps a way in of their own."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from portal.identity.models import Account, IdentityProvider, Password, ProviderGroup, RoleAssignment
from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict, PortalError
from portal.kernel.permissions import Role


class NoWayIn(Conflict):
    """Whoever makes the provider the only way in must be an administrator by hand, with a password."""

    code = "no-way-in"


class OwnSignInOff(PortalError):
    """The clinic's staff sign in at the provider."""

    code = "own-sign-in-off"


def set_provider(
    session: PortalSession,
    *,
    values: Mapping[str, Any],
    client_secret: str,
    groups: Iterable[tuple[str, str]],
    now: datetime,
) -> IdentityProvider:
    """Set the clinic's provider up, or change it; `client_secret` "" keeps what there is. Raises NoWayIn.

    `values`: columns of IdentityProvider by name; `groups`: (group, role).
    """
    if values["is_on"] and not values["own_sign_in"] and not _has_own_way_in(session):
        raise NoWayIn
    row = session.scalar(select(IdentityProvider))
    if row is None:
        row = IdentityProvider(changed_at=now)
    for name, value in values.items():
        setattr(row, name, value)
    if client_secret:
        row.client_secret = client_secret
    row.changed_at, row.changed_by = now, session.principal.user_id
    session.add(row)
    session.flush()
    wanted = set(groups)
    known = {(one.name, one.role): one.id for one in session.scalars(select(ProviderGroup))}
    gone = [known[pair] for pair in known.keys() - wanted]
    session.execute(
        delete(ProviderGroup).where(ProviderGroup.id.in_(gone)).execution_options(synchronize_session=False)
    )
    for name, role in sorted(wanted - known.keys()):
        session.add(ProviderGroup(provider_id=row.id, name=name, role=role))
    session.flush()
    return row


def require_own_sign_in(session: PortalSession, *, account_id: Any) -> None:
    """Raise OwnSignInOff for a member of staff whose clinic lets them in by its provider only.

    Administrators by hand are let in always: a provider that fails must not lock the clinic out.
    """
    provider = session.scalar(select(IdentityProvider))
    if provider is None or not provider.is_on or provider.own_sign_in:
        return
    kind = session.scalar(select(Account.kind).where(Account.id == account_id))
    if kind == "staff" and not _is_admin_by_hand(session, account_id):
        raise OwnSignInOff


def _has_own_way_in(session: PortalSession) -> bool:
    me = session.principal.user_id
    has_password = session.scalar(select(Password.id).where(Password.account_id == me)) is not None
    return has_password and _is_admin_by_hand(session, me)


def _is_admin_by_hand(session: PortalSession, account_id: Any) -> bool:
    held = select(RoleAssignment.id).where(
        RoleAssignment.account_id == account_id,
        RoleAssignment.role == Role.CLINIC_ADMIN,
        RoleAssignment.provider_id.is_(None),
        RoleAssignment.until.is_(None),
    )
    return session.scalar(held) is not None
