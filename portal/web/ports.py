"""What the toolkit needs of contexts; `portal.app` wires it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.kernel.principal import Principal


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """What every page knows of the clinic that it belongs to."""

    id: UUID
    slug: str
    name: str
    phone: str
    address: str
    default_language: str
    zone: str
    country: str
    jurisdiction: str
    currency: str
    emergency_number: str
    brand: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A session that is in force: who it is, and how they read.

    `is_stale`: its use was last noted so long ago that this request's is to be noted.
    `emergency_until`: somebody sees a record by emergency access until then, which each page says.
    `is_locked`: it opens no record until its owner has shown that it is them; `lock_minutes`: a page that nobody
    touches for so long locks it; `ends_at`: when it ends however much it is used.
    """

    principal: Principal
    name: str
    language: str | None
    zone: str | None
    is_stale: bool = True
    emergency_until: datetime | None = None
    is_locked: bool = False
    lock_minutes: int = 0
    ends_at: datetime | None = None


class ClinicResolver(Protocol):
    def __call__(self, slug: str) -> Clinic | None: ...


class PrincipalLoader(Protocol):
    """Looks a session token up (session opened as a visitor with purpose "session"); None when it is not in force."""

    def __call__(self, session: PortalSession, token: str) -> SignedIn | None: ...


class DenialRecorder(Protocol):
    def __call__(self, session: PortalSession, *, permission: str) -> None: ...


class Navigation(Protocol):
    """Links of a signed-in person's menu: dictionaries with label, href and current."""

    def __call__(self) -> list[dict[str, Any]]: ...


class SessionToucher(Protocol):
    """Notes that a session is in use; called in a second, short transaction."""

    def __call__(self, session: PortalSession, token: str, *, now: datetime) -> None: ...
