"""What identity needs from above; app wires it."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

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


class Landing(Protocol):
    """Where somebody goes after signing in: a path of this clinic."""

    def __call__(self, principal: Principal) -> str: ...
