"""Whoever is signed out everywhere, or takes the consent back, is out of the call, too."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import update

from portal.identity import RolesChanged
from portal.identity.models import RoleAssignment
from portal.kernel.db import Database
from portal.kernel.events import emit
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.kernel.video import CHANNEL, ParticipantJoined, ParticipantLeft
from tests.factories.visits import BookedVisit
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

RunTasks = Callable[..., int]
NewClient = Callable[[], PolicedClient]
Heard = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def heard(urls: dict[str, str], clinic: Clinic) -> Iterator[Heard]:
    """Notices of this clinic to open sockets since the last time, as the sidecar hears them."""
    with psycopg.connect(urls["portal_signaling"].replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")

        def since() -> list[dict[str, Any]]:
            notices = [json.loads(one.payload) for one in connection.notifies(timeout=0.2)]
            return [one for one in notices if one["tenant"] == str(clinic.id)]

        yield since


@pytest.fixture
def in_call(worker_database: Database, clinic: Clinic, booked: BookedVisit, clock: Clock, run_tasks: RunTasks) -> Any:
    """The clinician's page is connected to the call."""
    run_tasks()
    who = {"visit_id": booked.visit_id, "participant_id": booked.clinician, "connection_id": new_id()}
    with worker_database.transaction(clinic.system("video")) as session:
        emit(session, ParticipantJoined(**who, role="clinician"), now=clock.now)
    run_tasks()
    return who


@pytest.mark.usefixtures("in_call")
def test_signing_out_withdraws_from_the_call(
    new_client: NewClient, clinic: Clinic, booked: BookedVisit, run_tasks: RunTasks, heard: Heard
) -> None:
    new_client().sign_in(booked.clinician).post(clinic.path("sign-out"))
    run_tasks()
    assert heard() == [
        {
            "tenant": str(clinic.id),
            "visit": str(booked.visit_id),
            "kind": "withdrawn",
            "participant": str(booked.clinician),
            "role": None,
        }
    ]


@pytest.mark.usefixtures("in_call")
def test_as_long_as_another_browser_is_signed_in_nobody_is_withdrawn(
    new_client: NewClient, clinic: Clinic, booked: BookedVisit, run_tasks: RunTasks, heard: Heard
) -> None:
    here, there = new_client().sign_in(booked.clinician), new_client().sign_in(booked.clinician)
    page = here.get(clinic.path("sessions"))
    here.post(clinic.path("sessions/revoke-others"))
    run_tasks()
    assert page.status == 200
    assert there.get(clinic.path("sessions")).status == 303
    assert heard() == []
    here.post(clinic.path("sign-out"))
    run_tasks()
    assert [one["kind"] for one in heard()] == ["withdrawn"]


def test_who_has_left_is_not_withdrawn(
    in_call: Any,
    worker_database: Database,
    new_client: NewClient,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
    run_tasks: RunTasks,
    heard: Heard,
) -> None:
    with worker_database.transaction(clinic.system("video")) as session:
        emit(session, ParticipantLeft(**in_call, reason="hung-up"), now=clock.now)
    run_tasks()
    new_client().sign_in(booked.clinician).post(clinic.path("sign-out"))
    run_tasks()
    assert heard() == []


@pytest.mark.usefixtures("in_call")
def test_somebody_elses_signing_out_withdraws_nobody(
    new_client: NewClient, clinic: Clinic, booked: BookedVisit, run_tasks: RunTasks, heard: Heard
) -> None:
    new_client().sign_in(booked.account).post(clinic.path("sign-out"))
    run_tasks()
    assert heard() == []


@pytest.fixture
def patient(client: PolicedClient, booked: BookedVisit, clinic: Clinic, clock: Clock, run_tasks: RunTasks) -> Any:
    """The patient's browser, in the waiting room."""
    run_tasks()
    clock.now = booked.starts_at - timedelta(minutes=10)
    page = client.sign_in(booked.account).get(booked.page(clinic))
    assert client.submit(page, button="Come in").status == 303
    return client


def take_consent_back(client: PolicedClient, booked: BookedVisit) -> None:
    signed = client.get(client.clinic.path(f"p/{booked.patient_id}/consent"), follow=True)
    asked = client.get(f"{signed.url}/withdraw")
    assert client.submit(asked, button="Withdraw my consent").status == 303


def patients_side(booked: BookedVisit, clinic: Clinic) -> dict[str, Any]:
    return {
        "tenant": str(clinic.id),
        "visit": str(booked.visit_id),
        "kind": "withdrawn",
        "participant": None,
        "role": "patient",
    }


def test_who_takes_the_consent_back_loses_the_place_in_the_waiting_room_and_keeps_the_visit(
    patient: PolicedClient, booked: BookedVisit, clinic: Clinic, run_tasks: RunTasks, heard: Heard
) -> None:
    heard()
    take_consent_back(patient, booked)
    run_tasks()
    assert heard() == [patients_side(booked, clinic)]
    page = patient.get(booked.page(clinic))
    assert "Please sign the consent first" in patient.submit(page, button="Come in").text
    assert patient.post(booked.page(clinic) + "/ticket").status == 409


def test_who_takes_the_consent_back_in_a_call_is_out_of_it_and_comes_back_by_signing(
    patient: PolicedClient,
    new_client: NewClient,
    booked: BookedVisit,
    clinic: Clinic,
    clock: Clock,
    run_tasks: RunTasks,
    heard: Heard,
) -> None:
    clinician = new_client().sign_in(booked.clinician)
    assert clinician.post(clinic.path(f"staff/visits/{booked.visit_id}/admit")).status == 303
    heard()
    take_consent_back(patient, booked)
    # At once, before any job has run.
    assert patient.post(booked.page(clinic) + "/ticket").status == 409
    assert "Please sign the consent first" in patient.get(booked.page(clinic)).text
    run_tasks()
    assert heard() == [patients_side(booked, clinic)]
    assert "Consent withdrawn" in clinician.get(clinic.path(f"staff/visits/{booked.visit_id}")).text
    clock.advance(minutes=1)
    page = patient.get(clinic.path(f"p/{booked.patient_id}/consent"))
    patient.submit(page, {"typed_name": "Maria Gomez", "agreed": "y"}, button="Sign")
    assert "Video visit with" in patient.get(booked.page(clinic)).text
    assert patient.post(booked.page(clinic) + "/ticket").status == 200


def test_signed_again_before_the_job_has_run_nobody_is_turned_away(
    patient: PolicedClient, booked: BookedVisit, clinic: Clinic, clock: Clock, run_tasks: RunTasks, heard: Heard
) -> None:
    heard()
    take_consent_back(patient, booked)
    clock.advance(minutes=1)
    page = patient.get(clinic.path(f"p/{booked.patient_id}/consent"))
    patient.submit(page, {"typed_name": "Maria Gomez", "agreed": "y"}, button="Sign")
    run_tasks()
    assert heard() == []
    assert "You are next." in patient.get(booked.page(clinic)).text


def changed_roles(worker_database: Database, clinic: Clinic, booked: BookedVisit, clock: Clock) -> None:
    with worker_database.transaction(clinic.system("provisioning")) as session:
        emit(session, RolesChanged(account_id=booked.clinician), now=clock.now)


@pytest.mark.usefixtures("in_call")
def test_who_is_no_clinician_any_more_is_out_of_the_call_although_signed_in(
    new_client: NewClient,
    worker_database: Database,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
    run_tasks: RunTasks,
    heard: Heard,
) -> None:
    new_client().sign_in(booked.clinician)
    administrator = Principal.of(tenant_id=clinic.id, user_id=new_id(), roles=[Role.CLINIC_ADMIN])
    administrator = administrator.acting(purpose="people")
    with worker_database.transaction(administrator) as session:
        session.execute(
            update(RoleAssignment)
            .where(RoleAssignment.account_id == booked.clinician)
            .values(until=clock.now)
            .execution_options(synchronize_session=False)
        )
    changed_roles(worker_database, clinic, booked, clock)
    run_tasks()
    assert [(one["kind"], one["participant"]) for one in heard()] == [("withdrawn", str(booked.clinician))]


@pytest.mark.usefixtures("in_call")
def test_who_gets_another_role_beside_stays_in_the_call(
    worker_database: Database, clinic: Clinic, booked: BookedVisit, clock: Clock, run_tasks: RunTasks, heard: Heard
) -> None:
    changed_roles(worker_database, clinic, booked, clock)
    run_tasks()
    assert heard() == []
