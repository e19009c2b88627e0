"""The rules behind the task list, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.billing import Invoice
from portal.consent import ConsentState, Signature
from portal.intake import Intake
from portal.kernel.ids import new_id
from portal.patients import Patient
from portal.scheduling import Appointment
from portal.visits import DeviceTest, Visit
from portal.workspaces.home import Home
from portal.workspaces.home_tasks import tasks_of

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SIGNED = ConsentState(state="signed", signature=Signature(id=new_id()), document=None)


def _home(**values: Any) -> Home:
    empty: dict[str, Any] = {
        "patient": Patient(id=new_id()),
        "intake": None,
        "consent": SIGNED,
        "upcoming": [],
        "past": [],
        "visits": {},
        "practitioners": {},
        "invoices": [],
        "with_note": set(),
        "tested": None,
        "now": NOW,
    }
    return Home(**(empty | values))


def _appointment(starts_at: datetime) -> Appointment:
    return Appointment(id=new_id(), starts_at=starts_at, zone="America/New_York", status="booked")


def _sent(at: datetime) -> Intake:
    return Intake(id=new_id(), state="completed", completed_at=at)


def _shown(home: Home) -> dict[str, str]:
    return {task["title"]: task["state"] for task in tasks_of(home, lambda endpoint, **values: endpoint)}


def _seen(days_ago: int) -> dict[str, Any]:
    visit = _appointment(NOW - timedelta(days=days_ago))
    return {"past": [visit], "visits": {visit.id: Visit(id=visit.id, state="finished")}}


def test_answers_from_before_the_last_visit_are_asked_for_again() -> None:
    home = _home(**_seen(10), upcoming=[_appointment(NOW + timedelta(days=1))], intake=_sent(NOW - timedelta(days=11)))
    assert _shown(home)["Answer the health questions again"] == "now"


def test_answers_since_the_last_visit_count() -> None:
    home = _home(**_seen(10), upcoming=[_appointment(NOW + timedelta(days=1))], intake=_sent(NOW - timedelta(days=1)))
    assert _shown(home)["Health questions"] == "done"


def test_a_consent_that_has_changed_is_signed_again() -> None:
    outdated = ConsentState(state="outdated", signature=Signature(id=new_id()), document=None)
    assert _shown(_home(intake=_sent(NOW), consent=outdated))["Read and sign the consent"] == "now"


def test_whoever_was_seen_and_has_nothing_ahead_may_book_again() -> None:
    assert _shown(_home(**_seen(3), intake=_sent(NOW - timedelta(days=4)))) == {"Book another visit": "now"}


def test_somebody_who_has_begun_to_answer_again_is_on_the_way() -> None:
    home = _home(**_seen(3), intake=Intake(id=new_id(), state="in_progress"))
    assert _shown(home)["Go on with the health questions"] == "now"


def test_an_unpaid_bill_comes_first_unless_the_door_is_open() -> None:
    bill = Invoice(id=new_id(), status="open")
    ready: dict[str, Any] = {"intake": _sent(NOW), "invoices": [bill], "tested": DeviceTest()}
    assert _shown(_home(**ready, upcoming=[_appointment(NOW + timedelta(days=1))]))["Pay for your visit"] == "now"
    shown = _shown(_home(**ready, upcoming=[_appointment(NOW + timedelta(minutes=10))]))
    assert (shown["Pay for your visit"], shown["Come in to your visit"]) == ("to_do", "now")


@pytest.mark.parametrize(
    ("state", "title"),
    [("waiting", "Go back to the waiting room"), ("in_progress", "Go back to your visit")],
)
def test_somebody_who_lost_the_page_finds_the_way_back(state: str, title: str) -> None:
    visit = _appointment(NOW - timedelta(minutes=5))
    home = _home(intake=_sent(NOW), upcoming=[visit], visits={visit.id: Visit(id=visit.id, state=state)})
    assert _shown(home)[title] == "now"


def test_there_is_never_more_than_one_next_step() -> None:
    homes = [
        _home(),
        _home(intake=Intake(id=new_id(), state="stopped"), upcoming=[_appointment(NOW)]),
        _home(**_seen(1), invoices=[Invoice(id=new_id(), status="open"), Invoice(id=new_id(), status="open")]),
    ]
    for home in homes:
        assert [task["state"] for task in tasks_of(home, lambda endpoint, **values: endpoint)].count("now") == 1
