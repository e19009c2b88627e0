"""A forgotten password: a code to the mailbox, then a new password. The second factor stays what it was.

Nothing depends on whether an account exists: a code is made and sent for every address, and a password is hashed.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from portal.identity.models import Account, OneTimeCode, Password
from portal.identity.operations.codes import CodeRefused, redeem_code, request_code
from portal.identity.operations.pending import void_sign_ins
from portal.identity.operations.sessions import revoke_all_sessions
from portal.identity.passwords import hash_password, require_strong
from portal.kernel.db import PortalSession, blind_index
from portal.tenancy import own_clinic

USE = "reset"


def request_reset(session: PortalSession, *, email: str, language: str, zone: str, address: str, now: datetime) -> UUID:
    """Mail a code with which a password can be changed; returns the code's id. Raises TooManyCodes.

    Needs the purpose "reset".
    """
    return request_code(
        session, channel="email", target=email, language=language, zone=zone, address=address, use=USE, now=now
    )


def reset_password(
    session: PortalSession, *, code_id: UUID, code: str, password: str, tries_left: int, now: datetime
) -> UUID:
    """Use the code for a new password, and sign the account out everywhere; returns the account.

    Raises CodeRefused, also when the mailbox belongs to nobody of the staff, and WeakPassword. Needs the purpose
    "reset"; a try was spent before.
    """
    proof = redeem_code(session, code_id=code_id, code=code, tries_left=tries_left, now=now)
    index = blind_index(session, Account.email, proof.target, owner=Account)
    row = session.execute(
        select(Account, Password)
        .join(Password, (Password.tenant_id == Account.tenant_id) & (Password.account_id == Account.id))
        .where(Account.kind == "staff", Account.email_index == index, Account.status == "active")
    ).first()
    name = row[0].name if row else ""
    require_strong(password, personal=(name, proof.target, own_clinic(session).name))
    hashed = hash_password(password)
    if row is None:
        raise CodeRefused
    account, stored = row
    stored.hash, stored.changed_at = hashed, now
    session.flush()
    _void_codes(session, proof.target, now=now)
    void_sign_ins(session, account_id=account.id, now=now)
    revoke_all_sessions(session, account_id=account.id, now=now)
    return UUID(str(account.id))


def _void_codes(session: PortalSession, target: str, *, now: datetime) -> None:
    """Codes that were asked for besides: whoever asked for one must not change the password once more with it."""
    index = blind_index(session, OneTimeCode.target, target, owner=OneTimeCode)
    session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.use == USE, OneTimeCode.target_index == index, OneTimeCode.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
