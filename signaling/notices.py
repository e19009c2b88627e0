"""Listening to the portal's notices. Owns one connection of its own; does not know what a notice leads to."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from portal.kernel.video import CHANNEL, NoticeKind, VideoRole

log = logging.getLogger(__name__)

QUIET_SECONDS = 20
"""After so long without a notice the connection is asked whether it lives."""
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `participant` and `role` None mean everyone in the visit."""

    tenant: UUID
    visit: UUID
    kind: NoticeKind
    participant: UUID | None
    role: VideoRole | None = None


def read_notice(payload: str) -> Notice | None:
    """A notice from its payload; None when it is none that this version knows."""
    try:
        raw = json.loads(payload)
        participant, role = raw.get("participant"), raw.get("role")
        return Notice(
            tenant=UUID(raw["tenant"]),
            visit=UUID(raw["visit"]),
            kind=NoticeKind(raw["kind"]),
            participant=UUID(participant) if participant else None,
            role=VideoRole(role) if role else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class NoticeListener:
    """Listens until cancelled and connects again when the connection breaks.

    `on_gap` runs when listening began anew: notices sent meanwhile are lost, and whoever depends on them must ask.
    """

    def __init__(
        self, url: str, *, on_notice: Callable[[Notice], Awaitable[None]], on_gap: Callable[[], Awaitable[None]]
    ) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._on_notice = on_notice
        self._on_gap = on_gap
        self.listening = False

    async def run(self) -> None:
        """The task's body."""
        wait, before = FIRST_WAIT, False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self.listening, wait = True, FIRST_WAIT
                    if before:
                        await self._on_gap()
                    before = True
                    await self._hear(connection)
            except psycopg.Error:
                log.warning("listening broke off", exc_info=True)
            finally:
                self.listening = False
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _hear(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        while True:
            async for heard in connection.notifies(timeout=QUIET_SECONDS):
                notice = read_notice(heard.payload)
                if notice is not None:
                    await self._on_notice(notice)
            await connection.execute("SELECT 1")
