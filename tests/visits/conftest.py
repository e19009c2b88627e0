"""Fixtures of visits."""

import pytest

from portal.kernel.db import Database
from tests.factories.visits import BookedVisit, make_booked_visit
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def booked(worker_database: Database, database: Database, clinic: Clinic, clock: Clock) -> BookedVisit:
    """A visit tomorrow, consent signed."""
    return make_booked_visit(worker_database, database, clinic, now=clock.now)
