"""Fixtures of workspaces."""

import pytest

from portal.kernel.db import Database
from tests.factories.intake import publish_standard_form
from tests.factories.visits import BookedVisit, make_booked_visit
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def booked(worker_database: Database, database: Database, clinic: Clinic, clock: Clock) -> BookedVisit:
    """A visit tomorrow, consent signed, the standard form published."""
    publish_standard_form(worker_database, clinic, now=clock.now)
    return make_booked_visit(worker_database, database, clinic, now=clock.now)
