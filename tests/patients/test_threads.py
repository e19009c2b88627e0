"""A message thread opens a record to the practitioner who answers it: by whom, to whom, until when, in which words."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from portal.charting import history_of, record_condition, withheld_history
from portal.kernel.db import Database, PortalSession
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import (
    AccessGrant,
    GrantRefused,
    grant_access,
    patient_by_id,
    revoke_access,
    who_can_see,
)
from tests.factories.charting import Encounter, make_encounter
from tests.factories.identity import patient_sign_in, staff_member
from tests.factories.patients import make_carer
from tests.factories.practitioners import make_practitioner
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
THREAD = str(new_id())


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    return make_encounter(worker_database, clinic, now=clock.now)


@pytest.fixture
def answerer(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    """A practitioner who has never met the patient."""
    return make_practitioner(worker_database, clinic, now=clock.now, name="Dr. Ana Post")[0]


def as_role(clinic: Clinic, account: UUID, role: Role) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=account, roles={role}).acting(purpose="care")


def open_thread(
    session: PortalSession, encounter: Encounter, user: UUID, clock: Clock, *, days: int | None = 30
) -> AccessGrant:
    """What messaging does when somebody writes."""
    return grant_access(
        session,
        patient_id=encounter.patient_id,
        user_id=user,
        basis="thread",
        reason=THREAD,
        until=clock.now + timedelta(days=days) if days is not None else None,
        now=clock.now,
    )


def test_who_answers_the_patient_sees_the_record_until_the_thread_ends(
    encounter: Encounter, answerer: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    reader = as_role(clinic, answerer, Role.CLINICIAN)
    with session_as(encounter.as_clinician()) as session:
        for name, label in (("Gout", "N"), ("Anxiety", "PSY")):
            record_condition(session, patient_id=encounter.patient_id, display=name, sensitivity=label, now=clock.now)
    with session_as(reader) as session:
        assert patient_by_id(session, patient_id=encounter.patient_id) is None
    with session_as(encounter.as_patient()) as session:
        first = open_thread(session, encounter, answerer, clock)
        assert open_thread(session, encounter, answerer, clock).id == first.id
    with session_as(reader) as session:
        assert [one.display for one in history_of(session, patient_id=encounter.patient_id).conditions] == ["Gout"]
        assert withheld_history(session, patient_id=encounter.patient_id) == 1
    with session_as(encounter.as_patient()) as session:
        seers = who_can_see(session, patient_id=encounter.patient_id, now=clock.now)
        assert [one.basis for one in seers] == ["self", "appointment", "thread"]
        ended = revoke_access(
            session,
            patient_id=encounter.patient_id,
            user_id=answerer,
            basis="thread",
            reason=THREAD,
            now=clock.now,
        )
        assert ended == 1
    clock.advance(seconds=1)
    with session_as(reader) as session:
        assert patient_by_id(session, patient_id=encounter.patient_id) is None


def test_a_thread_opens_the_record_to_practitioners_only_and_never_to_oneself(
    worker_database: Database,
    encounter: Encounter,
    answerer: UUID,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
) -> None:
    stranger = patient_sign_in(worker_database, clinic, now=clock.now)
    clerk = staff_member(worker_database, clinic, now=clock.now)
    refused = [
        (encounter.as_patient(), stranger),
        (encounter.as_patient(), encounter.patient_account),
        (as_role(clinic, answerer, Role.CLINICIAN), answerer),
        (as_role(clinic, stranger, Role.PATIENT), answerer),
        (as_role(clinic, clerk, Role.FRONT_DESK), clerk),
    ]
    for who, whom in refused:
        with session_as(who) as session, pytest.raises(GrantRefused):
            open_thread(session, encounter, whom, clock)
    with session_as(as_role(clinic, clerk, Role.FRONT_DESK)) as session:
        open_thread(session, encounter, answerer, clock)


@pytest.mark.parametrize(("part", "may"), [("messages", True), ("bills", False)])
def test_who_acts_for_the_patient_in_messages_may_write_for_them(
    worker_database: Database,
    encounter: Encounter,
    answerer: UUID,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
    part: str,
    may: bool,
) -> None:
    carer = make_carer(worker_database, clinic, patient_id=encounter.patient_id, parts=[part], now=clock.now)
    with session_as(as_role(clinic, carer, Role.PATIENT)) as session:
        if may:
            open_thread(session, encounter, answerer, clock)
        else:
            with pytest.raises(GrantRefused):
                open_thread(session, encounter, answerer, clock)


def test_a_thread_always_has_an_end(
    encounter: Encounter, answerer: UUID, session_as: SessionAs, clock: Clock, worker_database: Database, clinic: Clinic
) -> None:
    with session_as(encounter.as_patient()) as session, pytest.raises(GrantRefused):
        open_thread(session, encounter, answerer, clock, days=None)
    with worker_database.transaction(clinic.system("provisioning")) as session, pytest.raises(IntegrityError):
        open_thread(session, encounter, answerer, clock, days=None)


def test_the_three_screens_say_why(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    worker_database: Database,
    encounter: Encounter,
    answerer: UUID,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
) -> None:
    with session_as(encounter.as_patient()) as session:
        open_thread(session, encounter, answerer, clock)
    clerk = staff_member(worker_database, clinic, now=clock.now)
    admin = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now)
    own = client.sign_in(encounter.patient_account).get(clinic.path(f"p/{encounter.patient_id}/access"))
    desk = new_client().sign_in(clerk).get(clinic.path(f"staff/patients/{encounter.patient_id}/access"))
    for page in (own, desk):
        assert "Dr. Ana Post · Answers the patient’s messages" in page.text
    new_client().sign_in(answerer).get(clinic.path(f"staff/patients/{encounter.patient_id}/history"))
    record = new_client().sign_in(admin).get(clinic.path("staff/audit"))
    assert "answers the patient’s messages" in record.text
