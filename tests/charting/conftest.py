"""A visit to write about."""

import pytest

from portal.kernel.db import Database
from tests.factories.charting import Encounter, make_encounter
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    return make_encounter(worker_database, clinic, now=clock.now)
