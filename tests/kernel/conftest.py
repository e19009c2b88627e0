"""Who rotates keys, and who sees past every policy."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal.app.processes import Process
from tests.support.clock import Clock
from tests.support.processes import make_test_process
from tests.support.servers import superuser


@pytest.fixture(scope="module")
def rotator(urls: dict[str, str], redis_url: str, folder: Path, shared_clock: Clock) -> Iterator[Process]:
    process = make_test_process("portal_rotator", urls=urls, redis_url=redis_url, folder=folder, clock=shared_clock)
    yield process
    process.database.engine.dispose()


@pytest.fixture
def admin(urls: dict[str, str]) -> Iterator[psycopg.Connection]:
    with superuser(urls) as connection:
        yield connection
