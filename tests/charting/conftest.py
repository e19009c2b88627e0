"""A visit to write about, and a look at what was audited."""

from collections.abc import Iterator

import psycopg
import pytest

from portal.kernel.db import Database
from tests.factories.charting import Encounter, make_encounter
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.servers import superuser


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    return make_encounter(worker_database, clinic, now=clock.now)


@pytest.fixture
def clinician(client: PolicedClient, encounter: Encounter) -> PolicedClient:
    """Whose visit it is, at a browser."""
    return client.sign_in(encounter.clinician)


@pytest.fixture
def admin(urls: dict[str, str]) -> Iterator[psycopg.Connection]:
    with superuser(urls) as connection:
        yield connection
