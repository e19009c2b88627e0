"""Rooms: who is present in which visit, in this process's memory. No input or output but the members' sockets."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiohttp import web

from portal.kernel.video import CALL_SIZE, TicketClaims, TicketUse, VideoRole
from signaling.messages import Pace

SEND_SECONDS = 5
"""A page that takes no bytes for so long is gone; the other end must not wait for it."""

RoomKey = tuple[UUID, UUID]


class RoomFull(Exception):
    """Both ends of the call are taken by others."""


@dataclass(eq=False, slots=True)
class Member:
    """One socket. `connection` is the page's own id: the same page keeps it when its socket is opened anew."""

    socket: web.WebSocketResponse
    claims: TicketClaims
    connection: UUID
    left: str = "lost"
    reports: Pace = field(default_factory=lambda: Pace(per_second=0.2, burst=25))
    """A page reports every 15 s, and after an interruption the 20 that it kept. Each is a row."""

    @property
    def room(self) -> RoomKey:
        return self.claims.tenant_id, self.claims.visit_id

    @property
    def rank(self) -> tuple[bool, str]:
        """Order of the two ends, the same whoever comes first: the lower one keeps its offer."""
        return self.claims.role is not VideoRole.CLINICIAN, self.claims.participant_id.hex

    def is_polite_to(self, peer: "Member | None") -> bool:
        """Whether this end gives way when two offers cross (perfect negotiation, W3C WebRTC section 10.7)."""
        return self.rank > peer.rank if peer else self.rank[0]

    def card(self) -> dict[str, str]:
        """How this member is shown to the other end."""
        return {
            "participant": str(self.claims.participant_id),
            "connection": str(self.connection),
            "role": self.claims.role.value,
        }

    async def send(self, name: str, **fields: Any) -> bool:
        """Send one message; False when the page is gone."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.socket.send_str(json.dumps({"type": name, **fields}))
        except (ConnectionError, TimeoutError, RuntimeError):
            return False
        return True

    async def close(self, closing: int, name: str, /, **fields: Any) -> None:
        """Say why, then close."""
        await self.send(name, **fields)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.socket.close(code=closing)
        except (ConnectionError, TimeoutError, RuntimeError):
            return


@dataclass(slots=True)
class Rooms:
    """All rooms of this process. Each method is one step without waiting, so no lock is needed."""

    calls: dict[RoomKey, dict[UUID, Member]] = field(default_factory=dict)
    waiting: dict[RoomKey, dict[UUID, Member]] = field(default_factory=dict)

    def _place(self, member: Member) -> dict[RoomKey, dict[UUID, Member]]:
        return self.calls if member.claims.use is TicketUse.CALL else self.waiting

    def has_place(self, claims: TicketClaims) -> bool:
        """Whether an end of the call is free for this participant, or theirs already."""
        room = self.calls.get((claims.tenant_id, claims.visit_id), {})
        return claims.use is not TicketUse.CALL or claims.participant_id in room or len(room) < CALL_SIZE

    def enter(self, member: Member) -> Member | None:
        """Put the member in; returns the earlier socket of the same participant. Raises RoomFull."""
        place = self._place(member)
        room = place.get(member.room, {})
        earlier = room.get(member.claims.participant_id)
        if not self.has_place(member.claims):
            raise RoomFull
        place.setdefault(member.room, room)[member.claims.participant_id] = member
        return earlier

    def leave(self, member: Member) -> bool:
        """Take the member out; False when a later socket of the participant has its place."""
        place = self._place(member)
        room = place.get(member.room, {})
        if room.get(member.claims.participant_id) is not member:
            return False
        del room[member.claims.participant_id]
        if not room:
            place.pop(member.room, None)
        return True

    def peer(self, member: Member) -> Member | None:
        """The other end of the member's call."""
        if member.claims.use is not TicketUse.CALL:
            return None
        others = (one for one in self.calls.get(member.room, {}).values() if one is not member)
        return next((one for one in others if one.claims.participant_id != member.claims.participant_id), None)

    def present(self, room: RoomKey) -> list[Member]:
        """Everyone in the visit's call and waiting room."""
        return [*self.calls.get(room, {}).values(), *self.waiting.get(room, {}).values()]

    def everyone(self) -> Iterator[Member]:
        """All members of all rooms, as they are now."""
        for place in (self.calls, self.waiting):
            for room in list(place.values()):
                yield from list(room.values())
