"""What identity needs from above; app wires it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement

from portal.kernel.db import PortalSession
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
