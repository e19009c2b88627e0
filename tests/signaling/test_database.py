"""The sidecar on a real PostgreSQL, as its own login role: tickets, events, notices, and the process as a whole."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from aiohttp import ClientConnectorError, ClientSession
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.events import OutboxEvent
from portal.kernel.principal import Principal
from portal.kernel.video import (
    CallQualityReported,
    NoticeKind,
    ParticipantJoined,
    TicketClaims,
    VideoRole,
    announce,
    issue_ticket,
    read_ticket,
)
from signaling.store import DatabaseStore
from tests.signaling.support import KEY, ORIGIN, Page, free_port, sidecar_environment

PATIENT = UUID(int=11)


@contextmanager
def database_as(urls: dict[str, str], role: str) -> Iterator[Database]:
    """A way to the database as one login role, closed again."""
    database = Database(urls[role], pool_size=1)
    try:
        yield database
    finally:
        database.engine.dispose()


@pytest.fixture
def web(urls: dict[str, str]) -> Iterator[Database]:
    with database_as(urls, "portal_web") as database:
        yield database


def someone(tenant: UUID) -> Principal:
    return Principal.system(tenant_id=tenant, purpose="video")


def issue(web: Database, tenant: UUID, visit: UUID, *, participant: UUID = PATIENT) -> str:
    with web.transaction(someone(tenant)) as session:
        return issue_ticket(
            session,
            key=KEY,
            visit_id=visit,
            participant_id=participant,
            role=VideoRole.PATIENT,
            now=utc_now(),
        )


def with_store(urls: dict[str, str], work: Callable[[DatabaseStore], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        store = DatabaseStore(Database(urls["portal_signaling"], pool_size=4))
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def joined(claims: TicketClaims) -> ParticipantJoined:
    return ParticipantJoined(
        visit_id=claims.visit_id, participant_id=claims.participant_id, connection_id=uuid4(), role=claims.role.value
    )


def outbox(urls: dict[str, str], tenant: UUID) -> list[str]:
    with database_as(urls, "portal_worker") as database, database.transaction(someone(tenant)) as session:
        return list(session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.occurred_at)))


def test_of_many_who_redeem_a_ticket_at_once_one_wins(urls: dict[str, str], web: Database) -> None:
    tenant, visit, now = uuid4(), uuid4(), utc_now()
    claims = read_ticket(issue(web, tenant, visit), key=KEY, now=now)

    async def redeem_often(store: DatabaseStore) -> list[bool]:
        return await asyncio.gather(*(store.redeem(claims, joined=joined(claims), now=now) for _ in range(8)))

    assert sorted(with_store(urls, redeem_often)) == [False] * 7 + [True]
    assert outbox(urls, tenant) == ["video.ParticipantJoined"]


def test_a_ticket_works_for_its_own_tenant_visit_and_minute_only(urls: dict[str, str], web: Database) -> None:
    tenant, visit, now = uuid4(), uuid4(), utc_now()
    good = read_ticket(issue(web, tenant, visit), key=KEY, now=now)

    def like(**other: Any) -> TicketClaims:
        values = {name: getattr(good, name) for name in good.__slots__}
        return TicketClaims(**{**values, **other})

    async def redeem_wrong(store: DatabaseStore) -> list[bool]:
        wrong = (
            like(tenant_id=uuid4()),
            like(visit_id=uuid4()),
            like(participant_id=uuid4()),
            like(id=uuid4()),
            like(role=VideoRole.CLINICIAN),
        )
        found = [await store.redeem(claims, joined=None, now=now) for claims in wrong]
        return [*found, await store.redeem(good, joined=None, now=now + timedelta(minutes=2))]

    assert with_store(urls, redeem_wrong) == [False] * 6


def test_a_report_reaches_the_outbox(urls: dict[str, str]) -> None:
    tenant = uuid4()
    report = CallQualityReported(
        visit_id=uuid4(),
        participant_id=PATIENT,
        connection_id=uuid4(),
        seconds=15,
        rtt_ms=1,
        loss_permille=0,
        concealed_permille=0,
        kbps=1,
        relayed=0,
        restarts=0,
    )
    with_store(urls, lambda store: store.record(tenant, report, now=utc_now()))
    assert outbox(urls, tenant) == ["video.CallQualityReported"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel.video_ticket SET expires_at = now() + interval '1 day'",
        "DELETE FROM kernel.video_ticket",
        "SELECT 1 FROM kernel.data_key",
        "SELECT 1 FROM patients.patient",
    ],
)
def test_the_sidecar_can_do_nothing_else(urls: dict[str, str], statement: str) -> None:
    with database_as(urls, "portal_signaling") as database:
        refused = pytest.raises(ProgrammingError, match="permission denied")
        with refused, database.transaction(someone(uuid4())) as session:
            session.execute(text(statement))


# ── the process ──────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def sidecar_process(urls: dict[str, str], folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`python -m signaling` on a free port, answering."""
    port = free_port()
    environment = sidecar_environment(urls, folder, port=port)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "signaling", env=environment)
    try:
        async with asyncio.timeout(20), ClientSession() as http:
            while process.returncode is None:
                try:
                    async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                        if (await answer.json())["listening"]:
                            break
                except ClientConnectorError:
                    await asyncio.sleep(0.05)  # between two looks
        yield process, f"ws://127.0.0.1:{port}/signaling"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def enter(http: ClientSession, url: str, text: str) -> Page:
    page = Page(await http.ws_connect(url, headers={"Origin": ORIGIN}))
    await page.say("join", ticket=text, connection=str(uuid4()))
    await page.hear("joined")
    return page


def test_what_the_portal_commits_reaches_the_page(urls: dict[str, str], web: Database, tmp_path: Path) -> None:
    tenant, visit = uuid4(), uuid4()

    def tell(kind: NoticeKind, participant: UUID | None = None) -> None:
        with web.transaction(someone(tenant)) as session:
            announce(session, visit_id=visit, kind=kind, participant_id=participant)

    async def story() -> None:
        async with sidecar_process(urls, tmp_path) as (process, url), ClientSession() as http:
            page = await enter(http, url, issue(web, tenant, visit))
            tell(NoticeKind.MESSAGE)
            await page.hear("message")
            # a listener whose connection broke may have missed notices: the pages must ask anew
            with psycopg.connect(urls["admin"].replace("+psycopg", "", 1), autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%'")
            assert await page.closed() == 1012
            page = await enter(http, url, issue(web, tenant, visit))
            tell(NoticeKind.WITHDRAWN, PATIENT)
            assert (await page.hear("withdrawn")) == {"type": "withdrawn"}
            page = await enter(http, url, issue(web, tenant, visit))
            process.send_signal(signal.SIGTERM)
            assert await page.closed() == 1001
            assert await process.wait() == 0

    asyncio.run(story())
    names = outbox(urls, tenant)
    assert names.count("video.ParticipantJoined") == names.count("video.ParticipantLeft") == 3
