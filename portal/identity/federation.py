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


def require_recent(provider: Provider, vouched: Vouched, *, since: datetime | None, now: datetime) -> None:
    """Whoever is there has shown who they are as lately as the clinic asks; raises UnableToSignOn.

    `since`: when the way began on which they had to show it anew; a provider need not do as it is asked.
    """
    asked = [] if since is None else [since]
    if provider.max_age_seconds is not None:
        asked.append(now - timedelta(seconds=provider.max_age_seconds))
    shown = vouched.auth_time
    if asked and (shown is None or shown < max(asked) - LEEWAY or shown > now + LEEWAY):
        raise UnableToSignOn("too-old")


def shown_at(provider: Provider, vouched: Vouched, *, now: datetime) -> datetime | None:
    """When two factors were shown at the provider; None: they were not, or it does not say when."""
    if vouched.auth_time is None or not is_strong(provider, vouched):
        return None
    return min(vouched.auth_time, now)


def roles_of(groups: Iterable[str], mapping: Iterable[tuple[str, str]]) -> frozenset[Role]:
    """The roles that the groups give. None without one of staff: a clearance alone lets nobody in."""
    held = set(groups)
    roles = frozenset(Role(role) for name, role in mapping if name in held)
    return roles if roles & STAFF_ROLES else frozenset()
