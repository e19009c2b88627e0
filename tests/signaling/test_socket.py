"""The socket: who gets in, who hears what, and what is reported, against a sidecar on a real port."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import wraps
from uuid import UUID, uuid4

import pytest
from aiohttp import WSServerHandshakeError

from portal.kernel.clock import utc_now
from portal.kernel.video import (
    CallQualityReported,
    CloseCode,
    NoticeKind,
    ParticipantJoined,
    ParticipantLeft,
    TicketUse,
    VideoRole,
)
from signaling.notices import Notice
from tests.signaling.support import TENANT, VISIT, ticket, wire

PATIENT, CLINICIAN, STRANGER = UUID(int=11), UUID(int=12), UUID(int=13)
DOCTOR = {"role": VideoRole.CLINICIAN}
QUALITY = {
    "seconds": 15,
    "rtt_ms": 40,
    "loss_permille": 1,
    "concealed_permille": 2,
    "kbps": 300,
    "relayed": 0,
    "restarts": 0,
}


def runs(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Run a coroutine as a test."""

    @wraps(test)
    def run() -> None:
        asyncio.run(test())  # type: ignore[arg-type]  # a coroutine function's result

    return run


@runs
async def test_two_ends_meet_and_their_messages_pass() -> None:
    async with wire() as w:
        doctor = await w.join(CLINICIAN, **DOCTOR)
        assert await doctor.hear("joined") == {"type": "joined", "polite": False, "use": "call", "peer": None}
        patient = await w.join(PATIENT)
        welcome = await patient.hear("joined")
        met = await doctor.hear("peer-joined")
        assert (welcome["polite"], welcome["peer"]["role"]) == (True, "clinician")
        assert (met["polite"], met["role"], met["participant"]) == (False, "patient", str(PATIENT))
        await patient.say("offer", n=1, sdp="v=0")
        assert await doctor.hear("offer") == {"type": "offer", "n": 1, "sdp": "v=0", "from": met["connection"]}
        assert await patient.hear("ack") == {"type": "ack", "n": 1, "taken": True}
        await doctor.say("candidate", n=7, candidate=None)
        assert (await patient.hear("candidate"))["candidate"] is None
        await patient.say("ping")
        await patient.hear("pong")


@runs
async def test_a_message_to_nobody_is_acknowledged_as_not_taken() -> None:
    async with wire() as w:
        alone = await w.join(PATIENT)
        await alone.say("offer", n=1, sdp="v=0")
        assert not (await alone.hear("ack"))["taken"]


@runs
async def test_another_origin_or_none_is_refused() -> None:
    async with wire() as w:
        for origin in ("https://evil.test", "https://portal.test.evil.test", "http://portal.test", "null", ""):
            with pytest.raises(WSServerHandshakeError) as refused:
                await w.open(origin=origin)
            assert refused.value.status == 403


@runs
async def test_a_ticket_in_the_address_is_refused() -> None:
    async with wire() as w:
        with pytest.raises(WSServerHandshakeError) as refused:
            await w.open(query=f"?ticket={ticket(participant=PATIENT)}")
        assert refused.value.status == 400


@runs
async def test_a_used_an_old_and_a_foreign_ticket_are_refused_alike() -> None:
    async with wire() as w:
        used = ticket(participant=PATIENT)
        first = await w.open()
        await first.say("join", ticket=used, connection=str(uuid4()))
        await first.hear("joined")
        bad = [
            used,
            ticket(participant=PATIENT, expires_at=utc_now() - timedelta(seconds=1)),
            ticket(participant=PATIENT, key="another clinic's installation"),
            ticket(participant=PATIENT, use=TicketUse.ECHO),
            "nonsense",
        ]
        for text in bad:
            page = await w.open()
            await page.say("join", ticket=text, connection=str(uuid4()))
            assert await page.hear("error") == {"type": "error", "code": "ticket-refused"}
            assert await page.closed() == CloseCode.TICKET_REFUSED


@runs
async def test_a_ticket_for_another_visit_opens_only_that_visit() -> None:
    async with wire() as w:
        doctor = await w.join(CLINICIAN, **DOCTOR)
        stranger = await w.join(STRANGER, visit=UUID(int=99))
        assert (await stranger.hear("joined"))["peer"] is None
        await stranger.say("offer", n=1, sdp="v=0")
        assert not (await stranger.hear("ack"))["taken"]
        await doctor.say("ping")
        await doctor.hear("joined")
        assert (await doctor.hear("pong")) == {"type": "pong"}


@runs
async def test_a_third_participant_is_refused_and_leaves_no_trace() -> None:
    async with wire() as w:
        doctor, patient = await w.join(CLINICIAN, **DOCTOR), await w.join(PATIENT)
        await doctor.hear("joined")
        await patient.hear("joined")
        third = await w.join(STRANGER, role=VideoRole.GUEST)
        assert await third.hear("error") == {"type": "error", "code": "room-full"}
        assert await third.closed() == CloseCode.ROOM_FULL
        assert len(w.store.events) == 2


@runs
async def test_the_same_link_rejoins_and_the_earlier_page_is_told() -> None:
    async with wire() as w:
        doctor = await w.join(CLINICIAN, **DOCTOR)
        first = await w.join(PATIENT)
        await first.hear("joined")
        second = await w.join(PATIENT)
        assert (await second.hear("joined"))["peer"]["role"] == "clinician"
        await first.hear("replaced")
        assert await first.closed() == CloseCode.REPLACED
        one, two = await doctor.hear("peer-joined"), await doctor.hear("peer-joined")
        assert one["connection"] != two["connection"]
        await doctor.say("offer", n=1, sdp="v=0")
        assert (await second.hear("offer"))["n"] == 1


@runs
async def test_a_page_that_opens_its_socket_anew_keeps_its_connection() -> None:
    async with wire() as w:
        doctor = await w.join(CLINICIAN, **DOCTOR)
        connection = uuid4()
        first = await w.join(PATIENT, connection=connection)
        await first.hear("joined")
        again = await w.join(PATIENT, connection=connection)
        assert await first.closed() == CloseCode.REPLACED
        one, two = await doctor.hear("peer-joined"), await doctor.hear("peer-joined")
        assert one["connection"] == two["connection"] == str(connection)
        await again.hear("joined")
        assert not [event for event in w.store.events if isinstance(event, ParticipantLeft)]


@runs
async def test_hanging_up_and_being_lost_are_told_apart() -> None:
    async with wire() as w:
        doctor = await w.join(CLINICIAN, **DOCTOR)
        patient = await w.join(PATIENT)
        await patient.say("leave")
        assert (await doctor.hear("peer-left"))["reason"] == "hung-up"
        again = await w.join(PATIENT)
        await again.hear("joined")
        await again.ws.close()
        assert (await doctor.hear("peer-left"))["reason"] == "lost"
        await doctor.say("leave")
        await doctor.closed()
    joined = [event for event in w.store.events if isinstance(event, ParticipantJoined)]
    left = [event.reason for event in w.store.events if isinstance(event, ParticipantLeft)]
    assert len(joined) == 3
    assert left == ["hung-up", "lost", "hung-up"]


@runs
async def test_quality_is_acknowledged_only_when_it_is_stored() -> None:
    async with wire() as w:
        patient = await w.join(PATIENT)
        await patient.hear("joined")
        w.store.down = True
        await patient.say("quality", n=1, **QUALITY)
        await patient.say("ping")
        assert (await patient.ws.receive_json())["type"] == "pong"
        w.store.down = False
        await patient.say("quality", n=1, **QUALITY)
        assert await patient.hear("ack") == {"type": "ack", "n": 1, "taken": True}
        report = w.store.events[-1]
        assert isinstance(report, CallQualityReported)
        assert (report.visit_id, report.participant_id, report.kbps) == (VISIT, PATIENT, 300)


@runs
async def test_an_unreachable_database_lets_nobody_in() -> None:
    async with wire() as w:
        w.store.down = True
        page = await w.join(PATIENT)
        assert (await page.hear("error"))["code"] == "unavailable"
        assert await page.closed() == 1013


@runs
async def test_too_much_too_big_and_nonsense_close_the_socket() -> None:
    async with wire() as w:
        fast = await w.join(PATIENT)
        for _ in range(400):
            await fast.say("ping")
        assert await fast.closed() == CloseCode.TOO_FAST
        big = await w.join(PATIENT)
        await big.say("offer", n=1, sdp="x" * 70_000)
        assert await big.closed() == 1009
        odd = await w.join(PATIENT)
        await odd.say("joined", polite=False)
        assert await odd.closed() == CloseCode.BAD_MESSAGE
        first = await w.open()
        await first.say("offer", n=1, sdp="v=0")
        assert await first.closed() == CloseCode.BAD_MESSAGE
        binary = await w.open()
        await binary.ws.send_bytes(b"x")
        assert await binary.closed() == CloseCode.BAD_MESSAGE


@runs
async def test_a_silent_socket_is_closed(seconds: float = 0.05) -> None:
    async with wire() as w:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("signaling.server.JOIN_SECONDS", seconds)
            page = await w.open()
            assert await page.closed() == CloseCode.TOO_SLOW


@runs
async def test_notices_reach_whom_they_concern() -> None:
    async with wire() as w:
        doctor = await w.join(CLINICIAN, **DOCTOR)
        waiting = await w.join(PATIENT, use=TicketUse.WAIT)
        elsewhere = await w.join(STRANGER, visit=UUID(int=99))
        assert (await waiting.hear("joined"))["use"] == "wait"
        await doctor.hear("joined")
        await elsewhere.hear("joined")

        async def announce(kind: NoticeKind, participant: UUID | None = None) -> None:
            await w.sidecar.on_notice(Notice(tenant=TENANT, visit=VISIT, kind=kind, participant=participant))

        await announce(NoticeKind.ADMITTED)
        await announce(NoticeKind.MESSAGE)
        assert (await waiting.ws.receive_json())["type"] == "admitted"
        assert (await waiting.ws.receive_json())["type"] == "message"
        assert (await doctor.ws.receive_json())["type"] == "message"
        one_side = Notice(tenant=TENANT, visit=VISIT, kind=NoticeKind.MESSAGE, participant=None, role=VideoRole.PATIENT)
        await w.sidecar.on_notice(one_side)
        assert (await waiting.ws.receive_json())["type"] == "message"
        await announce(NoticeKind.WITHDRAWN, PATIENT)
        assert (await waiting.ws.receive_json())["type"] == "withdrawn"
        assert await waiting.closed() == CloseCode.WITHDRAWN
        await announce(NoticeKind.ENDED)
        assert (await doctor.ws.receive_json())["type"] == "ended"
        assert await doctor.closed() == CloseCode.ENDED
        await elsewhere.say("ping")
        assert (await elsewhere.ws.receive_json())["type"] == "pong"
    assert "ended" in [event.reason for event in w.store.events if isinstance(event, ParticipantLeft)]


@runs
async def test_waiting_is_not_joining() -> None:
    async with wire() as w:
        waiting = await w.join(PATIENT, use=TicketUse.WAIT)
        await waiting.hear("joined")
        doctor = await w.join(CLINICIAN, **DOCTOR)
        assert (await doctor.hear("joined"))["peer"] is None
        await waiting.say("offer", n=1, sdp="v=0")
        await waiting.say("ping")
        assert (await waiting.ws.receive_json())["type"] == "pong"
        assert [type(event) for event in w.store.events] == [ParticipantJoined]


@runs
async def test_missed_notices_make_every_page_join_again() -> None:
    async with wire() as w:
        page = await w.join(PATIENT)
        await page.hear("joined")
        await w.sidecar.on_gap()
        assert await page.closed() == 1012


@runs
async def test_shutting_down_says_goodbye_and_records_it() -> None:
    async with wire() as w:
        page = await w.join(PATIENT)
        await page.hear("joined")
        closing = asyncio.create_task(page.closed())
        await w.server.close()
        assert await closing == 1001
    assert [event.reason for event in w.store.events if isinstance(event, ParticipantLeft)] == ["shutdown"]


@runs
async def test_health_tells_counts_only() -> None:
    async with wire() as w:
        page = await w.join(PATIENT)
        await page.hear("joined")
        async with w.http.get(w.server.make_url("/healthz")) as answer:
            assert await answer.json() == {"calls": 1, "waiting": 0, "echoes": 0, "listening": False}
