"""The clinician's visit page: before, during and after the call."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.charting import record_allergy, record_vital_sign
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.visits import arrive, visit_by_id
from tests.factories.intake import ANSWERS, make_intake
from tests.factories.practitioners import make_practitioner
from tests.factories.visits import BookedVisit
from tests.support.client import BASE, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.workspaces.support import counted, last_read_of, reads_of

FRAGMENT = {"HX-Request": "true"}
NOTE = {"subjective": "Itching for three days", "objective": "", "assessment": "Eczema", "plan": "Cream"}
Run = Callable[..., int]


def _patient(clinic: Clinic, booked: BookedVisit) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=booked.account, roles=[Role.PATIENT]).acting(purpose="visits")


def _clinician(clinic: Clinic, booked: BookedVisit) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=booked.clinician, roles=[Role.CLINICIAN]).acting(purpose="care")


@pytest.fixture
def at_the_time(clock: Clock, booked: BookedVisit, run_tasks: Run) -> None:
    run_tasks()
    clock.now = booked.starts_at - timedelta(minutes=5)


@pytest.fixture
def path(clinic: Clinic, booked: BookedVisit) -> str:
    return clinic.path(f"staff/visits/{booked.visit_id}")


@pytest.fixture
def clinician(client: PolicedClient, booked: BookedVisit, at_the_time: None) -> PolicedClient:
    return client.sign_in(booked.clinician)


@pytest.fixture
def waiting(database: Database, clinic: Clinic, clock: Clock, booked: BookedVisit, at_the_time: None) -> None:
    """The patient has come in."""
    with database.transaction(_patient(clinic, booked)) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit is not None
        arrive(session, visit=visit, now=clock.now)


@pytest.fixture
def in_call(clinician: PolicedClient, path: str, waiting: None) -> PolicedClient:
    clinician.submit(clinician.get(path), button="Admit the patient")
    return clinician


def test_everything_stands_on_one_screen_before_admitting(
    clinician: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit, path: str
) -> None:
    make_intake(database, clinic, account_id=booked.account, patient_id=booked.patient_id, now=clock.now)
    with database.transaction(_clinician(clinic, booked)) as session:
        record_allergy(
            session, patient_id=booked.patient_id, display="Latex", criticality="high", reaction="Rash", now=clock.now
        )
        record_vital_sign(
            session,
            patient_id=booked.patient_id,
            code="8867-4",
            display="Heart rate",
            value=72,
            unit="/min",
            effective_at=clock.now,
            now=clock.now,
        )
    page = clinician.get(path)
    assert page.status == 200
    for words in (
        "Maria Gomez", "Age", "English", "First visit", "An itching rash on my arm", "Metformin", "Latex", "Dangerous",
        "72", "Consent signed", "Device not tested", "Health questions answered",
    ):  # fmt: skip
        assert words in page.text, words
    assert "Admit" not in page.text


def test_a_red_flag_stands_above_everything_and_says_what_it_is(
    clinician: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit, path: str
) -> None:
    answers = {"reason": ANSWERS["reason"], "safety": {"warning_signs": ["chest-pain"]}}
    make_intake(
        database, clinic, account_id=booked.account, patient_id=booked.patient_id, now=clock.now, answers=answers,
        send=False,
    )  # fmt: skip
    assert "Red flag: Chest pain or pressure" in clinician.get(path).text


def test_a_visit_that_is_not_planned_yet_shows_what_is_known(
    client: PolicedClient, booked: BookedVisit, path: str
) -> None:
    page = client.sign_in(booked.clinician).get(path)
    assert page.status == 200
    assert "Booked" in page.text


def test_the_page_shows_by_itself_who_has_come(
    clinician: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit, path: str
) -> None:
    page = clinician.get(path)
    address = page.html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert clinician.get(address, headers=FRAGMENT).status == 204
    with database.transaction(_patient(clinic, booked)) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit is not None
        arrive(session, visit=visit, now=clock.now)
    poll = clinician.get(address, headers=FRAGMENT)
    assert poll.status == 200
    assert "Admit the patient" in poll.html
    assert "<html" not in poll.html
    assert "Number 1 in your waiting room" in poll.html


def test_an_unchanged_poll_reads_nothing_of_the_patient(
    clinician: PolicedClient, clinic: Clinic, worker_database: Database, booked: BookedVisit, path: str
) -> None:
    page = clinician.get(path)
    address = page.html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    before = reads_of(worker_database, clinic, booked.clinician)
    clinician.get(address, headers=FRAGMENT)
    assert reads_of(worker_database, clinic, booked.clinician) == before


def test_admitting_opens_the_call_beside_the_note(clinician: PolicedClient, path: str, waiting: None) -> None:
    page = clinician.get(path)
    assert "camera=()" in page.response.headers["Permissions-Policy"]
    call = clinician.submit(page, button="Admit the patient", follow=True)
    assert call.url == path
    assert "camera=(self)" in call.response.headers["Permissions-Policy"]
    assert f'data-ticket-url="{path}/ticket"' in call.html
    assert "data-autosave" in call.html
    assert 'id="chat"' in call.html
    assert "What is known of the patient" in call.text


def test_a_message_is_written_and_comes_back_on_the_page(in_call: PolicedClient, path: str) -> None:
    page = in_call.submit(in_call.get(path), {"body": "Can you hear me?"}, button="Send", follow=True)
    assert page.url.startswith(path)
    assert "Can you hear me?" in page.text


def test_the_note_is_signed_on_the_page_and_then_only_added_to(in_call: PolicedClient, path: str) -> None:
    page = in_call.submit(in_call.get(path), NOTE, button="Save the draft", follow=True)
    assert page.url.startswith(path)
    assert "Itching for three days" in page.html
    signed = in_call.submit(page, NOTE, button="Sign the note", follow=True)
    assert "Signed" in signed.text
    assert "Add to the note" in signed.text
    added = in_call.submit(signed, {"addendum": "Called once more."}, button="Add", follow=True)
    assert "Called once more." in added.text


def test_ending_the_visit_leads_to_what_comes_next(in_call: PolicedClient, booked: BookedVisit, path: str) -> None:
    after = in_call.submit(in_call.get(path), {"outcome": "completed"}, button="End the visit", follow=True)
    assert "Done" in after.text
    assert "The note is not signed yet" in after.text
    assert after.links()["Book a follow-up visit"].endswith(f"?patient={booked.patient_id}")
    assert "camera=()" in after.response.headers["Permissions-Policy"]
    assert "Sign the note" in after.text


def test_a_stage_reads_only_what_it_shows(
    in_call: PolicedClient, clinic: Clinic, worker_database: Database, booked: BookedVisit, path: str
) -> None:
    in_call.submit(in_call.get(path), {"body": "Can you hear me?"}, button="Send", follow=True)
    in_call.get(path)
    assert "ChatMessage" in last_read_of(worker_database, clinic, booked.clinician)
    in_call.submit(in_call.get(path), {"outcome": "completed"}, button="End the visit", follow=True)
    in_call.get(path)
    assert "Visit" in last_read_of(worker_database, clinic, booked.clinician)
    assert "ChatMessage" not in last_read_of(worker_database, clinic, booked.clinician)


def test_the_follow_up_that_was_booked_is_shown(
    in_call: PolicedClient,
    clinic: Clinic,
    clock: Clock,
    worker_database: Database,
    booked: BookedVisit,
    path: str,
) -> None:
    from tests.factories.scheduling import make_appointment

    make_appointment(
        worker_database, clinic, patient_id=booked.patient_id, visit_type_id=booked.visit_type_id, now=clock.now
    )
    after = in_call.submit(in_call.get(path), {"outcome": "completed"}, button="End the visit", follow=True)
    assert "Booked for this patient" in after.text


def test_a_note_that_is_sent_after_the_session_ended_is_kept_and_saved_after_signing_in(
    in_call: PolicedClient, booked: BookedVisit, path: str
) -> None:
    page = in_call.get(path)
    with in_call.browser.session_transaction(base_url=BASE) as session:
        held = session.pop("_user_id")
    refused = in_call.submit(page, NOTE, button="Save the draft")
    assert refused.status == 401
    assert "Itching for three days" in refused.html
    assert held
    in_call.sign_in(booked.clinician)
    saved = in_call.submit(refused, button="Send it again", follow=True)
    assert saved.url.startswith(path)
    assert "Itching for three days" in in_call.get(path).html


def test_without_a_session_the_page_leads_back_to_itself_after_signing_in(
    new_client: Callable[[], PolicedClient], path: str, at_the_time: None
) -> None:
    page = new_client().get(path)
    assert page.status == 303
    assert page.location.endswith(f"next={path.replace('/', '%2F')}")


def test_a_second_tab_loses_nothing(in_call: PolicedClient, path: str) -> None:
    first, second = in_call.get(path), in_call.get(path)
    in_call.submit(first, NOTE, button="Save the draft")
    answer = in_call.submit(second, {**NOTE, "plan": "Tablets"}, button="Save the draft", follow=True)
    assert "Two versions of the note" in answer.text
    assert "Cream" in answer.text
    assert "Tablets" in answer.text


def test_a_poll_without_a_session_asks_the_browser_to_sign_in_and_is_swapped_nowhere(
    new_client: Callable[[], PolicedClient], path: str, at_the_time: None
) -> None:
    answer = new_client().get(path, headers={**FRAGMENT, "HX-Current-URL": f"{BASE}{path}"})
    assert answer.status == 401
    assert "/sign-in?next=" in answer.response.headers["HX-Redirect"]


def test_the_number_of_queries_does_not_grow_with_the_answers(
    clinician: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit, path: str
) -> None:
    make_intake(database, clinic, account_id=booked.account, patient_id=booked.patient_id, now=clock.now)
    with counted(database) as statements:
        clinician.get(path)
    reading = [one for one in statements if not one.startswith(("INSERT", "UPDATE"))]
    assert len(reading) <= 11, "\n".join(reading)


def test_only_clinicians_with_a_grant_may_open_it(
    new_client: Callable[[], PolicedClient],
    worker_database: Database,
    clinic: Clinic,
    other_clinic: Clinic,
    clock: Clock,
    booked: BookedVisit,
    path: str,
    at_the_time: None,
) -> None:
    stranger, _ = make_practitioner(worker_database, clinic, now=clock.now, name="Dr. Omar Haddad")
    missing = clinic.path(f"staff/visits/{new_id()}")
    assert new_client().sign_in(stranger).get(path).status == 404
    assert new_client().sign_in(booked.clinician).get(missing).status == 404
    assert new_client().sign_in(booked.desk).get(path).status == 403
    assert new_client().sign_in(booked.account).get(path).status == 403
    outsider, _ = make_practitioner(worker_database, other_clinic, now=clock.now)
    foreign = new_client().sign_in(outsider, clinic=other_clinic)
    assert foreign.get(other_clinic.path(f"staff/visits/{booked.visit_id}")).status == 404


def test_who_was_marked_as_not_come_and_comes_after_all_is_seen(
    clinician: PolicedClient,
    new_client: Callable[[], PolicedClient],
    clinic: Clinic,
    clock: Clock,
    database: Database,
    booked: BookedVisit,
    path: str,
) -> None:
    clock.advance(minutes=15)
    desk = new_client().sign_in(booked.desk)
    board = clinic.path("staff/")
    assert "Did not come" in desk.submit(desk.get(board), button="Did not come", follow=True).text
    with database.transaction(_patient(clinic, booked)) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit is not None
        arrive(session, visit=visit, now=clock.now)
    assert "In the waiting room" in desk.get(board).text
    clinician.submit(clinician.get(path), button="Admit the patient")
    after = clinician.submit(clinician.get(path), {"outcome": "completed"}, button="End the visit", follow=True)
    assert after.status == 200
    assert "Done" in after.text
