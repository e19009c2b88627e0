"""The socket: who may open it, what is relayed, and what happens when somebody comes or goes.

Owns the life of a socket. The rooms are rooms.py, the shape of messages messages.py, the device test echo.py.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import WSCloseCode, WSMsgType, web

from portal.kernel.clock import utc_now
from portal.kernel.events import Event
from portal.kernel.video import (
    CallQualityReported,
    CloseCode,
    NoticeKind,
    ParticipantJoined,
    ParticipantLeft,
    TicketClaims,
    TicketRefused,
    TicketUse,
    read_ticket,
)
from signaling.echo import EchoDesk
from signaling.messages import MAX_MESSAGE_BYTES, BadMessage, Pace, parse_message
from signaling.notices import Notice
from signaling.rooms import Member, RoomFull, Rooms
from signaling.store import Store, StoreUnavailable

log = logging.getLogger(__name__)

JOIN_SECONDS = 5
HEARTBEAT_SECONDS = 15
CLOSE_SECONDS = 2
LEAVE_TRIES = 4


class Sidecar:
    """The state of one process: its rooms, its store and the device test's desk."""

    def __init__(
        self,
        *,
        ticket_key: str,
        origins: frozenset[str],
        store: Store,
        echoes: EchoDesk | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.rooms = Rooms()
        self.echoes = echoes or EchoDesk()
        self._key = ticket_key
        self._origins = origins
        self._store = store
        self._now = now
        self.listens: Callable[[], bool] = lambda: False
        self._tasks: set[asyncio.Task[None]] = set()

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application()
        app.router.add_get("/signaling", self.open_socket)
        app.router.add_get("/healthz", self.healthz)
        app.on_shutdown.append(self._shut_down)
        return app

    async def healthz(self, request: web.Request) -> web.Response:
        """Alive, how much is going on (counts only), and whether the portal's notices arrive."""
        rooms = self.rooms
        counts = {"calls": len(rooms.calls), "waiting": len(rooms.waiting), "echoes": self.echoes.running}
        return web.json_response({**counts, "listening": self.listens()})

    # ── a socket's life ──────────────────────────────────────────────────────────────────────────────────────────

    async def open_socket(self, request: web.Request) -> web.StreamResponse:
        """GET /signaling. An address never carries a ticket: it would end in logs and histories."""
        if request.query_string:
            raise web.HTTPBadRequest(text="no query")
        if request.headers.get("Origin", "").lower() not in self._origins:
            raise web.HTTPForbidden(text="origin")
        socket = web.WebSocketResponse(
            timeout=CLOSE_SECONDS, heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_MESSAGE_BYTES, compress=False
        )
        await socket.prepare(request)
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                name, fields = parse_message(await socket.receive_str())
        except TimeoutError:
            return await self._refuse(socket, CloseCode.TOO_SLOW, "too-slow")
        except (BadMessage, TypeError):
            return await self._refuse(socket, CloseCode.BAD_MESSAGE, "bad-message")
        try:
            member = await self._admit(socket, name, fields)
        except TicketRefused as error:
            return await self._refuse(socket, CloseCode.TICKET_REFUSED, error.code)
        except BadMessage:
            return await self._refuse(socket, CloseCode.BAD_MESSAGE, "bad-message")
        except RoomFull:
            return await self._refuse(socket, CloseCode.ROOM_FULL, "room-full")
        except StoreUnavailable:
            return await self._refuse(socket, WSCloseCode.TRY_AGAIN_LATER, "unavailable")
        if member.claims.use is TicketUse.ECHO:
            await self.echoes.serve(member, self._messages(member))
        else:
            await self._attend(member)
        return socket

    async def _refuse(self, socket: web.WebSocketResponse, code: int, reason: str) -> web.WebSocketResponse:
        if not socket.closed:
            try:
                await socket.send_str(json.dumps({"type": "error", "code": reason}))
            except (ConnectionError, RuntimeError):
                return socket
            await socket.close(code=code)
        return socket

    async def _admit(self, socket: web.WebSocketResponse, name: str, fields: dict[str, Any]) -> Member:
        if name not in ("join", "echo"):
            raise BadMessage("a socket begins with join or echo")
        try:
            connection = UUID(fields["connection"])
        except ValueError as error:
            raise BadMessage("connection is a UUID") from error
        now = self._now()
        claims = read_ticket(fields["ticket"], key=self._key, now=now)
        if (claims.use is TicketUse.ECHO) != (name == "echo"):
            raise TicketRefused("a ticket for something else")
        if not self.rooms.has_place(claims):
            raise RoomFull
        if not await self._store.redeem(claims, joined=_arrival(claims, connection), now=now):
            raise TicketRefused("used already")
        return Member(socket=socket, claims=claims, connection=connection)

    async def _attend(self, member: Member) -> None:
        try:
            earlier = self.rooms.enter(member)
        except RoomFull:
            # the last place went while the ticket was being redeemed, and the arrival is on record
            member.left = "refused"
            await member.close(CloseCode.ROOM_FULL, "error", code="room-full")
            await self._record_leave(member)
            return
        try:
            peer = self.rooms.peer(member)
            await member.send(
                "joined",
                polite=member.is_polite_to(peer),
                use=member.claims.use.value,
                peer=peer.card() if peer else None,
            )
            if peer:
                await peer.send("peer-joined", polite=peer.is_polite_to(member), **member.card())
            if earlier:
                self._later(self._supersede(earlier, member))
            async for name, fields in self._messages(member):
                await self._handle(member, name, fields)
                if member.left == "hung-up":
                    break
        finally:
            await self._depart(member)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Talk to a socket that may be a dead one without making others wait for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _supersede(self, earlier: Member, member: Member) -> None:
        earlier.left = "replaced"
        if earlier.connection == member.connection:
            await earlier.close(CloseCode.REPLACED, "pong")
        else:
            await earlier.close(CloseCode.REPLACED, "replaced")
            await self._record_leave(earlier)

    async def _depart(self, member: Member) -> None:
        if not self.rooms.leave(member):
            return
        peer = self.rooms.peer(member)
        if peer:
            await peer.send("peer-left", connection=str(member.connection), reason=member.left)
        await self._record_leave(member)
        if not member.socket.closed:
            await member.socket.close()

    async def _record_leave(self, member: Member) -> None:
        if member.claims.use is not TicketUse.CALL:
            return
        claims = member.claims
        event = ParticipantLeft(
            visit_id=claims.visit_id,
            participant_id=claims.participant_id,
            connection_id=member.connection,
            reason=member.left,
        )
        for attempt in range(LEAVE_TRIES):
            try:
                await self._store.record(claims.tenant_id, event, now=self._now())
                return
            except StoreUnavailable:
                await asyncio.sleep(0.5 * 2**attempt)
        log.error("a departure was not recorded")

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _messages(self, member: Member) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Messages of the page, as long as they are well formed and not too many."""
        pace = Pace(per_second=20, burst=150)  # two ICE restarts at once are 60 messages
        clock = asyncio.get_running_loop().time
        async for frame in member.socket:
            if frame.type is not WSMsgType.TEXT:
                return
            if not pace.allows(at=clock()):
                await member.close(CloseCode.TOO_FAST, "error", code="too-fast")
                return
            try:
                name, fields = parse_message(frame.data)
            except BadMessage:
                await member.close(CloseCode.BAD_MESSAGE, "error", code="bad-message")
                return
            if name == "ping":
                await member.send("pong")
            else:
                yield name, fields

    async def _handle(self, member: Member, name: str, fields: dict[str, Any]) -> None:
        handlers: dict[str, Callable[..., Awaitable[None]]] = {
            "offer": self._relay,
            "answer": self._relay,
            "candidate": self._relay,
            "quality": self._quality,
        }
        if name == "leave":
            member.left = "hung-up"
        elif name in handlers and member.claims.use is TicketUse.CALL:
            await handlers[name](member, name, fields)

    async def _relay(self, member: Member, name: str, fields: dict[str, Any]) -> None:
        peer = self.rooms.peer(member)
        fields["from"] = str(member.connection)
        taken = peer is not None and await peer.send(name, **fields)
        await member.send("ack", n=fields["n"], taken=taken)

    async def _quality(self, member: Member, name: str, fields: dict[str, Any]) -> None:
        number = fields.pop("n")
        if not member.reports.allows(at=asyncio.get_running_loop().time()):
            return
        event = CallQualityReported(
            visit_id=member.claims.visit_id,
            participant_id=member.claims.participant_id,
            connection_id=member.connection,
            **fields,
        )
        try:
            await self._store.record(member.claims.tenant_id, event, now=self._now())
        except StoreUnavailable:
            return
        await member.send("ack", n=number, taken=True)

    # ── the portal's notices ─────────────────────────────────────────────────────────────────────────────────────

    async def on_notice(self, notice: Notice) -> None:
        """Tell the sockets of the visit what the portal said."""
        concerned = [
            member
            for member in self.rooms.present((notice.tenant, notice.visit))
            if notice.participant in (None, member.claims.participant_id) and notice.role in (None, member.claims.role)
        ]
        if notice.kind is NoticeKind.ADMITTED:
            concerned = [member for member in concerned if member.claims.use is TicketUse.WAIT]
        for member in concerned:
            self._later(self._tell(member, notice.kind))

    async def _tell(self, member: Member, kind: NoticeKind) -> None:
        if kind is NoticeKind.ENDED:
            member.left = "ended"
            await member.close(CloseCode.ENDED, "ended")
        elif kind is NoticeKind.WITHDRAWN:
            member.left = "withdrawn"
            await member.close(CloseCode.WITHDRAWN, "withdrawn")
        else:
            await member.send(kind.value)

    async def on_gap(self) -> None:
        """Notices were missed: every page joins again, and thereby asks the portal whether it still may."""
        await asyncio.gather(*(self._dismiss(member, WSCloseCode.SERVICE_RESTART) for member in self.rooms.everyone()))

    async def _shut_down(self, app: web.Application) -> None:
        await self.echoes.stop()
        for member in self.rooms.everyone():
            member.left = "shutdown"
        await asyncio.gather(*(self._dismiss(member, WSCloseCode.GOING_AWAY) for member in self.rooms.everyone()))

    async def _dismiss(self, member: Member, code: int) -> None:
        try:
            await member.socket.close(code=code)
        except (ConnectionError, RuntimeError):
            return


def _arrival(claims: TicketClaims, connection: UUID) -> Event | None:
    if claims.use is not TicketUse.CALL:
        return None
    return ParticipantJoined(
        visit_id=claims.visit_id,
        participant_id=claims.participant_id,
        connection_id=connection,
        role=claims.role.value,
    )
