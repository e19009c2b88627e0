"""Who acts for somebody else: within parts of the record, until a day, made by the desk on proof; by the database."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.charting import record_vital_sign
from portal.charting.models import VitalSign
from portal.kernel.db import Database, PortalSession
from portal.kernel.errors import NotFound
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import (
    AccessGrant,
    GrantRefused,
    NotAMinor,
    appoint_proxy,
    end_proxy,
    grant_access,
    grants_on,
    my_patients,
    patient_by_id,
)
from portal.patients.rules import of_age_at
from portal.scheduling.models import Appointment
from portal.visits import Visit
from tests.factories.charting import Encounter, make_encounter
from tests.factories.identity import patient_sign_in, staff_member
from tests.factories.patients import make_patient
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]


def as_person(clinic: Clinic, account: UUID) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=account, roles={Role.PATIENT}).acting(purpose="care")


def at_the_desk(database: Database, clinic: Clinic, clock: Clock) -> Principal:
    clerk = staff_member(database, clinic, now=clock.now)
    return Principal.of(tenant_id=clinic.id, user_id=clerk, roles={Role.FRONT_DESK})


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    return make_encounter(worker_database, clinic, now=clock.now)


@pytest.fixture
def carer(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return patient_sign_in(worker_database, clinic, now=clock.now)


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock) -> Principal:
    return at_the_desk(worker_database, clinic, clock)


def _appoint(session: PortalSession, patient: UUID, user: UUID, clock: Clock, *parts: str) -> AccessGrant:
    return appoint_proxy(
        session,
        patient_id=patient,
        user_id=user,
        parts=parts or ("appointments",),
        proof="carer",
        until=clock.now + timedelta(days=30),
        now=clock.now,
    )


def _measure(session: PortalSession, encounter: Encounter, clock: Clock) -> None:
    record_vital_sign(
        session,
        patient_id=encounter.patient_id,
        code="8867-4",
        display="Heart rate",
        value=Decimal(72),
        unit="/min",
        effective_at=clock.now,
        now=clock.now,
    )


def _seen(session: PortalSession) -> set[str]:
    tables = {"appointment": Appointment, "visit": Visit, "vital sign": VitalSign}
    return {name for name, table in tables.items() if session.scalars(select(table)).first() is not None}


@pytest.mark.parametrize(
    ("part", "seen"),
    [("appointments", {"appointment", "visit"}), ("health", {"vital sign"}), ("bills", set()), ("messages", set())],
)
def test_a_proxy_sees_the_parts_that_were_given_and_no_other(
    encounter: Encounter,
    carer: UUID,
    desk: Principal,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
    part: str,
    seen: set[str],
) -> None:
    with session_as(encounter.as_clinician()) as session:
        _measure(session, encounter, clock)
    with session_as(desk) as session:
        _appoint(session, encounter.patient_id, carer, clock, part)
    with session_as(as_person(clinic, carer)) as session:
        assert [one.id for one in my_patients(session)] == [encounter.patient_id]
        assert _seen(session) == seen
    with session_as(encounter.as_patient()) as session:
        assert _seen(session) == {"appointment", "visit", "vital sign"}


def test_a_proxy_of_one_patient_sees_no_other_and_only_until_the_day(
    worker_database: Database,
    encounter: Encounter,
    carer: UUID,
    desk: Principal,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
) -> None:
    _, another = make_patient(worker_database, clinic, now=clock.now)
    with session_as(desk) as session:
        _appoint(session, encounter.patient_id, carer, clock)
    with session_as(as_person(clinic, carer)) as session:
        assert patient_by_id(session, patient_id=another) is None
    clock.advance(days=30, minutes=1)
    with session_as(as_person(clinic, carer)) as session:
        assert my_patients(session) == []
        assert _seen(session) == set()


def test_a_proxy_changes_neither_where_codes_are_sent_nor_who_else_may_see(
    encounter: Encounter, carer: UUID, desk: Principal, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    with session_as(desk) as session:
        _appoint(session, encounter.patient_id, carer, clock, "appointments", "health", "messages", "bills")
    with pytest.raises(StaleDataError), session_as(as_person(clinic, carer)) as session:
        patient = patient_by_id(session, patient_id=encounter.patient_id)
        assert patient is not None
        patient.phone = "+16175550199"
        session.flush()
    with session_as(as_person(clinic, carer)) as session:
        assert {one.basis for one in grants_on(session, patient_id=encounter.patient_id)} == {"proxy"}
        with pytest.raises(GrantRefused):
            grant_access(
                session,
                patient_id=encounter.patient_id,
                user_id=desk.actor_id,
                basis="proxy",
                reason="carer",
                scope=["health"],
                until=clock.now + timedelta(days=1),
                now=clock.now,
            )


def test_only_who_handles_appointments_opens_the_record_by_booking(
    encounter: Encounter,
    desk: Principal,
    worker_database: Database,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
) -> None:
    people = {part: patient_sign_in(worker_database, clinic, now=clock.now) for part in ("appointments", "bills")}
    with session_as(desk) as session:
        for part, account in people.items():
            _appoint(session, encounter.patient_id, account, clock, part)

    def book(account: UUID) -> None:
        with session_as(as_person(clinic, account)) as session:
            grant_access(
                session,
                patient_id=encounter.patient_id,
                user_id=encounter.clinician,
                basis="appointment",
                reason="another",
                until=clock.now + timedelta(days=90),
                now=clock.now,
            )

    book(people["appointments"])
    with pytest.raises(GrantRefused):
        book(people["bills"])


def test_the_desk_appoints_neither_itself_nor_a_clinician_nor_at_another_clinic(
    worker_database: Database,
    encounter: Encounter,
    carer: UUID,
    desk: Principal,
    session_as: SessionAs,
    other_clinic: Clinic,
    clock: Clock,
) -> None:
    for account in (desk.actor_id, encounter.clinician):
        assert account is not None
        with session_as(desk) as session, pytest.raises(GrantRefused):
            _appoint(session, encounter.patient_id, account, clock, "health")
    elsewhere = at_the_desk(worker_database, other_clinic, clock)
    with session_as(elsewhere) as session, pytest.raises(NotFound):
        _appoint(session, encounter.patient_id, carer, clock)


@pytest.mark.parametrize(
    ("scope", "proof", "until"),
    [
        (None, "carer", True),
        ([], "carer", True),
        (["details"], "carer", True),
        (["health"], "says so", True),
        (["health"], "carer", False),
    ],
)
def test_a_proxy_without_parts_proof_or_end_is_refused(
    encounter: Encounter,
    carer: UUID,
    desk: Principal,
    session_as: SessionAs,
    clock: Clock,
    scope: list[str] | None,
    proof: str,
    until: bool,
) -> None:
    with pytest.raises(IntegrityError), session_as(desk) as session:
        grant_access(
            session,
            patient_id=encounter.patient_id,
            user_id=carer,
            basis="proxy",
            reason=proof,
            scope=scope,
            until=clock.now + timedelta(days=1) if until else None,
            now=clock.now,
        )


def test_the_patient_ends_a_proxy_at_once(
    encounter: Encounter, carer: UUID, desk: Principal, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    with session_as(desk) as session:
        _appoint(session, encounter.patient_id, carer, clock)
    for ended in (1, 0):
        with session_as(encounter.as_patient()) as session:
            assert end_proxy(session, patient_id=encounter.patient_id, user_id=carer, now=clock.now) == ended
    with session_as(as_person(clinic, carer)) as session:
        assert patient_by_id(session, patient_id=encounter.patient_id) is None


def test_who_is_appointed_anew_keeps_only_what_was_given_last(
    encounter: Encounter, carer: UUID, desk: Principal, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    with session_as(desk) as session:
        _appoint(session, encounter.patient_id, carer, clock, "appointments", "health")
        _appoint(session, encounter.patient_id, carer, clock, "bills")
    with session_as(as_person(clinic, carer)) as session:
        assert _seen(session) == set()


def test_a_parent_acts_until_the_child_is_of_age_and_for_no_adult(
    worker_database: Database, desk: Principal, carer: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    today = clock.now.date()
    child_born = date(today.year - 17, 1, 1)
    _, child = make_patient(worker_database, clinic, now=clock.now, birth_date=child_born)
    _, adult = make_patient(worker_database, clinic, now=clock.now)
    known = {"user_id": carer, "parts": ["health"], "proof": "parent", "now": clock.now}
    until = clock.now + timedelta(days=3650)
    with session_as(desk) as session:
        grant = appoint_proxy(session, patient_id=child, until=until, **known)
        assert grant.until == of_age_at(child_born, "US-MA", "America/New_York")
        with pytest.raises(NotAMinor):
            appoint_proxy(session, patient_id=adult, until=until, **known)


@pytest.mark.parametrize(
    ("born", "place", "of_age"),
    [
        (date(2010, 5, 2), "US-MA", datetime(2028, 5, 2, 4, tzinfo=UTC)),
        (date(2010, 5, 2), "US-AL", datetime(2029, 5, 2, 4, tzinfo=UTC)),
        (date(2008, 2, 29), "US-MA", datetime(2026, 3, 1, 5, tzinfo=UTC)),
    ],
)
def test_the_law_of_the_place_says_who_is_of_age(born: date, place: str, of_age: datetime) -> None:
    assert of_age_at(born, place, "America/New_York") == of_age


def test_whoever_acts_for_somebody_is_not_asked_where_codes_are_sent(
    client: PolicedClient, encounter: Encounter, carer: UUID, desk: Principal, session_as: SessionAs, clock: Clock
) -> None:
    with session_as(desk) as session:
        _appoint(session, encounter.patient_id, carer, clock, "appointments", "health", "messages", "bills")
    helper = client.sign_in(carer)
    contact = client.clinic.path(f"p/{encounter.patient_id}/details/contact")
    assert contact not in helper.get(client.clinic.path(f"p/{encounter.patient_id}/details")).links().values()
    assert helper.get(contact).status == 404


def test_what_a_proxy_was_not_given_reads_as_missing(
    client: PolicedClient, encounter: Encounter, carer: UUID, desk: Principal, session_as: SessionAs, clock: Clock
) -> None:
    with session_as(desk) as session:
        _appoint(session, encounter.patient_id, carer, clock, "bills")
    helper = client.sign_in(carer)
    assert helper.get(client.clinic.path(f"p/{encounter.patient_id}/")).status == 200
    assert helper.get(client.clinic.path(f"p/{encounter.patient_id}/appointments/{encounter.visit_id}")).status == 404
