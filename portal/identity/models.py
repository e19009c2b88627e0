"""Tables of identity. An account belongs to one clinic; a patient's account is a proven channel, not yet a patient."""

from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.identity.provider_models import (
    FederatedIdentity,
    FederatedSession,
    FederatedSignIn,
    IdentityProvider,
    LogoutToken,
    ProviderGroup,
)
from portal.kernel.db import (
    Base,
    Encrypted,
    Instant,
    OptionalInstant,
    Sealed,
    TenantRow,
    index_column,
    ref,
    sealed_column,
    table_args,
)

__all__ = [
    "Account",
    "Attempt",
    "Authenticator",
    "FederatedIdentity",
    "FederatedSession",
    "FederatedSignIn",
    "IdentityProvider",
    "LoginSession",
    "LogoutToken",
    "OneTimeCode",
    "Passkey",
    "PasskeyChallenge",
    "Password",
    "PendingSignIn",
    "ProviderGroup",
    "RecoveryCode",
    "RoleAssignment",
    "StepUp",
    "normalise_contact",
]


def normalise_contact(text: str) -> str:
    """One spelling of an address or a number, for look-ups."""
    return text.strip().casefold()


class Account(TenantRow, Base):
    """Somebody who can sign in. `name` is empty for a patient's account: who they are, patients knows."""

    __tablename__ = "account"
    __table_args__ = table_args("identity")
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    email_sealed: Mapped[Sealed | None] = sealed_column()
    email_index: Mapped[bytes | None] = index_column()
    email = Encrypted[str | None]("email_sealed", index="email_index", normalise=normalise_contact)
    phone_sealed: Mapped[Sealed | None] = sealed_column()
    phone_index: Mapped[bytes | None] = index_column()
    phone = Encrypted[str | None]("phone_sealed", index="phone_index", normalise=normalise_contact)
    language: Mapped[str]
    zone: Mapped[str]
    status: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[Instant]


class Password(TenantRow, Base):
    """A staff account's password, hashed."""

    __tablename__ = "password"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID]
    hash: Mapped[str] = mapped_column(comment="argon2id, with its parameters")
    changed_at: Mapped[Instant]


class RoleAssignment(TenantRow, Base):
    """A role that a staff account holds for a time."""

    __tablename__ = "role_assignment"
    __table_args__ = table_args(
        "identity", ref("account_id", "identity.account"), ref("provider_id", "identity.identity_provider")
    )
    account_id: Mapped[UUID]
    role: Mapped[str]
    since: Mapped[Instant]
    until: Mapped[OptionalInstant]
    assigned_by: Mapped[UUID | None]
    provider_id: Mapped[UUID | None]


class StaffInvitation(TenantRow, Base):
    """A mail on its way to somebody who is to work here, with the roles to hold; the token is in it only."""

    __tablename__ = "staff_invitation"
    __table_args__ = table_args("identity")
    email_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    email_index: Mapped[bytes] = index_column(nullable=False)
    email = Encrypted[str]("email_sealed", index="email_index", normalise=normalise_contact)
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    token_hash: Mapped[bytes]
    created_at: Mapped[Instant]
    created_by: Mapped[UUID | None]
    sent_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[OptionalInstant]
    used_by: Mapped[UUID | None]
    withdrawn_at: Mapped[OptionalInstant]


class RoleChange(TenantRow, Base):
    """Who changed whose roles or state, from what to what, when and why. Never changed itself."""

    __tablename__ = "role_change"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID]
    kind: Mapped[str]
    before: Mapped[list[str]] = mapped_column(ARRAY(Text))
    after: Mapped[list[str]] = mapped_column(ARRAY(Text))
    reason_sealed: Mapped[Sealed | None] = sealed_column()
    reason = Encrypted[str | None]("reason_sealed")
    by_id: Mapped[UUID | None]
    at: Mapped[Instant]


class AccessReview(TenantRow, Base):
    """Somebody goes through who may do what, and signs it off; never changed afterwards."""

    __tablename__ = "access_review"
    __table_args__ = table_args("identity")
    begun_at: Mapped[Instant]
    begun_by: Mapped[UUID]
    signed_off_at: Mapped[OptionalInstant]
    signed_off_by: Mapped[UUID | None]


class ReviewLine(TenantRow, Base):
    """What somebody held when a review began, and what was decided about it."""

    __tablename__ = "review_line"
    __table_args__ = table_args(
        "identity", ref("review_id", "identity.access_review"), ref("account_id", "identity.account")
    )
    review_id: Mapped[UUID]
    account_id: Mapped[UUID]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    factors: Mapped[list[str]] = mapped_column(ARRAY(Text))
    last_sign_in_at: Mapped[OptionalInstant]
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    decision: Mapped[str | None]
    reason_sealed: Mapped[Sealed | None] = sealed_column()
    reason = Encrypted[str | None]("reason_sealed")
    decided_at: Mapped[OptionalInstant]
    decided_by: Mapped[UUID | None]


class OneTimeCode(TenantRow, Base):
    """A code on its way to somebody, for one use. The row holds a keyed hash; the code is in the message only."""

    __tablename__ = "one_time_code"
    __table_args__ = table_args("identity")
    use: Mapped[str] = mapped_column(default="sign-in")
    channel: Mapped[str]
    target_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    target_index: Mapped[bytes] = index_column(nullable=False)
    target = Encrypted[str]("target_sealed", index="target_index", normalise=normalise_contact)
    code_hash: Mapped[bytes]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    tries_left: Mapped[int]
    used_at: Mapped[OptionalInstant]
    address: Mapped[str]


class LoginSession(TenantRow, Base):
    """A browser that is signed in."""

    __tablename__ = "login_session"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    created_at: Mapped[Instant]
    last_seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    revoked_at: Mapped[OptionalInstant]
    device: Mapped[str]
    address: Mapped[str]
    channel: Mapped[str]
    second_factor_at: Mapped[OptionalInstant]
    of_staff: Mapped[bool] = mapped_column(default=False)
    locked_at: Mapped[OptionalInstant]
    unlock_tries: Mapped[int] = mapped_column(default=0)


class UnlockPin(TenantRow, Base):
    """A member of staff's PIN for their locked sessions, hashed. It opens nothing else."""

    __tablename__ = "unlock_pin"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID]
    hash: Mapped[str] = mapped_column(comment="argon2id over a keyed hash")
    changed_at: Mapped[Instant]


class SharedPc(Base):
    """When staff's sessions lock and end at this clinic; see rules.SharedPcRules."""

    __tablename__ = "shared_pc"
    __table_args__ = table_args("identity")
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    lock_minutes: Mapped[int]
    idle_minutes: Mapped[int]
    longest_hours: Mapped[int]
    pin_allowed: Mapped[bool]
    changed_at: Mapped[Instant]
    changed_by: Mapped[UUID | None]


class Authenticator(TenantRow, Base):
    """An app that makes codes by the clock (RFC 6238). It counts from when a first code of it was shown."""

    __tablename__ = "authenticator"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID]
    name: Mapped[str]
    secret_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    secret = Encrypted[str]("secret_sealed")
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[Instant]
    confirmed_at: Mapped[OptionalInstant]
    removed_at: Mapped[OptionalInstant]


class Passkey(TenantRow, Base):
    """A key pair of somebody's device (WebAuthn), of which the public half is here."""

    __tablename__ = "passkey"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID]
    name: Mapped[str]
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes] = mapped_column(comment="COSE_Key")
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Instant]
    used_at: Mapped[OptionalInstant]
    removed_at: Mapped[OptionalInstant]


class PasskeyChallenge(TenantRow, Base):
    """A question that a passkey answers once, for one use and whoever holds it. The row knows a hash of it."""

    __tablename__ = "passkey_challenge"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID | None]
    challenge_hash: Mapped[bytes]
    holder_hash: Mapped[bytes]
    use: Mapped[str]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[OptionalInstant]


class RecoveryCode(TenantRow, Base):
    """A printed code that stands in for a second factor once. The row holds a keyed hash."""

    __tablename__ = "recovery_code"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID]
    code_hash: Mapped[bytes]
    created_at: Mapped[Instant]
    used_at: Mapped[OptionalInstant]
    voided_at: Mapped[OptionalInstant]


class PendingSignIn(TenantRow, Base):
    """A browser that showed the right password, or code, and may do nothing but show, or set up, a second factor."""

    __tablename__ = "pending_sign_in"
    __table_args__ = table_args(
        "identity",
        ref("account_id", "identity.account"),
        ref("authenticator_id", "identity.authenticator"),
        ref("federated_id", "identity.federated_sign_in"),
    )
    account_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    channel: Mapped[str] = mapped_column(default="password")
    authenticator_id: Mapped[UUID | None]
    federated_id: Mapped[UUID | None]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[OptionalInstant]


class StepUp(TenantRow, Base):
    """A second factor shown again, in a session, for one kind of action."""

    __tablename__ = "step_up"
    __table_args__ = table_args(
        "identity", ref("account_id", "identity.account"), ref("session_id", "identity.login_session")
    )
    account_id: Mapped[UUID]
    session_id: Mapped[UUID]
    action: Mapped[str]
    at: Mapped[Instant]


class Attempt(TenantRow, Base):
    """Something that is limited by how often it may happen."""

    __tablename__ = "attempt"
    __table_args__ = table_args("identity")
    kind: Mapped[str]
    target_index: Mapped[bytes]
    address: Mapped[str]
    at: Mapped[Instant]
