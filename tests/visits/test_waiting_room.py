"""From the booked visit through the waiting room into the call, and out."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.kernel.db import Database
from portal.visits import admit, end_visit, visit_by_id
from tests.factories.visits import BookedVisit, make_booked_visit
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

RunTasks = Callable[..., int]
NewClient = Callable[[], PolicedClient]


@pytest.fixture
def patient(client: PolicedClient, booked: BookedVisit, clock: Clock) -> PolicedClient:
    """The patient's browser, ten minutes before the visit."""
    clock.now = booked.starts_at - timedelta(minutes=10)
    return client.sign_in(booked.account)


@pytest.fixture
def clinician(new_client: NewClient, booked: BookedVisit, patient: PolicedClient) -> PolicedClient:
    return new_client().sign_in(booked.clinician)


def come_in(patient: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    page = patient.get(booked.page(clinic))
    assert patient.submit(page, button="Come in").status == 303


def test_before_the_room_opens_the_page_says_when(
    client: PolicedClient, clinic: Clinic, booked: BookedVisit, clock: Clock
) -> None:
    clock.now = booked.starts_at - timedelta(hours=2)
    page = client.sign_in(booked.account).get(booked.page(clinic))
    assert "The waiting room opens at" in page.text
    assert page.forms() == []
    assert client.post(booked.page(clinic)).status == 422


def test_the_patient_takes_a_place_and_keeps_it(patient: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    come_in(patient, clinic, booked)
    assert "You are next." in patient.get(booked.page(clinic)).text
    assert patient.post(booked.page(clinic)).status == 303
    assert "You are next." in patient.get(booked.page(clinic)).text


def test_the_waiting_room_works_without_scripts(patient: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    come_in(patient, clinic, booked)
    assert '<noscript><meta http-equiv="refresh"' in patient.get(booked.page(clinic)).html


def test_the_live_part_is_a_block_of_the_same_page(patient: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    come_in(patient, clinic, booked)
    part = patient.get(booked.page(clinic), headers={"HX-Request": "true"})
    assert "You are next." in part.html
    assert "<html" not in part.html
    assert "HX-Request" in part.response.headers["Vary"]


def _asks(page: Page) -> str:
    found = re.search(r'hx-get="([^"]+)"', page.html)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_the_waiting_room_hears_nothing_until_its_place_changes(
    patient: PolicedClient, clinic: Clinic, booked: BookedVisit, clock: Clock
) -> None:
    come_in(patient, clinic, booked)
    again, htmx = _asks(patient.get(booked.page(clinic))), {"HX-Request": "true"}
    assert patient.get(again, headers=htmx).status == 204
    clock.advance(minutes=2)
    assert "Last looked at" in patient.get(again, headers=htmx).html
    assert patient.get(again).status == 200


def test_the_call_hears_nothing_while_it_goes_on_and_that_it_is_over_once_it_is(
    patient: PolicedClient, worker_database: Database, clinic: Clinic, booked: BookedVisit, clock: Clock
) -> None:
    come_in(patient, clinic, booked)
    htmx = {"HX-Request": "true"}
    waited_for = _asks(patient.get(booked.page(clinic)))
    with worker_database.transaction(clinic.system("visits")) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit is not None
        admit(session, visit=visit, now=clock.now)
    assert "same link brings you back" in patient.get(waited_for, headers=htmx).html
    asks = _asks(patient.get(booked.page(clinic)))
    assert patient.get(asks, headers=htmx).status == 204
    with worker_database.transaction(clinic.system("visits")) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit is not None
        end_visit(session, visit=visit, now=clock.now)
    assert patient.get(asks, headers=htmx).status == 200


def test_joining_needs_the_consent_in_force(
    client: PolicedClient, worker_database: Database, database: Database, clinic: Clinic, clock: Clock
) -> None:
    booked = make_booked_visit(worker_database, database, clinic, now=clock.now, consent=False)
    clock.now = booked.starts_at
    client.sign_in(booked.account)
    answer = client.submit(client.get(booked.page(clinic)), button="Come in")
    assert answer.status == 422
    assert "sign the consent first" in answer.text
    assert client.post(booked.page(clinic) + "/ticket").status in {404, 409}


def test_a_second_patient_sees_how_many_are_before_them_and_not_who(
    worker_database: Database,
    patient: PolicedClient,
    new_client: NewClient,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
) -> None:
    from tests.factories.consent import sign_telehealth
    from tests.factories.scheduling import free_slots, make_appointment

    clock.now = booked.starts_at - timedelta(days=1)
    later = free_slots(worker_database, clinic, booked.visit_type_id, now=clock.now, after=booked.starts_at)[0]
    second = make_appointment(
        worker_database,
        clinic,
        patient_id=booked.stranger_id,
        visit_type_id=booked.visit_type_id,
        now=clock.now,
        slot=later,
    )
    door_database = patient.app.extensions["portal"].database
    sign_telehealth(door_database, clinic, account_id=booked.stranger, patient_id=booked.stranger_id, now=clock.now)
    clock.now = booked.starts_at
    come_in(patient, clinic, booked)
    clock.advance(minutes=1)
    other = new_client().sign_in(booked.stranger)
    path = clinic.path(f"p/{booked.stranger_id}/visits/{second}")
    other.submit(other.get(path), button="Come in")
    page = other.get(path)
    assert "1 person is before you." in page.text
    assert "Maria" not in page.html


def test_the_clinician_admits_and_both_may_have_a_ticket(
    patient: PolicedClient, clinician: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    come_in(patient, clinic, booked)
    assert clinician.post(clinic.path(f"staff/visits/{booked.visit_id}/admit")).status == 303
    page = patient.get(booked.page(clinic))
    assert "Video visit with Dr. Priya Raman" in page.text
    assert page.response.headers["Permissions-Policy"].startswith("camera=(self)")
    for browser, path in (
        (patient, booked.page(clinic) + "/ticket"),
        (clinician, clinic.path(f"staff/visits/{booked.visit_id}/ticket")),
    ):
        answer = browser.post(path)
        assert answer.status == 200
        assert answer.response.json["ticket"]
        assert answer.response.json["ticket"] not in page.html


def test_only_pages_of_a_call_may_use_the_camera(patient: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    page = patient.get(booked.page(clinic))
    assert page.response.headers["Permissions-Policy"].startswith("camera=()")


def test_admitting_somebody_who_is_not_there_changes_nothing(
    clinician: PolicedClient, worker_database: Database, clinic: Clinic, booked: BookedVisit, run_tasks: RunTasks
) -> None:
    run_tasks()
    clinician.post(clinic.path(f"staff/visits/{booked.visit_id}/admit"))
    with worker_database.transaction(clinic.system("visits")) as session:
        assert visit_by_id(session, visit_id=booked.visit_id).state == "planned"


def test_the_visit_ends_once_and_the_room_is_closed(
    patient: PolicedClient, clinician: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    come_in(patient, clinic, booked)
    clinician.post(clinic.path(f"staff/visits/{booked.visit_id}/admit"))
    for _ in range(2):
        path = clinic.path(f"staff/visits/{booked.visit_id}/end")
        assert clinician.post(path, {"outcome": "completed"}).status == 303
    assert "The visit is over." in patient.get(booked.page(clinic)).text
    assert patient.post(booked.page(clinic) + "/ticket").status == 409


def test_messages_are_stored_with_the_visit_and_shown_to_both(
    patient: PolicedClient, clinician: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    come_in(patient, clinic, booked)
    clinician.post(clinic.path(f"staff/visits/{booked.visit_id}/admit"))
    page = patient.get(booked.page(clinic))
    assert patient.submit(page, {"body": "Can you hear <b>me</b>?"}).status == 303
    seen = clinician.get(clinic.path(f"staff/visits/{booked.visit_id}/chat"), headers={"HX-Request": "true"})
    assert "Can you hear &lt;b&gt;me&lt;/b&gt;?" in seen.html


def test_an_empty_message_comes_back_with_a_sentence(
    patient: PolicedClient, clinician: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    come_in(patient, clinic, booked)
    answer = patient.post(booked.page(clinic) + "/chat", {"body": "  "})
    assert answer.status == 422
    assert answer.errors


def test_a_message_sent_twice_stands_once(
    patient: PolicedClient, clinician: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    come_in(patient, clinic, booked)
    clinician.post(clinic.path(f"staff/visits/{booked.visit_id}/admit"))
    page = patient.get(booked.page(clinic))
    first = patient.submit(page, {"body": "Only once"})
    second = patient.submit(page, {"body": "Only once"})
    assert first.location == second.location
    assert patient.get(booked.page(clinic) + "/chat").html.count("Only once") == 1


def test_the_desk_checks_somebody_in_who_phones(
    new_client: NewClient, patient: PolicedClient, worker_database: Database, clinic: Clinic, booked: BookedVisit
) -> None:
    desk = new_client().sign_in(booked.desk)
    assert desk.post(clinic.path(f"staff/visits/{booked.visit_id}/check-in")).status == 303
    with worker_database.transaction(clinic.system("visits")) as session:
        assert visit_by_id(session, visit_id=booked.visit_id).state == "arrived"


@pytest.mark.parametrize("who", ["stranger", "clinician", "desk"])
def test_nobody_else_gets_into_the_patients_room(
    who: str, new_client: NewClient, patient: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    come_in(patient, clinic, booked)
    other = new_client().sign_in(getattr(booked, who))
    expected = 404 if who == "stranger" else 403
    assert other.get(booked.page(clinic)).status == expected
    assert other.post(booked.page(clinic) + "/ticket").status == expected
    assert other.post(booked.page(clinic) + "/chat", {"body": "x"}).status == expected


def test_a_cancelled_visit_has_no_room(
    patient: PolicedClient,
    worker_database: Database,
    clinic: Clinic,
    booked: BookedVisit,
    clock: Clock,
    run_tasks: RunTasks,
) -> None:
    from portal.scheduling import cancel_appointment

    run_tasks()
    with worker_database.transaction(clinic.system("scheduling")) as session:
        cancel_appointment(session, appointment_id=booked.visit_id, reason="prov", by_staff=True, now=clock.now)
    run_tasks()
    with worker_database.transaction(clinic.system("visits")) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit.state == "cancelled"
        with pytest.raises(Exception, match="cancelled"):
            admit(session, visit=visit, now=clock.now)
    assert patient.post(booked.page(clinic)).status in {404, 422}
