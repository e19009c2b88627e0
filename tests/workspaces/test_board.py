"""The front desk's board."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.kernel.db import Database
from tests.factories.intake import ANSWERS, make_intake
from tests.factories.visits import BookedVisit
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.workspaces.support import counted, fill_day, reads_of

FRAGMENT = {"HX-Request": "true"}
Run = Callable[..., int]


@pytest.fixture
def desk(client: PolicedClient, clock: Clock, booked: BookedVisit, run_tasks: Run) -> PolicedClient:
    """At the desk, ten minutes before the visit."""
    run_tasks()
    clock.now = booked.starts_at - timedelta(minutes=10)
    return client.sign_in(booked.desk)


def _poll_address(html: str) -> str:
    return html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")


def test_the_desk_sees_the_day_by_clinician(desk: PolicedClient, clinic: Clinic) -> None:
    page = desk.get(clinic.path("staff/"))
    assert page.status == 200
    for words in ("Dr. Priya Raman", "Maria Gomez", "First visit", "Booked", "Coverage not stated"):
        assert words in page.text
    assert "Health questions not begun" in page.text


def test_answers_are_never_on_the_board_but_their_progress_is(
    desk: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit
) -> None:
    make_intake(database, clinic, account_id=booked.account, patient_id=booked.patient_id, now=clock.now)
    page = desk.get(clinic.path("staff/"))
    assert "Health questions answered" in page.text
    assert "Coverage unclear" in page.text or "Coverage needs a check" in page.text
    assert "rash" not in page.html


def test_an_intake_left_half_way_without_a_visit_is_listed(
    desk: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit
) -> None:
    first = dict(list(ANSWERS.items())[:2])
    make_intake(
        database,
        clinic,
        account_id=booked.stranger,
        patient_id=booked.stranger_id,
        now=clock.now,
        answers=first,
        send=False,
    )
    page = desk.get(clinic.path("staff/"))
    assert "Sam Other Health questions: 2 of" in page.text
    assert page.links()["Book"].endswith(f"?patient={booked.stranger_id}")


def test_somebody_half_way_with_a_visit_stands_on_its_card_only(
    desk: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit
) -> None:
    make_intake(
        database,
        clinic,
        account_id=booked.account,
        patient_id=booked.patient_id,
        now=clock.now,
        answers=dict(list(ANSWERS.items())[:2]),
        send=False,
    )
    page = desk.get(clinic.path("staff/"))
    assert "Health questions: 2 of" in page.text
    assert "no visit booked" not in page.text


def test_a_red_flag_stands_first(
    desk: PolicedClient, clinic: Clinic, clock: Clock, database: Database, booked: BookedVisit
) -> None:
    answers = {**ANSWERS, "safety": {"warning_signs": ["chest-pain"]}}
    make_intake(
        database,
        clinic,
        account_id=booked.account,
        patient_id=booked.patient_id,
        now=clock.now,
        answers=dict(list(answers.items())[:2]),
        send=False,
    )
    page = desk.get(clinic.path("staff/"))
    assert "has a red flag" in page.text
    assert "Red flag" in page.text
    assert "chest" not in page.html


def test_checking_in_changes_the_card_and_comes_back_to_the_day(desk: PolicedClient, clinic: Clinic) -> None:
    page = desk.get(clinic.path("staff/"))
    back = desk.submit(page, button="Check in", follow=True)
    day, _, card = back.url.partition("#")
    assert day == clinic.path("staff/")
    assert f'id="{card}"' in back.html
    assert "Arrived at" in back.text
    assert "Check in" not in back.text


def test_who_should_be_here_and_is_not_is_late_and_can_be_marked_as_not_come(
    desk: PolicedClient, clinic: Clinic, clock: Clock
) -> None:
    clock.advance(minutes=20)
    page = desk.get(clinic.path("staff/"))
    assert "Late" in page.text
    back = desk.submit(page, button="Did not come", follow=True)
    assert "Did not come" in back.text
    assert "Did not come" not in [button.text() for button in back.tree.css("main button")]
    late = desk.submit(page, button="Check in", follow=True)
    assert "This visit can no longer be checked in." in late.text
    assert late.url == clinic.path("staff/"), "what is to be read stands first"


def test_an_unchanged_poll_is_answered_in_one_query_and_reads_nothing_of_patients(
    desk: PolicedClient, clinic: Clinic, database: Database, booked: BookedVisit, worker_database: Database
) -> None:
    page = desk.get(clinic.path("staff/"))
    before = reads_of(worker_database, clinic, booked.desk)
    with counted(database) as statements:
        poll = desk.get(_poll_address(page.html), headers=FRAGMENT)
    assert poll.status == 204
    assert poll.data == b""
    assert len(statements) == 2, statements  # the session, and the newest events
    assert reads_of(worker_database, clinic, booked.desk) == before


def test_a_poll_after_a_change_brings_the_board_and_its_new_version(
    desk: PolicedClient, new_client: Callable[[], PolicedClient], clinic: Clinic, booked: BookedVisit
) -> None:
    page = desk.get(clinic.path("staff/"))
    address = _poll_address(page.html)
    colleague = new_client().sign_in(booked.admin)
    colleague.submit(colleague.get(clinic.path("staff/")), button="Check in")
    poll = desk.get(address, headers=FRAGMENT)
    assert poll.status == 200
    assert "Arrived at" in poll.html
    assert "<html" not in poll.html
    assert _poll_address(poll.html) != address
    assert desk.get(_poll_address(poll.html), headers=FRAGMENT).status == 204


def test_another_clinics_events_do_not_change_the_version(
    desk: PolicedClient,
    clinic: Clinic,
    other_clinic: Clinic,
    worker_database: Database,
    database: Database,
    clock: Clock,
) -> None:
    from tests.factories.visits import make_booked_visit

    page = desk.get(clinic.path("staff/"))
    make_booked_visit(worker_database, database, other_clinic, now=clock.now)
    assert desk.get(_poll_address(page.html), headers=FRAGMENT).status == 204


def test_forty_visits_take_no_more_queries_than_one(
    desk: PolicedClient,
    clinic: Clinic,
    clock: Clock,
    worker_database: Database,
    database: Database,
    booked: BookedVisit,
    run_tasks: Run,
) -> None:
    fill_day(worker_database, clinic, booked, count=25, now=clock.now)
    run_tasks()
    with counted(database) as statements:
        page = desk.get(clinic.path("staff/"))
    assert page.html.count("board-card ") + page.html.count('board-card"') >= 26
    reading = [one for one in statements if not one.startswith(("INSERT", "UPDATE"))]
    assert len(reading) <= 12, reading


def test_a_clinician_is_led_to_their_own_day(client: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    page = client.sign_in(booked.clinician).get(clinic.path("staff/"))
    assert page.location == clinic.path("staff/my-day")


def test_a_patient_is_refused(client: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    assert client.sign_in(booked.account).get(clinic.path("staff/")).status == 403


def test_another_clinics_desk_sees_nothing_of_this_day(
    new_client: Callable[[], PolicedClient], clinic: Clinic, other_clinic: Clinic, clock: Clock, booked: BookedVisit
) -> None:
    clock.now = booked.starts_at
    page = new_client().sign_in(booked.desk).get(other_clinic.path("staff/"))
    assert page.status == 303  # this session is none there


@pytest.mark.parametrize("day", ["nonsense", "0001-01-01", "9999-12-31", "2026-13-40"])
def test_a_day_that_is_none_shows_today(desk: PolicedClient, clinic: Clinic, day: str) -> None:
    page = desk.get(clinic.path(f"staff/?day={day}"))
    assert page.status == 200
    assert "Maria Gomez" in page.text


def test_an_empty_day_says_so(desk: PolicedClient, clinic: Clinic, booked: BookedVisit) -> None:
    day = (booked.starts_at + timedelta(days=3)).date()
    page = desk.get(clinic.path(f"staff/?day={day}"))
    assert "No visits on this day" in page.text
