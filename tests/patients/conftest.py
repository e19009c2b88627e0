"""Who takes part in emergency access."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest

from portal.charting import record_allergy
from portal.kernel.db import Database, PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.charting import Encounter, make_encounter
from tests.factories.identity import staff_member
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]


@pytest.fixture
def encounter(worker_database: Database, session_as: SessionAs, clinic: Clinic, clock: Clock) -> Encounter:
    """A patient with an allergy, whom another clinician treats."""
    made = make_encounter(worker_database, clinic, now=clock.now)
    with session_as(made.as_clinician()) as session:
        record_allergy(session, patient_id=made.patient_id, display="Penicillin", now=clock.now)
    return made


@pytest.fixture
def doctor(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    """A clinician who does not know the patient."""
    return staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Dr. Emergency")


@pytest.fixture
def officer(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(
        worker_database, clinic, Role.PRIVACY_OFFICER, now=clock.now, name="Pat Private", email="pat@example.org"
    )
