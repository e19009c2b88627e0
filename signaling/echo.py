"""The device test's echo: what a page sends comes back, and a burst over a data channel measures the link.

Owns aiortc peers, few at once and short. Echoes run in the signalling process; they are bounded so that calls'
signalling is never late. Results go over the socket, since data channel messages are lost on thin links.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.exceptions import InvalidAccessError, InvalidStateError
from aiortc.mediastreams import MediaStreamTrack
from aiortc.sdp import candidate_from_sdp

from portal.kernel.video import CloseCode
from signaling.rooms import Member

log = logging.getLogger(__name__)

MAX_ECHOES = 3
"""One echo takes 20 % of a core."""
ECHO_SECONDS = 30
MAX_TRACKS = 2
MAX_CANDIDATES = 24
"""Each makes this process send checks to an address that the page chose."""
BURST_BYTES = 96 * 1024
BURST_SECONDS = 3.0
CHUNK = b"\0" * 1000
HIGH_WATER = 16 * 1024

Messages = AsyncIterator[tuple[str, dict[str, Any]]]


@dataclass(eq=False, slots=True)
class Echo:
    """One page's test."""

    member: Member
    peer: RTCPeerConnection = field(default_factory=lambda: RTCPeerConnection(RTCConfiguration(iceServers=[])))
    channel: RTCDataChannel | None = None
    tracks: int = 0
    candidates: int = 0
    described: bool = False
    received: int = 0
    first: float = 0.0
    last: float = 0.0
    burst: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        relay = MediaRelay()

        def on_track(track: MediaStreamTrack) -> None:
            if self.tracks < MAX_TRACKS:
                self.tracks += 1
                self.peer.addTrack(relay.subscribe(track))

        def on_channel(channel: RTCDataChannel) -> None:
            if self.channel is None:
                self.channel = channel
                channel.on("message", self.count)

        self.peer.on("track", on_track)
        self.peer.on("datachannel", on_channel)

    def count(self, chunk: object) -> None:
        """Count a chunk of the page's burst."""
        at = asyncio.get_running_loop().time()
        if isinstance(chunk, bytes):
            if not self.first:
                self.first = at
            else:
                self.received += len(chunk)
            self.last = at

    async def handle(self, name: str, fields: dict[str, Any]) -> None:
        """One message of the page; raises ValueError for a description that cannot be read."""
        if name == "offer":
            self.candidates += fields["sdp"].count("a=candidate:")
            if self.described or self.candidates > MAX_CANDIDATES:
                raise ValueError("one offer, and not so many addresses")
            self.described = True
            await self.peer.setRemoteDescription(RTCSessionDescription(sdp=fields["sdp"], type="offer"))
            await self.peer.setLocalDescription(await self.peer.createAnswer())
            await self.member.send("answer", n=fields["n"], sdp=self.peer.localDescription.sdp)
        elif name == "candidate":
            await self._candidate(fields["candidate"])
        elif name == "burst-sent":
            took = max(1, round((self.last - self.first) * 1000))
            await self.member.send("burst-received", bytes=self.received, ms=took)
        elif name == "burst-please" and self.burst is None and self.channel is not None:
            self.burst = asyncio.create_task(self._send_burst(self.channel))

    async def _candidate(self, raw: dict[str, Any] | None) -> None:
        text = (raw or {}).get("candidate")
        self.candidates += 1
        if self.candidates > MAX_CANDIDATES or not raw or not isinstance(text, str):
            return
        if not text.startswith("candidate:"):
            return
        candidate = candidate_from_sdp(text.removeprefix("candidate:"))
        candidate.sdpMid, candidate.sdpMLineIndex = raw.get("sdpMid"), raw.get("sdpMLineIndex")
        await self.peer.addIceCandidate(candidate)

    async def _send_burst(self, channel: RTCDataChannel) -> None:
        clock = asyncio.get_running_loop().time
        until, sent = clock() + BURST_SECONDS, 0
        while sent < BURST_BYTES and clock() < until and channel.readyState == "open":
            if channel.bufferedAmount < HIGH_WATER:
                channel.send(CHUNK)
                sent += len(CHUNK)
            await asyncio.sleep(0 if channel.bufferedAmount < HIGH_WATER else 0.02)
        await self.member.send("burst-sent", bytes=sent)

    async def close(self) -> None:
        """End the test."""
        if self.burst:
            self.burst.cancel()
        await self.peer.close()


class EchoDesk:
    """Gives out echoes: at most so many at once, one a participant, each for so many seconds."""

    def __init__(self, *, most: int = MAX_ECHOES, seconds: float = ECHO_SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._echoes: set[Echo] = set()

    @property
    def running(self) -> int:
        """How many tests run now."""
        return len(self._echoes)

    async def serve(self, member: Member, messages: Messages) -> None:
        """Run one page's test to its end."""
        mine = (echo for echo in self._echoes if echo.member.claims.participant_id == member.claims.participant_id)
        for earlier in list(mine):
            await earlier.member.close(CloseCode.REPLACED, "replaced")
        if self.running >= self._most:
            await member.close(CloseCode.ECHO_BUSY, "error", code="echo-busy")
            return
        echo = Echo(member)
        self._echoes.add(echo)
        try:
            async with asyncio.timeout(self._seconds):
                await member.send("ready", seconds=int(self._seconds))
                async for name, fields in messages:
                    if name == "leave":
                        break
                    await echo.handle(name, fields)
        except TimeoutError:
            log.info("a device test reached its time")
        except (ValueError, KeyError, IndexError, AttributeError, InvalidAccessError, InvalidStateError):
            # aiortc reads descriptions with plain indexing; a page that sends nonsense ends its own test only
            log.info("a device test sent what cannot be read", exc_info=True)
        finally:
            self._echoes.discard(echo)
            await echo.close()
            if not member.socket.closed:
                await member.socket.close()

    async def stop(self) -> None:
        """End all tests; the process ends."""
        for echo in list(self._echoes):
            await echo.member.socket.close(code=WSCloseCode.GOING_AWAY)
