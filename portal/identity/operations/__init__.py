"""Verbs of identity."""

from portal.identity.operations.accounts import EmailTaken, create_staff_account, patient_account
from portal.identity.operations.codes import CodeRefused, Proof, TooManyCodes, redeem_code, request_code, spend_try
from portal.identity.operations.factors import (
    AlreadyEnrolled,
    FactorRefused,
    LastFactor,
    TooManyFactors,
    confirm_authenticator,
    count_factor_attempt,
    make_recovery_codes,
    new_secret,
    offer_authenticator,
    prove_factor,
    provision_authenticator,
    remove_factor,
    rename_factor,
    reset_factors,
)
from portal.identity.operations.federation import (
    AlreadyLinked,
    begin_federated,
    link_identity,
    note_address,
    note_federated_session,
    settle_federated,
    take_federated,
    withdraw_federated,
)
from portal.identity.operations.housekeeping import forget_expired
from portal.identity.operations.limits import TooMany, count_try, marks_of
from portal.identity.operations.logouts import LogoutReplayed, take_logout
from portal.identity.operations.passkeys import add_passkey, prove_passkey, put_challenge, spend_challenge
from portal.identity.operations.passwords import (
    PasswordRefused,
    TooManyPasswords,
    change_password,
    check_password,
    count_password_attempt,
)
from portal.identity.operations.pending import begin_sign_in, finish_sign_in
from portal.identity.operations.providers import NoWayIn, OwnSignInOff, require_own_sign_in, set_provider
from portal.identity.operations.resets import request_reset, reset_password
from portal.identity.operations.sessions import (
    end_session,
    renew_token,
    revoke_other_sessions,
    revoke_session,
    start_session,
    touch_session,
)
from portal.identity.operations.step_up import note_step_up

__all__ = [
    "AlreadyEnrolled",
    "AlreadyLinked",
    "CodeRefused",
    "EmailTaken",
    "FactorRefused",
    "LastFactor",
    "LogoutReplayed",
    "NoWayIn",
    "OwnSignInOff",
    "PasswordRefused",
    "Proof",
    "TooMany",
    "TooManyCodes",
    "TooManyFactors",
    "TooManyPasswords",
    "add_passkey",
    "begin_federated",
    "begin_sign_in",
    "change_password",
    "check_password",
    "confirm_authenticator",
    "count_factor_attempt",
    "count_password_attempt",
    "count_try",
    "create_staff_account",
    "end_session",
    "finish_sign_in",
    "forget_expired",
    "link_identity",
    "make_recovery_codes",
    "marks_of",
    "new_secret",
    "note_address",
    "note_federated_session",
    "note_step_up",
    "offer_authenticator",
    "patient_account",
    "prove_factor",
    "prove_passkey",
    "provision_authenticator",
    "put_challenge",
    "redeem_code",
    "remove_factor",
    "rename_factor",
    "renew_token",
    "request_code",
    "request_reset",
    "require_own_sign_in",
    "reset_factors",
    "reset_password",
    "revoke_other_sessions",
    "revoke_session",
    "set_provider",
    "settle_federated",
    "spend_challenge",
    "spend_try",
    "start_session",
    "take_federated",
    "take_logout",
    "touch_session",
    "withdraw_federated",
]
