"""Verbs of identity."""

from portal.identity.operations.accounts import EmailTaken, WeakPassword, create_staff_account, patient_account
from portal.identity.operations.codes import CodeRefused, Proof, TooManyCodes, redeem_code, request_code, spend_try
from portal.identity.operations.housekeeping import forget_expired
from portal.identity.operations.passwords import (
    PasswordRefused,
    TooManyPasswords,
    check_password,
    count_password_attempt,
)
from portal.identity.operations.sessions import (
    end_session,
    revoke_other_sessions,
    revoke_session,
    start_session,
    touch_session,
)

__all__ = [
    "CodeRefused",
    "EmailTaken",
    "PasswordRefused",
    "Proof",
    "TooManyCodes",
    "TooManyPasswords",
    "WeakPassword",
    "check_password",
    "count_password_attempt",
    "create_staff_account",
    "end_session",
    "forget_expired",
    "patient_account",
    "redeem_code",
    "request_code",
    "revoke_other_sessions",
    "revoke_session",
    "spend_try",
    "start_session",
    "touch_session",
]
