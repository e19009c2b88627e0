"""Who acts, for whom, in which tenant and why: the one value that the database's policies read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from portal.kernel.permissions import STAFF_ROLES, Role, holders

#: The tenant of a transaction that belongs to no clinic yet: only the global directory can be read.
NO_TENANT = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Set on every transaction as app.tenant_id, app.user_id, app.roles and app.purpose.

    `user_id` is the account's id (None: nobody signed in, or our own process). `purpose` is the endpoint's or
    the job's declared purpose, a short code such as "care", "scheduling", "reminders".
    """

    tenant_id: UUID
    roles: frozenset[Role]
    user_id: UUID | None = None
    purpose: str = "care"
    permission: str = ""
    session_id: UUID | None = None
    address: str = ""
    device: str = ""
    request_id: str = ""

    @classmethod
    def system(cls, *, tenant_id: UUID, purpose: str, user_id: UUID | None = None) -> Self:
        """Our own process, with a named purpose that policies may list. `user_id`: on whose behalf, where known."""
        return cls(tenant_id=tenant_id, roles=frozenset({Role.SYSTEM}), purpose=purpose, user_id=user_id)

    @classmethod
    def visitor(cls, *, tenant_id: UUID) -> Self:
        """Somebody who has not signed in."""
        return cls(tenant_id=tenant_id, roles=frozenset({Role.VISITOR}), purpose="public")

    @classmethod
    def of(cls, *, tenant_id: UUID, user_id: UUID, roles: Iterable[Role | str]) -> Self:
        """A signed-in account."""
        return cls(tenant_id=tenant_id, user_id=user_id, roles=frozenset(Role(role) for role in roles))

    @property
    def is_signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF_ROLES)

    def is_system_for(self, purpose: str) -> bool:
        """One of our own processes, for this purpose."""
        return Role.SYSTEM in self.roles and self.purpose == purpose

    @property
    def is_patient(self) -> bool:
        return Role.PATIENT in self.roles

    @property
    def actor_id(self) -> UUID:
        """The account's id, for operations that need a person."""
        if self.user_id is None:
            raise LookupError("nobody is signed in")
        return self.user_id

    def has(self, permission: str) -> bool:
        """Whether one of the roles holds the permission (whose row it is, the database decides)."""
        return bool(holders(permission) & self.roles)

    def acting(self, *, purpose: str, permission: str = "") -> Self:
        """The same principal for a named purpose."""
        return replace(self, purpose=purpose, permission=permission)
