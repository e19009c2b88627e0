"""What identity tells the others."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class SessionRevoked(Event):
    """A browser of an account was signed out, there or from elsewhere. The account may have others."""

    name: ClassVar[str] = "identity.session_revoked"
    account_id: UUID
