"""Pure decisions of single sign-on: which roles groups give, whether a sign-in is strong, fresh enough, and whose."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from portal.identity.ports import Provider, Vouched
from portal.kernel.errors import PortalError
from portal.kernel.permissions import CLEARANCES, STAFF_ROLES, Role

#: How long a browser may take at the provider.
AT_PROVIDER = timedelta(minutes=10)
LEEWAY = timedelta(minutes=1)
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
#: Roles that a group may give; each group and role is named by an administrator.
MAPPED_ROLES = tuple(sorted(STAFF_ROLES | CLEARANCES))


class UnableToSignOn(PortalError):
    """The provider vouched for somebody who may not come in. `reason` is a code, for words and for the record."""

    code = "unable-to-sign-on"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_strong(provider: Provider, vouched: Vouched) -> bool:
    """The provider says that two factors were shown."""
    return vouched.acr is not None and vouched.acr in provider.acr_values


def require_recent(provider: Provider, vouched: Vouched, *, now: datetime) -> None:
    """Whoever is there has shown who they are as lately as the clinic asks; raises UnableToSignOn."""
    if provider.max_age_seconds is None:
        return
    oldest = now - timedelta(seconds=provider.max_age_seconds) - LEEWAY
    if vouched.auth_time is None or vouched.auth_time < oldest or vouched.auth_time > now + LEEWAY:
        raise UnableToSignOn("too-old")


def roles_of(groups: Iterable[str], mapping: Iterable[tuple[str, str]]) -> frozenset[Role]:
    """The roles that the groups give. None without one of staff: a clearance alone lets nobody in."""
    held = set(groups)
    roles = frozenset(Role(role) for name, role in mapping if name in held)
    return roles if roles & STAFF_ROLES else frozenset()
