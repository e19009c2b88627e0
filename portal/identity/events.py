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


@dataclass(frozen=True, kw_only=True)
class RolesChanged(Event):
    """Somebody of the staff holds other roles than before, or came, was suspended or came back."""

    name: ClassVar[str] = "identity.roles_changed"
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class StaffLeft(Event):
    """Somebody of the staff has left: the account is ended, and signed in nowhere any more."""

    name: ClassVar[str] = "identity.staff_left"
    account_id: UUID
