"""A clinician's day."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.charting import NoteText, start_note
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.visits import arrive, visit_by_id
from tests.factories.identity import staff_member
from tests.factories.practitioners import make_practitioner
from tests.factories.visits import BookedVisit
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.workspaces.support import counted, reads_of

FRAGMENT = {"HX-Request": "true"}
Run = Callable[..., int]


@pytest.fixture
def clinician(client: PolicedClient, clock: Clock, booked: BookedVisit, run_tasks: Run) -> PolicedClient:
    run_tasks()
    clock.now = booked.starts_at - timedelta(minutes=5)
    return client.sign_in(booked.clinician)


def _come_in(database: Database, clinic: Clinic, clock: Clock, booked: BookedVisit) -> None:
    who = Principal.of(tenant_id=clinic.id, user_id=booked.account, roles=[Role.PATIENT]).acting(purpose="visits")
    with database.transaction(who) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit is not None
        arrive(session, visit=visit, now=clock.now)


def test_the_day_lists_own_visits_and_says_when_nobody_waits(clinician: PolicedClient, clinic: Clinic) -> None:
    page = clinician.get(clinic.path("staff/my-day"))
    assert page.status == 200
    assert "Nobody waits for you now" in page.text
    assert "Maria Gomez" in page.text


def test_who_comes_in_appears_by_itself_and_leads_to_the_visit(
    clinician: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit
) -> None:
    page = clinician.get(clinic.path("staff/my-day"))
    address = page.html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    _come_in(database, clinic, clock, booked)
    poll = clinician.get(address, headers=FRAGMENT)
    assert poll.status == 200
    assert "Waiting since" in poll.html
    assert clinic.path(f"staff/visits/{booked.visit_id}") in poll.html


def test_an_unchanged_poll_is_one_query_and_reads_nothing_of_patients(
    clinician: PolicedClient, clinic: Clinic, database: Database, worker_database: Database, booked: BookedVisit
) -> None:
    page = clinician.get(clinic.path("staff/my-day"))
    address = page.html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    before = reads_of(worker_database, clinic, booked.clinician)
    with counted(database) as statements:
        assert clinician.get(address, headers=FRAGMENT).status == 204
    assert len(statements) == 2
    assert reads_of(worker_database, clinic, booked.clinician) == before


def test_a_note_that_is_not_signed_is_listed(
    clinician: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit
) -> None:
    who = Principal.of(tenant_id=clinic.id, user_id=booked.clinician, roles=[Role.CLINICIAN]).acting(purpose="care")
    with database.transaction(who) as session:
        start_note(session, visit_id=booked.visit_id, text=NoteText(plan="Cream"), now=clock.now)
    page = clinician.get(clinic.path("staff/my-day"))
    assert "Notes to sign" in page.text
    assert f'href="{clinic.path(f"staff/visits/{booked.visit_id}")}#note"' in page.html


def test_a_colleague_sees_nothing_of_it(
    new_client: Callable[[], PolicedClient],
    clinic: Clinic,
    clock: Clock,
    worker_database: Database,
    database: Database,
    booked: BookedVisit,
    run_tasks: Run,
) -> None:
    run_tasks()
    clock.now = booked.starts_at - timedelta(minutes=5)
    _come_in(database, clinic, clock, booked)
    colleague, _ = make_practitioner(worker_database, clinic, now=clock.now, name="Dr. Omar Haddad")
    page = new_client().sign_in(colleague).get(clinic.path("staff/my-day"))
    assert "Nobody waits for you now" in page.text
    assert "Maria" not in page.html


def test_a_clinician_who_is_on_no_list_is_told_whom_to_ask(
    client: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    account = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)
    page = client.sign_in(account).get(clinic.path("staff/my-day"))
    assert "not on the clinic's list" in page.text


def test_the_desk_has_no_day_of_its_own(client: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    assert client.sign_in(booked.desk).get(clinic.path("staff/my-day")).status == 403
