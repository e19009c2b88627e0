"""Fixtures of the whole suite: one PostgreSQL and one Redis for a run, a database a worker, a clinic a test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Playwright, sync_playwright

from deploy.stack import Stack
from portal.app.factory import create_app
from portal.app.processes import Process
from portal.app.wiring import wire_web
from portal.identity import passwords
from portal.kernel.clock import utc_now
from portal.kernel.db import Database, PortalSession
from portal.kernel.ids import new_id
from portal.kernel.locale import use_locale
from portal.kernel.principal import Principal
from tests.support import servers
from tests.support.browser import launch, served
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic, make_clinic
from tests.support.clock import Clock
from tests.support.hashing import Remembering
from tests.support.kept import keep_templates
from tests.support.outside import Outside, run_tasks_of
from tests.support.processes import make_test_process
from tests.support.whole import first_of_all, whole_portal

# No test is a matter of time: a busy machine takes longer, and that is no fault.
settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portal")


def pytest_configure(config: pytest.Config) -> None:
    servers.configure(config)


def pytest_configure_node(node: Any) -> None:
    servers.tell_worker(node)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    first_of_all(items)


def pytest_unconfigure(config: pytest.Config) -> None:
    servers.unconfigure(config)


@pytest.fixture(scope="session", autouse=True)
def remembered_passwords() -> Iterator[None]:
    """Argon2 at its real cost, once for each password: most accounts of tests have the same one."""
    real = passwords._hasher
    passwords._hasher = Remembering(real)  # type: ignore[assignment]
    yield
    passwords._hasher = real


@pytest.fixture(scope="session")
def urls(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Addresses of this worker's database by login role, and "admin"."""
    with servers.worker_database(request.config) as found:
        yield found


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> str:
    """This worker's own Redis database."""
    return servers.worker_redis(request.config)


@pytest.fixture(autouse=True)
def reader() -> Iterator[None]:
    """Each test begins with a reader of English: the last request of another test may have been in any language."""
    with use_locale("en", "UTC"):
        yield


@pytest.fixture(scope="session")
def shared_clock() -> Clock:
    return Clock()


@pytest.fixture
def clock(shared_clock: Clock) -> Iterator[Clock]:
    """The time that the application sees: set to now at the start of each test, moved by `advance`.

    Set back afterwards: what a module's own fixture makes next must not lie in the future of its tests.
    """
    shared_clock.now = utc_now().replace(microsecond=0)
    yield shared_clock
    shared_clock.now = utc_now().replace(microsecond=0)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("portal")


@pytest.fixture(scope="session")
def web_process(urls: dict[str, str], redis_url: str, folder: Path, shared_clock: Clock) -> Iterator[Process]:
    """The parts of a web process, on this worker's database as portal_web."""
    process = make_test_process("portal_web", urls=urls, redis_url=redis_url, folder=folder, clock=shared_clock)
    yield process
    process.database.engine.dispose()


@pytest.fixture(scope="session")
def worker_process(urls: dict[str, str], redis_url: str, folder: Path, shared_clock: Clock) -> Iterator[Process]:
    """The parts of a worker process, as portal_worker."""
    process = make_test_process("portal_worker", urls=urls, redis_url=redis_url, folder=folder, clock=shared_clock)
    yield process
    process.database.engine.dispose()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole portal, one for all who kill parts of it, restart its stores or walk through it."""
    with whole_portal() as found:
        yield found


@pytest.fixture(scope="module")
def rotator(urls: dict[str, str], redis_url: str, folder: Path, shared_clock: Clock) -> Iterator[Process]:
    process = make_test_process("portal_rotator", urls=urls, redis_url=redis_url, folder=folder, clock=shared_clock)
    yield process
    process.database.engine.dispose()


@pytest.fixture
def database(web_process: Process, clock: Clock) -> Database:
    return web_process.database


@pytest.fixture
def worker_database(worker_process: Process, clock: Clock) -> Database:
    return worker_process.database


@pytest.fixture
def clinic(worker_database: Database, clock: Clock) -> Clinic:
    """A clinic of this test's own."""
    return make_clinic(worker_database, now=clock.now)


@pytest.fixture
def other_clinic(worker_database: Database, clock: Clock) -> Clinic:
    """Somebody else's clinic."""
    return make_clinic(worker_database, now=clock.now)


SystemSession = Callable[..., AbstractContextManager[PortalSession]]


@pytest.fixture
def system(worker_database: Database, clinic: Clinic) -> SystemSession:
    """`with system("purpose") as session:` a transaction of our own process in `clinic` (or `tenant=`)."""

    def open_transaction(purpose: str, *, tenant: Clinic | None = None) -> AbstractContextManager[PortalSession]:
        return worker_database.transaction(Principal.system(tenant_id=(tenant or clinic).id, purpose=purpose))

    return open_transaction


@pytest.fixture
def session_as(database: Database) -> Callable[[Principal], AbstractContextManager[PortalSession]]:
    """`with session_as(principal) as session:` a transaction of the web process as somebody."""
    return database.transaction


@pytest.fixture(scope="session")
def shared_app(web_process: Process, shared_clock: Clock) -> Flask:
    app = create_app(web_process, now=shared_clock)
    app.testing = True
    keep_templates(app)
    return app


@pytest.fixture
def another_app(shared_app: Flask, web_process: Process) -> Iterator[Callable[..., Flask]]:
    """`create_app` for an app of the test's own. What that wires in this process is the shared one's afterwards."""
    yield create_app
    wire_web(shared_app, web_process)


@pytest.fixture
def app(shared_app: Flask, clock: Clock) -> Flask:
    return shared_app


@pytest.fixture
def client(app: Flask, clinic: Clinic) -> PolicedClient:
    """A browser that reads every page it fetches and refuses a bad one."""
    return PolicedClient(app, clinic)


@pytest.fixture
def new_client(app: Flask, clinic: Clinic) -> Callable[[], PolicedClient]:
    """Further browsers."""
    return lambda: PolicedClient(app, clinic)


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The application on a port, for a browser."""
    with served(app) as found:
        yield found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Gone with the module: there may be one at a time in a process."""
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, once for a module's tests; who needs a browser that remembers nothing takes a `visitor` of it."""
    with launch(playwright) as found:
        yield found


@pytest.fixture
def outside(worker_process: Process) -> Outside:
    """What left for the partners: recording adapters at the edge of the outside world."""
    return Outside(worker_process)


@pytest.fixture(scope="session")
def relay_database(urls: dict[str, str]) -> Iterator[Database]:
    """As portal_relay: sees what waits in the outboxes of all clinics."""
    database = Database(urls["portal_relay"], pool_size=2)
    yield database
    database.engine.dispose()


@pytest.fixture
def run_tasks(
    worker_process: Process, relay_database: Database, clinic: Clinic, clock: Clock, outside: Outside
) -> Callable[..., int]:
    """Relay this clinic's events and run its due tasks until none is left (at `until`, or the clock's time)."""

    def run(until: datetime | None = None) -> int:
        if until is not None:
            clock.now = until
        return run_tasks_of(worker_process, relay_database, clinic.id, clock)

    return run


@pytest.fixture
def fresh_id() -> Callable[[], Any]:
    return new_id
