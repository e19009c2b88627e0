"""What comes back to the visit: reports of the video sidecar, the device test, and the verbs of staff."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from portal.kernel.db import Database
from portal.kernel.events import Event, emit
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.kernel.video import (
    CallQualityReported,
    ParticipantJoined,
    ParticipantLeft,
    TicketRefused,
    read_ticket,
)
from portal.scheduling import appointment_by_id
from portal.visits import last_device_test, participations_of, quality_of, visit_by_id
from tests.factories.practitioners import make_practitioner
from tests.factories.visits import BookedVisit, make_booked_visit
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

RunTasks = Callable[..., int]
NewClient = Callable[[], PolicedClient]
CONNECTION = UUID("01920000-0000-7000-8000-000000000001")
GOOD = {
    "seconds": 30,
    "rtt_ms": 80,
    "loss_permille": 4,
    "concealed_permille": 2,
    "kbps": 240,
    "relayed": 0,
    "restarts": 1,
}


def report(database: Database, clinic: Clinic, *events: Event, clock: Clock) -> None:
    """As the sidecar does it: into the outbox."""
    with database.transaction(clinic.system("video")) as session:
        for event in events:
            emit(session, event, now=clock.now)


def who(booked: BookedVisit) -> dict[str, Any]:
    return {"visit_id": booked.visit_id, "participant_id": booked.account, "connection_id": CONNECTION}


def test_joining_leaving_and_coming_back_is_one_row_of_one_connection(
    worker_database: Database, clinic: Clinic, booked: BookedVisit, clock: Clock, run_tasks: RunTasks
) -> None:
    run_tasks()
    joined = ParticipantJoined(**who(booked), role="patient")
    for _ in range(2):
        report(worker_database, clinic, joined, clock=clock)
        run_tasks()
    (row,) = participations(worker_database, clinic, booked)
    assert (row.participant_id, row.role, row.left_at) == (booked.account, "patient", None)
    joined_at = row.joined_at

    clock.advance(minutes=9)
    report(worker_database, clinic, ParticipantLeft(**who(booked), reason="lost"), clock=clock)
    run_tasks()
    (row,) = participations(worker_database, clinic, booked)
    assert (row.joined_at, row.left_at, row.reason) == (joined_at, clock.now, "lost")

    report(worker_database, clinic, joined, clock=clock)
    run_tasks()
    (row,) = participations(worker_database, clinic, booked)
    assert (row.joined_at, row.left_at, row.reason) == (joined_at, None, None)


def participations(database: Database, clinic: Clinic, booked: BookedVisit) -> list[Any]:
    with database.transaction(clinic.system("visits")) as session:
        rows = participations_of(session, visit_id=booked.visit_id)
        session.expunge_all()
        return list(rows)


def test_the_quality_of_a_stretch_is_kept_once(
    worker_database: Database, clinic: Clinic, booked: BookedVisit, clock: Clock, run_tasks: RunTasks
) -> None:
    run_tasks()
    first, next_ = (CallQualityReported(**who(booked), **{**GOOD, "seconds": seconds}) for seconds in (30, 60))
    report(worker_database, clinic, first, first, clock=clock)
    run_tasks()
    report(worker_database, clinic, first, next_, clock=clock)
    run_tasks()
    with worker_database.transaction(clinic.system("visits")) as session:
        rows = quality_of(session, visit_id=booked.visit_id)
        assert [(row.seconds, row.kbps, row.restarts) for row in rows] == [(30, 240, 1), (60, 240, 1)]


def test_reports_of_a_visit_that_is_not_there_are_let_go(
    worker_database: Database, clinic: Clinic, booked: BookedVisit, clock: Clock, run_tasks: RunTasks
) -> None:
    nowhere = {**who(booked), "visit_id": new_id()}
    report(
        worker_database,
        clinic,
        ParticipantJoined(**nowhere, role="patient"),
        ParticipantLeft(**nowhere, reason="lost"),
        CallQualityReported(**nowhere, **GOOD),
        clock=clock,
    )
    run_tasks()
    with worker_database.transaction(clinic.system("tests")) as session:
        states = session.execute(text("SELECT state FROM kernel.task WHERE kind LIKE 'visits.note%'")).scalars()
        assert set(states) == {"done"}


def test_the_device_test_needs_each_answer(client: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    path = clinic.path(f"p/{booked.patient_id}/device-test")
    client.sign_in(booked.account)
    answer = client.submit(client.get(path), {"camera": "yes"}, button="Save the result")
    assert answer.status == 422
    assert answer.errors
    assert "Your last test" not in client.get(path).text


@pytest.mark.parametrize(
    ("camera", "microphone", "verdict"), [("yes", "yes", "video"), ("no", "yes", "audio"), ("yes", "no", "message")]
)
def test_by_hand_the_answers_give_the_verdict(
    client: PolicedClient,
    database: Database,
    clinic: Clinic,
    booked: BookedVisit,
    camera: str,
    microphone: str,
    verdict: str,
) -> None:
    given = {"camera": camera, "microphone": microphone, "speaker": "yes"}
    answer = take_test(client, clinic, booked, given)
    assert answer.status == 303
    assert answer.location.endswith("#result")
    assert device_of(database, clinic, booked) == (verdict, camera, "unknown", None)


def test_what_the_script_measured_counts(
    client: PolicedClient, database: Database, clinic: Clinic, booked: BookedVisit
) -> None:
    given = {"camera": "yes", "microphone": "yes", "speaker": "yes"}
    take_test(client, clinic, booked, {**given, "verdict": "audio", "echo": "yes", "up_kbps": "90", "down_kbps": "120"})
    assert device_of(database, clinic, booked) == ("audio", "yes", "yes", 90)


@pytest.mark.parametrize("nonsense", ["-5", "1e9", "٣٠", "²", "9" * 30, "<b>"])
def test_what_a_script_would_never_send_is_not_believed(
    client: PolicedClient, database: Database, clinic: Clinic, booked: BookedVisit, nonsense: str
) -> None:
    given = {"camera": "yes", "microphone": "yes", "speaker": "yes"}
    answer = take_test(client, clinic, booked, {**given, "verdict": "root", "echo": "maybe", "up_kbps": nonsense})
    assert answer.status == 303
    assert device_of(database, clinic, booked) == ("video", "yes", "unknown", None)


def take_test(client: PolicedClient, clinic: Clinic, booked: BookedVisit, given: dict[str, str]) -> Any:
    page = client.sign_in(booked.account).get(clinic.path(f"p/{booked.patient_id}/device-test"))
    return client.submit(page, given, button="Save the result")


def device_of(database: Database, clinic: Clinic, booked: BookedVisit) -> tuple[str, str, str, int | None]:
    principal = Principal.of(tenant_id=clinic.id, user_id=booked.account, roles=[Role.PATIENT]).acting(purpose="visits")
    with database.transaction(principal) as session:
        row = last_device_test(session, patient_id=booked.patient_id, since=booked.starts_at - timedelta(days=9))
        assert row is not None
        return row.verdict, row.camera, row.echo, row.up_kbps


def test_a_ticket_names_who_and_where_for_a_minute(
    client: PolicedClient,
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
) -> None:
    clock.now = booked.starts_at
    client.sign_in(booked.account)
    client.submit(client.get(booked.page(clinic)), button="Come in")
    ticket = client.post(booked.page(clinic) + "/ticket").response.json["ticket"]
    key = client.app.extensions["settings"].video_ticket_key.get_secret_value()
    claims = read_ticket(ticket, key=key, now=clock.now)
    assert (claims.tenant_id, claims.visit_id, claims.participant_id) == (clinic.id, booked.visit_id, booked.account)
    with pytest.raises(TicketRefused):
        read_ticket(ticket, key=key, now=clock.now + timedelta(seconds=61))
    with pytest.raises(TicketRefused):
        read_ticket(ticket[:-3] + "AAA", key=key, now=clock.now)


VERBS = ("admit", "end", "ticket", "check-in", "no-show")
CLINICIANS = {"admit", "end", "ticket"}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("person", ["clinician", "desk", "account", "admin"])
def test_each_verb_is_for_those_whose_work_it_is(
    verb: str, person: str, new_client: NewClient, clinic: Clinic, booked: BookedVisit, run_tasks: RunTasks
) -> None:
    run_tasks()
    answer = new_client().sign_in(getattr(booked, person)).post(clinic.path(f"staff/visits/{booked.visit_id}/{verb}"))
    allowed = {"clinician"} if verb in CLINICIANS else {"desk", "admin"}
    if person in allowed:
        assert answer.status == (409 if verb == "ticket" else 303)
    else:
        assert answer.status == 403


@pytest.mark.parametrize("verb", VERBS)
def test_another_clinics_visit_is_not_there(
    verb: str,
    new_client: NewClient,
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    other_clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
) -> None:
    foreign = make_booked_visit(worker_database, database, other_clinic, now=clock.now)
    browser = new_client().sign_in(booked.clinician if verb in CLINICIANS else booked.desk)
    answers = [browser.post(clinic.path(f"staff/visits/{visit}/{verb}")) for visit in (foreign.visit_id, new_id())]
    assert [answer.status for answer in answers] == [404, 404]


@pytest.mark.parametrize("verb", sorted(CLINICIANS))
def test_a_clinician_who_may_not_see_the_patient_finds_no_visit(
    verb: str,
    new_client: NewClient,
    worker_database: Database,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
    run_tasks: RunTasks,
) -> None:
    run_tasks()
    colleague, _ = make_practitioner(worker_database, clinic, now=clock.now, name="Dr. Lee Colleague")
    browser = new_client().sign_in(colleague)
    assert browser.post(clinic.path(f"staff/visits/{booked.visit_id}/{verb}")).status == 404
    assert browser.get(clinic.path(f"staff/visits/{booked.visit_id}")).status == 404


def test_who_does_not_come_is_noted_and_the_room_is_closed(
    new_client: NewClient,
    worker_database: Database,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
    run_tasks: RunTasks,
) -> None:
    run_tasks()
    clock.now = booked.starts_at + timedelta(minutes=20)
    desk = new_client().sign_in(booked.desk)
    for _ in range(2):
        assert desk.post(clinic.path(f"staff/visits/{booked.visit_id}/no-show")).status == 303
    with worker_database.transaction(clinic.system("visits")) as session:
        visit, appointment = (
            visit_by_id(session, visit_id=booked.visit_id),
            appointment_by_id(session, appointment_id=booked.visit_id),
        )
        assert visit is not None and appointment is not None
        assert (visit.state, appointment.status) == ("noshow", "noshow")


def test_who_comes_late_after_all_is_let_in_and_seen(
    new_client: NewClient,
    worker_database: Database,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
    run_tasks: RunTasks,
) -> None:
    run_tasks()
    clock.now = booked.starts_at + timedelta(minutes=20)
    new_client().sign_in(booked.desk).post(clinic.path(f"staff/visits/{booked.visit_id}/no-show"))
    run_tasks()
    patient = new_client().sign_in(booked.account)
    assert patient.submit(patient.get(booked.page(clinic)), button="Come in").status == 303
    clinician = new_client().sign_in(booked.clinician)
    for verb in ("admit", "end"):
        clinician.post(clinic.path(f"staff/visits/{booked.visit_id}/{verb}"), {"outcome": "completed"})
    with worker_database.transaction(clinic.system("visits")) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        appointment = appointment_by_id(session, appointment_id=booked.visit_id)
        assert visit is not None and appointment is not None
        assert (visit.state, appointment.status) == ("finished", "fulfilled")


def test_a_visit_that_goes_on_cannot_be_a_no_show(
    new_client: NewClient,
    worker_database: Database,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
    run_tasks: RunTasks,
) -> None:
    run_tasks()
    clock.now = booked.starts_at
    patient = new_client().sign_in(booked.account)
    patient.submit(patient.get(booked.page(clinic)), button="Come in")
    clinician = new_client().sign_in(booked.clinician)
    clinician.post(clinic.path(f"staff/visits/{booked.visit_id}/admit"))
    new_client().sign_in(booked.desk).post(clinic.path(f"staff/visits/{booked.visit_id}/no-show"))
    with worker_database.transaction(clinic.system("visits")) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit is not None
        assert visit.state == "in_progress"
