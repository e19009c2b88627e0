"""A clinic and its people."""

import pytest

from portal.kernel.db import Database
from tests.factories.people import People, make_people
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def people(worker_database: Database, clinic: Clinic, clock: Clock) -> People:
    return make_people(worker_database, clinic, now=clock.now)
