"""The identity provider's process, one for a module's tests."""

from collections.abc import Iterator

import pytest

from portal.kernel.db import Database
from tests.identity.sso import ProviderProcess, provider_process, use_provider
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture(scope="module")
def running() -> Iterator[ProviderProcess]:
    with provider_process() as one:
        yield one


@pytest.fixture
def provider(running: ProviderProcess, worker_database: Database, clinic: Clinic, clock: Clock) -> ProviderProcess:
    """The clinic signs its people in there."""
    running.next()
    use_provider(worker_database, clinic, running, clock)
    return running
