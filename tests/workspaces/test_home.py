"""A patient's own page at each stage of the way, and who may open it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.consent import publish_document, standard_telehealth
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.scheduling import cancel_appointment
from tests.budgets.measured import browser_of, weigh, work
from tests.budgets.world import Stage, World, make_world
from tests.factories.identity import patient_sign_in, staff_member
from tests.factories.intake import publish_standard_form
from tests.factories.patients import hold_record, make_patient, make_record
from tests.factories.practitioners import make_practitioner
from tests.factories.scheduling import free_slots, make_appointment
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic, make_clinic
from tests.support.clock import Clock


@pytest.fixture(scope="module")
def world(web_process: Any, worker_process: Any, shared_clock: Clock) -> World:
    worker: Database = worker_process.database
    now = shared_clock.now.replace(microsecond=0)
    return make_world(worker, web_process.database, make_clinic(worker, now=now), now=now)


@pytest.fixture
def home_at(app: Flask, world: World) -> Callable[[str], Page]:
    """The page of the patient who has come as far as that."""

    def open_home(stage: str) -> Page:
        one = world.stages[stage]
        return PolicedClient(app, world.clinic).sign_in(one.account).get(_path(world, one))

    return open_home


def _path(world: World, stage: Stage) -> str:
    return world.clinic.path(f"p/{stage.ids['patient']}/")


def _tasks(page: Page) -> list[tuple[str, str]]:
    """(title, state) of the task list."""
    assert page.tree is not None
    found = []
    for item in page.tree.css("main .task"):
        text, badge = item.css_first(".task-text"), item.css_first(".badge")
        assert text is not None and badge is not None
        title = text.css_first("a") or text
        found.append((title.text(deep=title is not text).strip(), badge.text().strip()))
    return found


def _next_step(page: Page) -> str:
    assert page.tree is not None
    step = page.tree.css_first("main .notice .actions a")
    return step.text().strip() if step else ""


def test_somebody_new_begins_with_the_health_questions(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account, patient = make_patient(worker_database, clinic, now=clock.now)
    publish_standard_form(worker_database, clinic, now=clock.now)
    with worker_database.transaction(clinic.system("provisioning")) as session:
        publish_document(session, kind="telehealth", texts=standard_telehealth(), now=clock.now)
    page = client.sign_in(account).get(clinic.path(f"p/{patient}/"))
    assert _next_step(page) == "Answer the health questions"
    assert _tasks(page) == [
        ("About you", "Done"),
        ("Answer the health questions", "Do this now"),
        ("Read and sign the consent", "To do"),
        ("Book a visit", "To do"),
    ]


def test_a_clinic_without_a_consent_does_not_ask_for_one(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account, patient = make_patient(worker_database, clinic, now=clock.now)
    page = client.sign_in(account).get(clinic.path(f"p/{patient}/"))
    assert "Read and sign the consent" not in dict(_tasks(page))


def test_half_way_through_the_questions_one_goes_on_with_them(home_at: Callable[[str], Page]) -> None:
    page = home_at("begun")
    assert _next_step(page) == "Go on with the health questions"
    assert "What you have answered is saved." in page.text


def test_after_a_red_flag_the_advice_comes_first(home_at: Callable[[str], Page]) -> None:
    page = home_at("stopped")
    assert _next_step(page) == "Read our advice, and go on with the health questions"
    assert _tasks(page)[-1] == ("Book a visit", "To do")


def test_before_the_visit_the_device_is_tested_and_the_door_says_when_it_opens(
    home_at: Callable[[str], Page],
) -> None:
    page = home_at("booked")
    states = dict(_tasks(page))
    assert states["Your visit is booked"] == "Done"
    assert states["Consent"] == "Done"
    assert _next_step(page) == "Test your camera and sound"
    assert "Come in to your visit" not in page.links()
    assert "You can come in 30 minutes before your visit." in page.text
    assert "Eastern" in page.text


def test_the_open_waiting_room_comes_before_everything_else(home_at: Callable[[str], Page], world: World) -> None:
    page = home_at("waiting")
    ids = world.stages["waiting"].ids
    assert _next_step(page) == "Go back to the waiting room"
    assert page.links()["Go back to the waiting room"] == world.clinic.path(f"p/{ids['patient']}/visits/{ids['visit']}")


def test_thirty_minutes_before_one_may_come_in(
    app: Flask, world: World, worker_database: Database, clock: Clock
) -> None:
    account, patient = make_patient(worker_database, world.clinic, now=clock.now)
    kind = world.stages["waiting"].ids["visit_type"]
    (slot,) = free_slots(
        worker_database, world.clinic, kind, now=clock.now, count=1, after=clock.now + timedelta(hours=3)
    )
    make_appointment(worker_database, world.clinic, patient_id=patient, visit_type_id=kind, now=clock.now, slot=slot)
    path = world.clinic.path(f"p/{patient}/")
    clock.now = slot.starts_at - timedelta(minutes=31)
    client = PolicedClient(app, world.clinic).sign_in(account)
    assert dict(_tasks(client.get(path)))["Come in to your visit"] == "Not yet"
    clock.advance(minutes=1)
    assert _next_step(client.get(path)) == "Come in to your visit"


def test_after_the_visit_one_pays_reads_and_may_book_again(home_at: Callable[[str], Page], world: World) -> None:
    page = home_at("seen")
    ids = world.stages["seen"].ids
    assert _tasks(page) == [("Pay for your visit", "Do this now"), ("Book another visit", "To do")]
    links = page.links()
    assert links["Read what the clinician wrote"].endswith(f"/visits/{ids['visit']}/note")
    assert links["Pay for your visit"].endswith(f"/invoices/{ids['invoice']}")
    assert "$45.00" in page.text
    assert "Dr. Omar Haddad" in page.text


def test_with_visits_behind_and_ahead_both_are_shown(
    app: Flask, world: World, worker_database: Database, database: Database, clock: Clock
) -> None:
    seen = world.stages["seen"]
    path, clock.now = _path(world, seen), clock.now + timedelta(hours=1)
    where = {"patient_id": seen.ids["patient"], "visit_type_id": seen.ids["visit_type"]}
    visit = make_appointment(worker_database, world.clinic, **where, now=clock.now)
    page = PolicedClient(app, world.clinic).sign_in(seen.account).get(path)
    assert _tasks(page)[0] == ("Pay for your visit", "Do this now")
    assert "Come in to your visit" in dict(_tasks(page))
    assert "Earlier visits" in page.text
    assert work(browser_of(app, world.clinic.id, seen.account), database, path, times=0).queries <= 12
    with worker_database.transaction(world.clinic.system("scheduling")) as session:
        cancel_appointment(session, appointment_id=visit, reason="pat", by_staff=True, now=clock.now)


def test_every_link_of_the_page_leads_somewhere(app: Flask, world: World) -> None:
    for name, stage in world.stages.items():
        client = PolicedClient(app, world.clinic).sign_in(stage.account)
        for text, address in client.get(_path(world, stage)).links().items():
            assert client.get(address, follow=True).status == 200, (name, text, address)


def test_a_visit_that_was_cancelled_says_so(app: Flask, world: World, worker_database: Database, clock: Clock) -> None:
    account, patient = make_patient(worker_database, world.clinic, now=clock.now)
    kind = world.stages["waiting"].ids["visit_type"]
    visit = make_appointment(worker_database, world.clinic, patient_id=patient, visit_type_id=kind, now=clock.now)
    with worker_database.transaction(world.clinic.system("scheduling")) as session:
        cancel_appointment(session, appointment_id=visit, reason="pat", by_staff=True, now=clock.now)
    page = PolicedClient(app, world.clinic).sign_in(account).get(world.clinic.path(f"p/{patient}/"))
    assert "Cancelled" in page.text
    assert dict(_tasks(page))["Book a visit"] == "To do"


def test_the_way_home_depends_on_how_many_people_one_acts_for(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account, patient = make_patient(worker_database, clinic, now=clock.now)
    client.sign_in(account)
    assert client.get(clinic.path("home")).location == clinic.path(f"p/{patient}/")
    child = make_record(worker_database, clinic, now=clock.now, given_name="Child")
    hold_record(worker_database, clinic, patient_id=child, account_id=account, now=clock.now)
    assert client.get(clinic.path("home")).location == clinic.path("people")


def test_an_account_without_anybody_registers(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    client.sign_in(patient_sign_in(worker_database, clinic, now=clock.now))
    assert client.get(clinic.path("home")).location == clinic.path("register")


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN, Role.CLINIC_ADMIN])
def test_staff_are_led_to_their_own_start(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, role: Role
) -> None:
    client.sign_in(staff_member(worker_database, clinic, role, now=clock.now))
    assert client.get(clinic.path("home")).location == clinic.path("staff/")


def test_the_desk_never_sees_a_patients_page(app: Flask, world: World) -> None:
    client = PolicedClient(app, world.clinic).sign_in(world.staff["front_desk"])
    answer = client.get(_path(world, world.stages["booked"]))
    assert (answer.status, answer.location) == (303, world.clinic.path("staff/"))


def test_a_clinician_without_ground_does_not_learn_that_the_patient_exists(
    app: Flask, world: World, worker_database: Database, clock: Clock
) -> None:
    colleague, _practitioner = make_practitioner(worker_database, world.clinic, now=clock.now, name="Dr. Far")
    client = PolicedClient(app, world.clinic).sign_in(colleague)
    assert client.get(_path(world, world.stages["booked"])).status == 404


def test_another_patients_page_is_not_found(app: Flask, world: World) -> None:
    client = PolicedClient(app, world.clinic).sign_in(world.stages["begun"].account)
    assert client.get(_path(world, world.stages["booked"])).status == 404


def test_another_clinics_patient_is_not_found(
    client: PolicedClient, worker_database: Database, clinic: Clinic, world: World, clock: Clock
) -> None:
    account, _patient = make_patient(worker_database, clinic, now=clock.now)
    client.sign_in(account)
    assert client.get(clinic.path(f"p/{world.stages['booked'].ids['patient']}/")).status == 404


def test_a_visitor_signs_in_first_and_comes_back(client: PolicedClient, clinic: Clinic) -> None:
    assert client.get(clinic.path("home")).location == clinic.path("sign-in") + "?next=" + clinic.path("home").replace(
        "/", "%2F"
    )


@pytest.mark.parametrize("stage", ["begun", "stopped", "booked", "waiting", "seen"])
def test_the_page_costs_at_most_twelve_queries_and_fourteen_kilobytes(
    app: Flask, world: World, database: Database, stage: str
) -> None:
    one = world.stages[stage]
    path = _path(world, one)
    assert work(browser_of(app, world.clinic.id, one.account), database, path, times=0).queries <= 12
    weight = weigh(browser_of(app, world.clinic.id, one.account), path)
    assert weight.first <= 14 * 1024
    assert weight.following <= 10 * 1024
