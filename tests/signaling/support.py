"""What the sidecar's tests share: a store in memory, a ticket maker, a client, and a process that can be killed."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiohttp import ClientSession, ClientWebSocketResponse
from aiohttp.test_utils import TestServer

from portal.kernel.clock import utc_now
from portal.kernel.events import Event
from portal.kernel.video import TicketClaims, TicketUse, VideoRole, sign_ticket
from signaling.echo import EchoDesk
from signaling.server import Sidecar

KEY = "a key that is long enough for a test"
ORIGIN = "https://portal.test"
TENANT, VISIT = UUID(int=1), UUID(int=2)


class MemoryStore:
    """Tickets work once, events are kept; `down` makes it fail as an unreachable database does."""

    def __init__(self) -> None:
        self.used: set[UUID] = set()
        self.events: list[Event] = []
        self.down = False

    def _check(self) -> None:
        from signaling.store import StoreUnavailable

        if self.down:
            raise StoreUnavailable

    async def redeem(self, claims: TicketClaims, *, joined: Event | None, now: datetime) -> bool:
        self._check()
        if claims.id in self.used:
            return False
        self.used.add(claims.id)
        self.events += [joined] if joined else []
        return True

    async def record(self, tenant_id: UUID, event: Event, *, now: datetime) -> None:
        self._check()
        self.events.append(event)

    async def close(self) -> None:
        return


def ticket(
    *,
    participant: UUID,
    role: VideoRole = VideoRole.PATIENT,
    use: TicketUse = TicketUse.CALL,
    visit: UUID = VISIT,
    key: str = KEY,
    expires_at: datetime | None = None,
) -> str:
    claims = TicketClaims(
        tenant_id=TENANT,
        id=uuid4(),
        visit_id=visit,
        participant_id=participant,
        role=role,
        use=use,
        expires_at=expires_at or utc_now() + timedelta(seconds=60),
    )
    return sign_ticket(claims, key=key)


class Page:
    """One page's socket, as a test sees it."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws

    async def say(self, name: str, **fields: Any) -> None:
        await self.ws.send_str(json.dumps({"type": name, **fields}))

    async def hear(self, name: str) -> dict[str, Any]:
        """The next message of this type; others are passed over."""
        async with asyncio.timeout(5):
            while True:
                message: dict[str, Any] = json.loads(await self.ws.receive_str())
                if message["type"] == name:
                    return message

    async def closed(self) -> int | None:
        """The code with which the socket closes."""
        async with asyncio.timeout(10):
            async for _ in self.ws:
                pass
        return self.ws.close_code


class Wire:
    """A sidecar in this process and the pages that talk to it."""

    def __init__(self, sidecar: Sidecar, store: MemoryStore, server: TestServer, http: ClientSession) -> None:
        self.sidecar, self.store, self.server, self.http = sidecar, store, server, http

    async def open(self, *, origin: str = ORIGIN, query: str = "") -> Page:
        url = str(self.server.make_url("/signaling")) + query
        return Page(await self.http.ws_connect(url, headers={"Origin": origin}))

    async def join(self, participant: UUID, *, connection: UUID | None = None, **claims: Any) -> Page:
        page = await self.open()
        await page.say("join", ticket=ticket(participant=participant, **claims), connection=str(connection or uuid4()))
        return page


@asynccontextmanager
async def wire(*, echoes: EchoDesk | None = None) -> AsyncIterator[Wire]:
    """A sidecar on a free port."""
    store = MemoryStore()
    sidecar = Sidecar(ticket_key=KEY, origins=frozenset({ORIGIN}), store=store, echoes=echoes)
    async with TestServer(sidecar.app()) as server, ClientSession() as http:
        yield Wire(sidecar, store, server, http)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def sidecar_environment(
    urls: dict[str, str], folder: Path, *, port: int, origin: str = ORIGIN, key: str = KEY
) -> dict[str, str]:
    """What `python -m signaling` has to be told, on the run's database."""
    return {
        **os.environ,
        "SECRET_KEY": "s" * 32,
        "KEY_FILE": str(folder / "unused"),
        "DATABASE_URL": urls["portal_signaling"],
        "PUBLIC_URL": origin,
        "SIGNALING_ORIGINS": "",
        "SIGNALING_HOST": "127.0.0.1",
        "SIGNALING_PORT": str(port),
        "VIDEO_TICKET_KEY": key,
    }


def main() -> None:
    """A sidecar as a process of its own, with tickets and events in memory: `python -m tests.signaling.support`."""
    from aiohttp import web

    sidecar = Sidecar(ticket_key=KEY, origins=frozenset({os.environ["TEST_ORIGIN"]}), store=MemoryStore())
    web.run_app(sidecar.app(), host="127.0.0.1", port=int(os.environ["TEST_PORT"]), print=None, access_log=None)


if __name__ == "__main__":
    main()
