"""Board, own day and visit page say who has to interpret, and whether anybody does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.scheduling.operations import settle_interpreter
from tests.factories.visits import BookedVisit
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.workspaces.support import counted, fill_day

FRAGMENT = {"HX-Request": "true"}
Settle = Callable[..., None]


@pytest.fixture
def settle(database: Database, clinic: Clinic, clock: Clock, booked: BookedVisit) -> Settle:
    """The desk says of the booked visit what is so."""

    def say(state: Any, note: str = "") -> None:
        desk = Principal.of(tenant_id=clinic.id, user_id=booked.desk, roles=[Role.FRONT_DESK])
        with database.transaction(desk.acting(purpose="scheduling")) as session:
            settle_interpreter(
                session, appointment_id=booked.visit_id, spoken="sw", state=state, note=note, now=clock.now
            )

    return say


@pytest.fixture
def desk(client: PolicedClient, clock: Clock, booked: BookedVisit, run_tasks: Callable[..., int]) -> PolicedClient:
    run_tasks()
    clock.now = booked.starts_at - timedelta(minutes=10)
    return client.sign_in(booked.desk)


def test_the_board_says_where_an_interpreter_is_not_arranged(
    desk: PolicedClient, clinic: Clinic, settle: Settle
) -> None:
    assert "nterpreter" not in desk.get(clinic.path("staff/")).text
    settle("needed")
    page = desk.get(clinic.path("staff/"))
    assert "Interpreter: Swahili – not arranged" in page.text
    assert "At 1 visit an interpreter is needed and not arranged." in page.text
    settle("arranged", "Neema")
    page = desk.get(clinic.path("staff/"))
    assert "Interpreter: Swahili – arranged" in page.text and "not arranged" not in page.text


def test_the_board_can_show_only_those_visits(
    desk: PolicedClient,
    clinic: Clinic,
    clock: Clock,
    booked: BookedVisit,
    worker_database: Database,
    settle: Settle,
    database: Database,
) -> None:
    settle("needed")
    fill_day(worker_database, clinic, booked, count=3, now=clock.now)
    whole = desk.get(clinic.path("staff/"))
    assert "Ana 0 Ruiz" in whole.text
    with counted(database) as statements:
        only = desk.get(whole.links()["Show only these"])
    assert "Maria Gomez" in only.text and "Ana 0 Ruiz" not in only.text and "1 visit" in only.text
    assert len(statements) <= 12
    assert "show=interpreter" in only.html.split('hx-get="')[1].split('"')[0], "it stays so when the board asks again"
    assert "Ana 0 Ruiz" in desk.get(only.links()["Show all visits"]).text


def test_a_filter_that_finds_nothing_any_more_shows_the_whole_day(desk: PolicedClient, clinic: Clinic) -> None:
    assert "Maria Gomez" in desk.get(clinic.path("staff/?show=interpreter")).text


def test_a_board_that_asks_again_hears_of_what_was_arranged(
    desk: PolicedClient, clinic: Clinic, settle: Settle
) -> None:
    again = desk.get(clinic.path("staff/")).html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert desk.get(again, headers=FRAGMENT).status == 204
    settle("needed")
    assert "not arranged" in desk.get(again, headers=FRAGMENT).text


@pytest.mark.parametrize(
    ("state", "note", "said"),
    [
        ("needed", "", "The patient speaks Swahili. An interpreter is needed and not arranged."),
        ("arranged", "", "The patient speaks Swahili. An interpreter is arranged."),
        ("arranged", "Neema, 617 555 0100", "The patient speaks Swahili. Interpreter: Neema, 617 555 0100"),
    ],
)
def test_the_clinician_reads_on_the_visit_who_interprets(
    desk: PolicedClient, clinic: Clinic, booked: BookedVisit, settle: Settle, state: str, note: str, said: str
) -> None:
    settle(state, note)
    desk.sign_in(booked.clinician)
    assert said in desk.get(clinic.path(f"staff/visits/{booked.visit_id}")).text
    assert "Interpreter: Swahili" in desk.get(clinic.path("staff/my-day")).text


def test_the_visit_of_somebody_who_needs_no_interpreter_does_not_speak_of_one(
    desk: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    desk.sign_in(booked.clinician)
    assert "nterpreter" not in desk.get(clinic.path(f"staff/visits/{booked.visit_id}")).text
