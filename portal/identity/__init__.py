"""Accounts of a clinic, the roles they hold, signing in and the sessions that come of it.

Owns one-time codes, staff's passwords, sessions (rows, so that they can be listed and revoked) and the limits on
trying. A code proves a channel, not a person: which patients an account may act for is patients' business. Roles say
what somebody may do; whose record it is, access grants say.
"""

from portal.identity import access
from portal.identity.access import Permission
from portal.identity.events import RolesChanged, SessionRevoked, StaffLeft
from portal.identity.models import Account
from portal.identity.operations import (
    ChangedMeanwhile,
    CodeRefused,
    EmailTaken,
    LastAdministrator,
    NotGrantable,
    OwnAccount,
    PasswordRefused,
    Proof,
    ReasonMissing,
    TooManyCodes,
    TooManyPasswords,
    change_roles,
    create_staff_account,
    end_account,
    end_session,
    invite_colleague,
    patient_account,
    provision_authenticator,
    reactivate_account,
    redeem_code,
    request_code,
    reset_factors,
    revoke_other_sessions,
    revoke_session,
    spend_try,
    start_session,
    suspend_account,
    touch_session,
)
from portal.identity.passwords import WeakPassword, password_cost
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
from portal.identity.queries.people import Person, person_by_id, roles_held
from portal.identity.queries.reviews import REVIEW_ASKED_FOR, ReviewDue, review_due
from portal.identity.rules import LIMITS, REVIEW_EVERY, Channel, PasskeyPlace, SignInRules, current_code, masked
from portal.identity.sessions import holds_role
from portal.identity.wiring import Wiring, wire
from portal.identity.wording import STAFF_ROLE_NAMES, refusal_in_words, role_names

__all__ = [
    "LIMITS",
    "REVIEW_ASKED_FOR",
    "REVIEW_EVERY",
    "STAFF_ROLE_NAMES",
    "Account",
    "AccountContact",
    "ChangedMeanwhile",
    "Channel",
    "CodeRefused",
    "CodeSender",
    "EmailTaken",
    "Landing",
    "LastAdministrator",
    "NotGrantable",
    "OwnAccount",
    "PasskeyPlace",
    "PasswordRefused",
    "Permission",
    "Person",
    "Proof",
    "ReasonMissing",
    "ReviewDue",
    "RolesChanged",
    "SessionRevoked",
    "SignInRules",
    "StaffLeft",
    "TooManyCodes",
    "TooManyPasswords",
    "WeakPassword",
    "Wiring",
    "access",
    "account_contact",
    "account_name",
    "accounts_by_id",
    "change_roles",
    "create_staff_account",
    "current_code",
    "end_account",
    "end_session",
    "holds_role",
    "invite_colleague",
    "is_signed_in",
    "load_principal",
    "masked",
    "masked_contact",
    "my_sessions",
    "password_cost",
    "patient_account",
    "person_by_id",
    "provision_authenticator",
    "reactivate_account",
    "redeem_code",
    "refusal_in_words",
    "request_code",
    "reset_factors",
    "review_due",
    "revoke_other_sessions",
    "revoke_session",
    "role_names",
    "roles_held",
    "spend_try",
    "staff_accounts",
    "start_session",
    "suspend_account",
    "touch_session",
    "wire",
]
