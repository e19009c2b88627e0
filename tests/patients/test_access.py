"""Who can see a record, held by the database itself: no route, no rule of ours stands before these."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.kernel.db import Database, PortalSession
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import (
    AccessGrant,
    GrantRefused,
    Patient,
    create_patient_by_staff,
    grant_access,
    grants_on,
    my_patients,
    patient_by_id,
    register_patient,
    revoke_access,
    search_patients,
)
from tests.factories.identity import patient_sign_in, staff_member
from tests.factories.patients import details, hold_record, make_patient, make_record, open_to
from tests.factories.practitioners import make_practitioner
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]


def as_patient(clinic: Clinic, account: UUID, purpose: str = "care") -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=account, roles={Role.PATIENT}).acting(purpose=purpose)


def as_staff(clinic: Clinic, account: UUID, role: Role) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=account, roles={role})


def _grant(session: PortalSession, patient: UUID, user: UUID, clock: Clock, **values: object) -> AccessGrant:
    known = {"basis": "self", "reason": "x", "until": None} | values
    return grant_access(session, patient_id=patient, user_id=user, now=clock.now, **known)


def test_a_grant_on_one_record_opens_no_other(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    account, own = make_patient(worker_database, clinic, now=clock.now)
    _, another = make_patient(worker_database, clinic, now=clock.now)
    with session_as(as_patient(clinic, account)) as session:
        assert [one.id for one in session.scalars(select(Patient))] == [own]
        assert patient_by_id(session, patient_id=another) is None
        assert [one.id for one in my_patients(session)] == [own]


def test_another_clinics_record_does_not_exist(
    worker_database: Database, clinic: Clinic, other_clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    _, foreign = make_patient(worker_database, other_clinic, now=clock.now)
    desk = staff_member(worker_database, clinic, now=clock.now)
    with session_as(as_staff(clinic, desk, Role.FRONT_DESK)) as session:
        assert patient_by_id(session, patient_id=foreign) is None
        assert search_patients(session, text="").total == 0
        with pytest.raises(GrantRefused):
            _grant(session, foreign, new_id(), clock, basis="appointment", until=clock.now)


def test_a_clinician_without_a_grant_sees_nobody(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    clinician, _ = make_practitioner(worker_database, clinic, now=clock.now)
    with session_as(as_staff(clinic, clinician, Role.CLINICIAN)) as session:
        assert patient_by_id(session, patient_id=patient) is None


def test_a_grant_ends(worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    clinician, _ = make_practitioner(worker_database, clinic, now=clock.now)
    until = clock.now + timedelta(days=1)
    open_to(worker_database, clinic, patient_id=patient, account_id=clinician, now=clock.now, until=until)
    with session_as(as_staff(clinic, clinician, Role.CLINICIAN)) as session:
        assert patient_by_id(session, patient_id=patient) is not None
    clock.advance(days=1, minutes=1)
    with session_as(as_staff(clinic, clinician, Role.CLINICIAN)) as session:
        assert patient_by_id(session, patient_id=patient) is None


@pytest.mark.parametrize("purpose", ["care", "registration"])
def test_nobody_gives_themselves_a_record_of_the_desk(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock, purpose: str
) -> None:
    victim = make_record(worker_database, clinic, now=clock.now)
    account = patient_sign_in(worker_database, clinic, now=clock.now)
    for basis in ("self", "proxy", "appointment", "care-team", "thread", "break-glass"):
        with session_as(as_patient(clinic, account, purpose)) as session, pytest.raises(GrantRefused):
            _grant(session, victim, account, clock, basis=basis, until=clock.now + timedelta(days=1))


def test_nobody_gives_themselves_a_record_that_somebody_registered(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    owner = patient_sign_in(worker_database, clinic, now=clock.now)
    thief = patient_sign_in(worker_database, clinic, now=clock.now)
    with session_as(as_patient(clinic, owner, "registration")) as session:
        patient = register_patient(session, details=details(), now=clock.now).id
    with session_as(as_patient(clinic, thief, "registration")) as session, pytest.raises(GrantRefused):
        _grant(session, patient, thief, clock)
    with session_as(as_patient(clinic, owner)) as session, pytest.raises(GrantRefused):
        _grant(session, patient, thief, clock)


def test_a_registered_record_cannot_be_made_in_somebody_elses_name(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    account = patient_sign_in(worker_database, clinic, now=clock.now)
    with pytest.raises(ProgrammingError), session_as(as_patient(clinic, account, "registration")) as session:
        create_patient_by_staff(session, details=details(), now=clock.now)
    with pytest.raises(ProgrammingError), session_as(as_patient(clinic, account, "care")) as session:
        register_patient(session, details=details(), now=clock.now)


def test_the_desk_cannot_open_a_record_to_itself(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    desk = staff_member(worker_database, clinic, now=clock.now)
    patient = make_record(worker_database, clinic, now=clock.now)
    for user in (desk, patient_sign_in(worker_database, clinic, now=clock.now)):
        for basis in ("self", "appointment", "care-team"):
            with session_as(as_staff(clinic, desk, Role.FRONT_DESK)) as session, pytest.raises(GrantRefused):
                _grant(session, patient, user, clock, basis=basis, until=clock.now + timedelta(days=1))


def test_a_booking_patient_opens_the_record_to_a_practitioner_only(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    account, patient = make_patient(worker_database, clinic, now=clock.now)
    _, another = make_patient(worker_database, clinic, now=clock.now)
    clinician, _ = make_practitioner(worker_database, clinic, now=clock.now)
    clerk = staff_member(worker_database, clinic, now=clock.now)
    until = clock.now + timedelta(days=30)
    with session_as(as_patient(clinic, account)) as session:
        first = _grant(session, patient, clinician, clock, basis="appointment", until=until)
        again = _grant(session, patient, clinician, clock, basis="appointment", until=until)
        assert first.id == again.id
        for user, whose in ((clerk, patient), (clinician, another)):
            with pytest.raises(GrantRefused):
                _grant(session, whose, user, clock, basis="appointment", until=until)
        assert {grant.basis for grant in grants_on(session, patient_id=patient)} == {"self", "appointment"}
    with session_as(as_patient(clinic, account)) as session:
        ended = revoke_access(
            session, patient_id=patient, user_id=clinician, basis="appointment", reason="x", now=clock.now
        )
        assert ended == 1
    with session_as(as_staff(clinic, clinician, Role.CLINICIAN)) as session:
        assert patient_by_id(session, patient_id=patient) is None


def test_a_clinician_joins_the_care_team_from_an_appointment_only(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    clinician, _ = make_practitioner(worker_database, clinic, now=clock.now)
    with session_as(as_staff(clinic, clinician, Role.CLINICIAN)) as session, pytest.raises(GrantRefused):
        _grant(session, patient, clinician, clock, basis="care-team")
    until = clock.now + timedelta(days=1)
    open_to(worker_database, clinic, patient_id=patient, account_id=clinician, now=clock.now, until=until)
    with session_as(as_staff(clinic, clinician, Role.CLINICIAN)) as session:
        _grant(session, patient, clinician, clock, basis="care-team")


def test_a_grant_never_grows_longer(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    clinician, _ = make_practitioner(worker_database, clinic, now=clock.now)
    until = clock.now + timedelta(days=1)
    open_to(worker_database, clinic, patient_id=patient, account_id=clinician, now=clock.now, until=until)
    for later in (until + timedelta(days=1), None):
        with pytest.raises(IntegrityError), session_as(as_staff(clinic, clinician, Role.CLINICIAN)) as session:
            grant = session.scalars(select(AccessGrant)).one()
            grant.until = later


def test_where_a_record_comes_from_never_changes(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    account, patient = make_patient(worker_database, clinic, now=clock.now)
    with pytest.raises(ProgrammingError), session_as(as_patient(clinic, account)) as session:
        found = patient_by_id(session, patient_id=patient)
        assert found is not None
        found.created_by = account


def test_one_phone_may_serve_a_family(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    account, mother = make_patient(worker_database, clinic, now=clock.now)
    child = make_record(worker_database, clinic, now=clock.now, given_name="Sol")
    hold_record(worker_database, clinic, patient_id=child, account_id=account, now=clock.now)
    with session_as(as_patient(clinic, account)) as session:
        assert {one.id for one in my_patients(session)} == {mother, child}
