"""Staff's passwords at the door: the same answer and the same work whether the account exists or not."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from portal.identity.models import Account, Attempt, Password
from portal.identity.operations.limits import TooMany, count_try
from portal.identity.operations.pending import void_sign_ins
from portal.identity.operations.providers import require_own_sign_in
from portal.identity.operations.sessions import revoke_other_sessions
from portal.identity.passwords import hash_password, is_outdated, is_right, require_strong
from portal.identity.rules import KnownDevice
from portal.kernel.db import PortalSession, blind_index
from portal.kernel.errors import PortalError
from portal.tenancy import own_clinic


class TooManyPasswords(TooMany):
    """Too many wrong passwords for this account, from this network address, or in all."""

    code = "too-many-passwords"


class PasswordRefused(PortalError):
    """No such account, or not its password; told alike."""

    code = "password-refused"


def count_password_attempt(
    session: PortalSession, *, email: str, address: str, device: KnownDevice | None = None, now: datetime
) -> UUID:
    """Count a try before the password is looked at, in a transaction of its own. Raises TooManyPasswords."""
    return count_try(
        session, kind="password", target=email, address=address, device=device, too_many=TooManyPasswords, now=now
    )


def change_password(
    session: PortalSession, *, account_id: UUID, old: str, new: str, attempt_id: UUID, now: datetime
) -> None:
    """Give the signed-in member of staff another password, and sign their other browsers out.

    Raises PasswordRefused for a wrong old one, WeakPassword. Needs the purpose "factors".
    """
    stored = session.scalar(select(Password).where(Password.account_id == account_id))
    if not is_right(old, stored.hash if stored else None) or stored is None:
        raise PasswordRefused
    account = session.get_one(Account, (session.tenant_id, account_id))
    require_strong(new, personal=(account.name, account.email or "", own_clinic(session).name))
    stored.hash, stored.changed_at = hash_password(new), now
    session.execute(update(Attempt).where(Attempt.id == attempt_id).values(kind="password-right"))
    session.flush()
    void_sign_ins(session, account_id=account_id, now=now)
    revoke_other_sessions(session, now=now)


def check_password(session: PortalSession, *, email: str, password: str, attempt_id: UUID, now: datetime) -> UUID:
    """The account whose e-mail and password these are; raises PasswordRefused. A right one does not count as a try.

    Raises OwnSignInOff after a right one, where staff sign in at the clinic's provider.
    """
    index = blind_index(session, Account.email, email, owner=Account)
    row = session.execute(
        select(Account.id, Password)
        .join(Password, (Password.tenant_id == Account.tenant_id) & (Password.account_id == Account.id))
        .where(Account.kind == "staff", Account.email_index == index, Account.status == "active")
    ).first()
    stored: Password | None = row[1] if row else None
    if not is_right(password, stored.hash if stored else None) or stored is None:
        raise PasswordRefused
    require_own_sign_in(session, account_id=stored.account_id)
    if is_outdated(stored.hash):
        stored.hash, stored.changed_at = hash_password(password), now
    session.execute(update(Attempt).where(Attempt.id == attempt_id).values(kind="password-right"))
    session.flush()
    return stored.account_id
