"""Tables of single sign-on: the clinic's identity provider, and what it vouched for. Part of identity's models."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import (
    Base,
    Encrypted,
    Instant,
    OptionalInstant,
    Sealed,
    TenantRow,
    ref,
    sealed_column,
    table_args,
)


class IdentityProvider(TenantRow, Base):
    """Where a clinic's staff sign in, as an administrator set it up. One a clinic."""

    __tablename__ = "identity_provider"
    __table_args__ = table_args("identity")
    name: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    client_secret_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    client_secret = Encrypted[str]("client_secret_sealed")
    algorithms: Mapped[list[str]] = mapped_column(ARRAY(Text))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    acr_values: Mapped[list[str]] = mapped_column(ARRAY(Text))
    max_age_seconds: Mapped[int | None]
    groups_claim: Mapped[str]
    weak_sign_in: Mapped[str]
    own_sign_in: Mapped[bool]
    is_on: Mapped[bool]
    changed_at: Mapped[Instant]
    changed_by: Mapped[UUID | None]


class ProviderGroup(TenantRow, Base):
    """A group of the provider's directory, and a role that its members hold here."""

    __tablename__ = "provider_group"
    __table_args__ = table_args("identity", ref("provider_id", "identity.identity_provider"))
    provider_id: Mapped[UUID]
    name: Mapped[str]
    role: Mapped[str]


class FederatedSignIn(TenantRow, Base):
    """A browser on its way to the provider and back, once. `secrets`: state, nonce and PKCE verifier.

    `said`: name and e-mail as the provider says them, for who is asked whether the account is theirs.
    """

    __tablename__ = "federated_sign_in"
    __table_args__ = table_args("identity", ref("provider_id", "identity.identity_provider"))
    provider_id: Mapped[UUID]
    use: Mapped[str]
    issuer: Mapped[str]
    state_hash: Mapped[bytes]
    holder_hash: Mapped[bytes]
    secrets_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    secrets = Encrypted[dict[str, str]]("secrets_sealed")
    address_sealed: Mapped[Sealed | None] = sealed_column()
    address = Encrypted[str | None]("address_sealed")
    onward: Mapped[str | None]
    created_at: Mapped[Instant]
    afresh: Mapped[bool]
    expires_at: Mapped[Instant]
    taken_at: Mapped[OptionalInstant]
    subject: Mapped[str | None]
    sid: Mapped[str | None]
    said_sealed: Mapped[Sealed | None] = sealed_column()
    said = Encrypted[dict[str, Any] | None]("said_sealed")
    identity_id: Mapped[UUID | None]
    linked_at: Mapped[OptionalInstant]
    ended_at: Mapped[OptionalInstant]


class FederatedIdentity(TenantRow, Base):
    """Whom the provider means by (issuer, subject), and whose account that is. Never found by e-mail."""

    __tablename__ = "federated_identity"
    __table_args__ = table_args("identity", ref("account_id", "identity.account"))
    account_id: Mapped[UUID]
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[Instant]
    used_at: Mapped[OptionalInstant]
    ended_at: Mapped[OptionalInstant]


class FederatedSession(TenantRow, Base):
    """A session that began at the provider, by the provider's name of its own session."""

    __tablename__ = "federated_session"
    __table_args__ = table_args(
        "identity",
        ref("session_id", "identity.login_session"),
        ref("identity_id", "identity.federated_identity"),
    )
    session_id: Mapped[UUID]
    identity_id: Mapped[UUID]
    issuer: Mapped[str]
    sid: Mapped[str | None]


class LogoutToken(TenantRow, Base):
    """A logout that the provider told and that was acted on; what was issued before it opens nothing any more."""

    __tablename__ = "logout_token"
    __table_args__ = table_args("identity")
    issuer: Mapped[str]
    jti_hash: Mapped[bytes]
    subject: Mapped[str | None]
    sid: Mapped[str | None]
    issued_at: Mapped[Instant]
    expires_at: Mapped[Instant]
