"""What the sidecar asks of the database: redeem a ticket, record an event. Nothing else is read or written."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from portal.kernel.db import Database, PortalSession
from portal.kernel.events import Event, emit
from portal.kernel.principal import Principal
from portal.kernel.video import TicketClaims, redeem_ticket

log = logging.getLogger(__name__)
T = TypeVar("T")


class StoreUnavailable(Exception):
    """The database did not answer; the page keeps what it wanted to say and tries again."""


class Store(Protocol):
    """The sidecar's memory of what must not be lost."""

    async def redeem(self, claims: TicketClaims, *, joined: Event | None, now: datetime) -> bool:
        """Use the ticket up and record the arrival, both or neither; False when it was used. StoreUnavailable."""

    async def record(self, tenant_id: UUID, event: Event, *, now: datetime) -> None:
        """Record an event. Raises StoreUnavailable."""

    async def close(self) -> None:
        """Let go of connections."""


class DatabaseStore:
    """PostgreSQL as the `signaling` role. SQLAlchemy's session waits in a thread, never on the event loop."""

    def __init__(self, database: Database, *, threads: int = 4) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="store")

    async def _run(self, tenant_id: UUID, work: Callable[[PortalSession], T]) -> T:
        def transact() -> T:
            principal = Principal.system(tenant_id=tenant_id, purpose="video")
            with self._database.transaction(principal) as session:
                return work(session)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, transact)
        except SQLAlchemyError as error:
            log.warning("database did not answer", exc_info=True)
            raise StoreUnavailable from error

    async def redeem(self, claims: TicketClaims, *, joined: Event | None, now: datetime) -> bool:
        """See Store."""

        def work(session: PortalSession) -> bool:
            redeemed = redeem_ticket(session, claims=claims, now=now)
            if redeemed and joined is not None:
                emit(session, joined, now=now)
            return redeemed

        return await self._run(claims.tenant_id, work)

    async def record(self, tenant_id: UUID, event: Event, *, now: datetime) -> None:
        """See Store."""
        await self._run(tenant_id, lambda session: emit(session, event, now=now))

    async def close(self) -> None:
        """See Store."""
        self._threads.shutdown(wait=True)
        self._database.engine.dispose()
