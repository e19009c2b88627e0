"""What identity needs from above and from outside; app wires it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement

from portal.kernel.db import PortalSession
from portal.kernel.errors import PortalError
from portal.kernel.principal import Principal


class CodeSender(Protocol):
    """Sends a code for a use ("sign-in" or "reset"), in the reader's language; within the caller's transaction."""

    def __call__(
        self,
        session: PortalSession,
        *,
        code_id: UUID,
        use: str,
        channel: str,
        target: str,
        code: str,
        valid_for: timedelta,
        language: str,
        zone: str,
        now: datetime,
    ) -> object: ...


class MailSender(Protocol):
    """Sends one of the registered messages to an address, after commit; `key` names it, so that it goes once."""

    def __call__(
        self,
        session: PortalSession,
        *,
        target: str,
        language: str,
        zone: str,
        template: str,
        values: Mapping[str, str],
        key: str,
        useful_until: datetime | None = None,
        now: datetime,
    ) -> object: ...


class EmergencyUntil(Protocol):
    """A column of a query about accounts: until when one has emergency access, null when it has none."""

    def __call__(self, account_id: Any, /) -> ColumnElement[Any]: ...


class Landing(Protocol):
    """Where somebody goes after signing in: a path of this clinic."""

    def __call__(self, principal: Principal) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What a clinic has agreed on with its identity provider: all that a call to it needs."""

    issuer: str
    client_id: str
    client_secret: str
    algorithms: tuple[str, ...]
    scopes: tuple[str, ...]
    acr_values: tuple[str, ...]
    max_age_seconds: int | None
    groups_claim: str


@dataclass(frozen=True, kw_only=True)
class Vouched:
    """Whom the provider has vouched for, in a token whose signature, origin and times are right.

    `email_verified` None: the provider does not say; `acr`: how well it made sure, in its own word.
    """

    issuer: str
    subject: str
    sid: str | None
    issued_at: datetime
    acr: str | None
    auth_time: datetime | None
    name: str
    email: str
    email_verified: bool | None
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LogoutNotice:
    """The provider has ended a session of its own, or all of somebody's. One of `subject` and `sid` is there."""

    issuer: str
    subject: str | None
    sid: str | None
    jti: str
    issued_at: datetime
    expires_at: datetime


class UnverifiedToken(PortalError):
    """What is said in the provider's name is not its own, not for us, or not of now; `reason` is a code."""

    code = "unverified-token"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignInProvider(Protocol):
    """An identity provider that staff sign in at. Each call but `read_logout` may raise PartnerUnavailable (nothing
    happened), PartnerRefused and UnverifiedToken."""

    def check(self, provider: Provider) -> None:
        """Look whether the provider describes itself as we need it."""

    def address(
        self, provider: Provider, *, redirect_uri: str, state: str, nonce: str, verifier: str, afresh: bool
    ) -> str:
        """Where a browser goes to sign in. `afresh`: whoever is signed in there shows again who they are."""

    def redeem(
        self,
        provider: Provider,
        *,
        code: str,
        response_issuer: str | None,
        redirect_uri: str,
        nonce: str,
        verifier: str,
        now: datetime,
    ) -> Vouched:
        """Whom the code that came back stands for. `response_issuer`: who the answer says it is from (RFC 9207)."""

    def read_logout(self, provider: Provider, *, token: str, now: datetime) -> LogoutNotice:
        """Verify and read a logout token; raises UnverifiedToken, and PartnerUnavailable without the keys for it."""
