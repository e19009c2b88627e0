"""Accounts of a clinic, the roles they hold, signing in and the sessions that come of it.

Owns one-time codes, staff's passwords, sessions (rows, so that they can be listed and revoked) and the limits on
trying. A code proves a channel, not a person: which patients an account may act for is patients' business. Roles say
what somebody may do; whose record it is, access grants say.
"""

from portal.identity import access
from portal.identity.access import Permission
from portal.identity.events import RolesChanged, SessionRevoked
from portal.identity.models import Account
from portal.identity.operations import (
    CodeRefused,
    EmailTaken,
    PasswordRefused,
    Proof,
    TooManyCodes,
    TooManyPasswords,
    create_staff_account,
    end_session,
    patient_account,
    provision_authenticator,
    redeem_code,
    request_code,
    reset_factors,
    revoke_other_sessions,
    revoke_session,
    spend_try,
    start_session,
    touch_session,
)
from portal.identity.passwords import WeakPassword
from portal.identity.ports import CodeSender, Landing
from portal.identity.queries import (
    AccountContact,
    account_contact,
    account_name,
    accounts_by_id,
    is_signed_in,
    load_principal,
    masked_contact,
    my_sessions,
    staff_accounts,
)
from portal.identity.rules import LIMITS, Channel, PasskeyPlace, SignInRules, current_code, masked
from portal.identity.sessions import holds_role
from portal.identity.wiring import Wiring, wire

__all__ = [
    "LIMITS",
    "Account",
    "AccountContact",
    "Channel",
    "CodeRefused",
    "CodeSender",
    "EmailTaken",
    "Landing",
    "PasskeyPlace",
    "PasswordRefused",
    "Permission",
    "Proof",
    "RolesChanged",
    "SessionRevoked",
    "SignInRules",
    "TooManyCodes",
    "TooManyPasswords",
    "WeakPassword",
    "Wiring",
    "access",
    "account_contact",
    "account_name",
    "accounts_by_id",
    "create_staff_account",
    "current_code",
    "end_session",
    "holds_role",
    "is_signed_in",
    "load_principal",
    "masked",
    "masked_contact",
    "my_sessions",
    "patient_account",
    "provision_authenticator",
    "redeem_code",
    "request_code",
    "reset_factors",
    "revoke_other_sessions",
    "revoke_session",
    "spend_try",
    "staff_accounts",
    "start_session",
    "touch_session",
    "wire",
]
