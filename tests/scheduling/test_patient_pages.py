"""A patient books, moves and cancels in the browser, without JavaScript."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from portal.kernel.ids import new_id
from portal.scheduling import upcoming_appointments
from portal.scheduling.routes.times import token_of
from tests.scheduling.conftest import HOLD, Agenda, Person
from tests.support.client import Page, PolicedClient

pytestmark = pytest.mark.usefixtures("home_of_patients")


@pytest.fixture
def browser(client: PolicedClient, maria: Person) -> PolicedClient:
    return client.sign_in(maria.account_id)


def path(agenda: Agenda, person: Person, rest: str) -> str:
    return agenda.clinic.path(f"p/{person.patient_id}/{rest}")


def times_of(page: Page) -> list[str]:
    assert page.tree is not None
    return [str(node.attributes["value"]) for node in page.tree.css("button[name=slot]")]


def hold_in_browser(browser: PolicedClient, agenda: Agenda, person: Person, slot: str | None = None) -> Page:
    page = browser.get(path(agenda, person, f"book/{agenda.visit_type_id}"))
    return browser.submit(page, {"slot": slot or times_of(page)[3]}, button="AM" if slot is None else None, follow=True)


def booked(agenda: Agenda, person: Person) -> list[Any]:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        return upcoming_appointments(session, patient_id=person.patient_id, now=agenda.clock.now)


def test_the_whole_way_from_kind_of_visit_to_reference(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    first = browser.get(path(agenda, maria, "book"))
    assert "First visit" in first.text and "20 minutes" in first.text
    where = browser.get(first.links()["First visit"])
    assert "Where will you be" in where.text
    times = browser.submit(where, {"place": "US-MA"}, follow=True)
    assert "Eastern" in times.text and "Massachusetts" in times.text and "With Dr. Ana Ruiz" in times.text
    check = browser.submit(times, {"slot": times_of(times)[0]}, button="M", follow=True)
    assert "10 minutes" in check.text and "Dr. Ana Ruiz" in check.text and "Spanish" in check.text
    done = browser.submit(check, button="Book this visit", follow=True)
    assert "Your visit is booked" in done.text and "Your reference" in done.text
    assert len(booked(agenda, maria)) == 1


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (25, "the day before and an hour before"),
        (23, "We will remind you an hour before."),
        (0.5, "there will be no further reminder"),
    ],
)
def test_the_confirmation_promises_the_reminders_that_are_still_to_come(
    browser: PolicedClient, agenda: Agenda, maria: Person, hours: float, said: str
) -> None:
    appointment = agenda.booked(maria, next(one for one in agenda.slots(400) if _far(one.starts_at, agenda)))
    agenda.clock.now = booked(agenda, maria)[0].starts_at - timedelta(hours=hours)
    browser.sign_in(maria.account_id)
    assert said in browser.get(path(agenda, maria, f"appointments/{appointment}/booked")).text


def _far(instant: datetime, agenda: Agenda) -> bool:
    return instant - agenda.clock.now > timedelta(hours=26)


def test_the_pages_speak_arabic_from_right_to_left(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    page = browser.get(path(agenda, maria, "book?lang=ar"))
    assert page.tree is not None and page.tree.css_first("html").attributes["dir"] == "rtl"
    assert "الزيارة الأولى" in page.text


def test_a_form_sent_twice_books_once(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    check = hold_in_browser(browser, agenda, maria)
    first = browser.submit(check, button="Book this visit")
    second = browser.submit(check, button="Book this visit")
    assert first.status == second.status == 303 and first.location == second.location
    assert len(booked(agenda, maria)) == 1


def test_the_confirmation_page_after_booking_leads_to_the_appointment(
    browser: PolicedClient, agenda: Agenda, maria: Person
) -> None:
    check = hold_in_browser(browser, agenda, maria)
    done = browser.submit(check, button="Book this visit")
    assert browser.get(check.url).location == done.location


def test_the_loser_is_told_and_offered_what_is_next(
    browser: PolicedClient, agenda: Agenda, maria: Person, tomas: Person
) -> None:
    slots = agenda.slots(2)
    page = browser.get(path(agenda, maria, f"book/{agenda.visit_type_id}"))
    agenda.booked(tomas, slots[0])
    lost = browser.submit(page, {"slot": token_of(slots[0])}, button="M")
    assert lost.status == 422 and "Somebody else has just booked this time" in lost.text
    assert "First visit" in lost.text and "Massachusetts" in lost.text
    assert token_of(slots[1]) in times_of(lost)
    check = browser.submit(lost, {"slot": token_of(slots[1])}, button="M", follow=True)
    assert "Check your visit" in check.text


def test_a_hold_that_expires_on_the_page_can_be_had_again(
    browser: PolicedClient, agenda: Agenda, maria: Person
) -> None:
    check = hold_in_browser(browser, agenda, maria)
    agenda.clock.now += HOLD
    late = browser.submit(check, button="Book this visit")
    assert late.status == 422 and "no longer kept" in late.text
    again = browser.submit(late, button="Keep this time again", follow=True)
    assert "We keep this time for you" in again.text
    assert "Your visit is booked" in browser.submit(again, button="Book this visit", follow=True).text


def test_a_hold_that_expired_and_is_gone_offers_other_times(
    browser: PolicedClient, agenda: Agenda, maria: Person, tomas: Person
) -> None:
    slot = agenda.slots(1)[0]
    check = hold_in_browser(browser, agenda, maria, token_of(slot))
    agenda.clock.now += HOLD
    agenda.booked(tomas, slot)
    late = browser.submit(check, button="Book this visit")
    assert late.status == 422 and "This time is gone" in late.text and times_of(late)


def test_looking_at_times_changes_nothing(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    check = hold_in_browser(browser, agenda, maria)
    agenda.clock.now += HOLD
    browser.get(path(agenda, maria, f"book/{agenda.visit_type_id}"))
    assert "no longer kept" in browser.get(check.url).text
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        from sqlalchemy import select

        from portal.scheduling.models import Occupancy

        assert len(session.scalars(select(Occupancy)).all()) == 1


def test_nonsense_instead_of_a_time_is_answered_with_the_times(
    browser: PolicedClient, agenda: Agenda, maria: Person
) -> None:
    page = browser.get(path(agenda, maria, f"book/{agenda.visit_type_id}"))
    answer = browser.submit(page, {"slot": "tomorrow"}, button="M")
    assert answer.status == 422 and "Choose a time" in answer.errors


def test_a_place_without_a_licence_has_no_times(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    where = browser.get(path(agenda, maria, f"book/{agenda.visit_type_id}/place"))
    page = browser.submit(where, {"place": "elsewhere"}, follow=True)
    assert "No free times" in page.text and not times_of(page)


def test_later_days_go_on_until_the_horizon(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    page = browser.get(path(agenda, maria, f"book/{agenda.visit_type_id}"))
    pages, seen = 1, set(times_of(page))
    while "Later days" in page.links():
        page = browser.get(page.links()["Later days"])
        assert not seen & set(times_of(page))
        seen |= set(times_of(page))
        pages += 1
    assert 10 < pages < 40
    assert len(seen) > 1000


def test_a_place_that_is_not_on_the_list_is_refused(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    where = browser.get(path(agenda, maria, f"book/{agenda.visit_type_id}/place"))
    assert browser.submit(where, {"place": "US-ZZ"}).status == 422


def test_another_zone_shows_other_clocks_and_the_same_instants(
    browser: PolicedClient, agenda: Agenda, maria: Person
) -> None:
    address = path(agenda, maria, f"book/{agenda.visit_type_id}")
    east = browser.get(address)
    west = browser.get(f"{address}?zone=America/Los_Angeles")
    assert "Pacific" in west.text and "Eastern" in east.text
    assert set(times_of(east)) & set(times_of(west))


def test_the_times_page_asks_the_database_little(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    asked: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("SELECT set_config"):
            asked.append(statement)

    address = path(agenda, maria, f"book/{agenda.visit_type_id}")
    browser.get(address)
    event.listen(agenda.database.engine, "before_cursor_execute", note)
    try:
        browser.get(address)
    finally:
        event.remove(agenda.database.engine, "before_cursor_execute", note)
    assert len(asked) <= 12, "\n\n".join(asked)


def test_the_calendar_file_says_nothing_about_health(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    answer = browser.get(path(agenda, maria, f"appointments/{appointment}/calendar.ics"))
    assert answer.status == 200 and answer.response.mimetype == "text/calendar"
    assert "SUMMARY:Visit with Harbour Clinic" in answer.text
    assert "Maria" not in answer.text and "First visit" not in answer.text


def test_a_patient_moves_an_appointment(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    free = agenda.slots(3)[2]
    page = browser.get(path(agenda, maria, f"appointments/{appointment}/move"))
    assert page.status == 200 and page.tree is not None and page.tree.css("a.slot")
    check = browser.get(path(agenda, maria, f"appointments/{appointment}/move/{token_of(free)}"))
    done = browser.submit(check, button="Move the visit", follow=True)
    assert done.status == 200 and "Your visit" in done.text
    [moved] = booked(agenda, maria)
    assert (moved.id, moved.starts_at, moved.sequence) == (appointment, free.starts_at, 1)


def test_moving_onto_a_taken_time_leaves_the_appointment_where_it_was(
    browser: PolicedClient, agenda: Agenda, maria: Person, tomas: Person
) -> None:
    appointment = agenda.booked(maria)
    before = booked(agenda, maria)[0].starts_at
    taken = agenda.slots(1)[0]
    check = browser.get(path(agenda, maria, f"appointments/{appointment}/move/{token_of(taken)}"))
    agenda.booked(tomas, taken)
    lost = browser.submit(check, button="Move the visit")
    assert lost.status == 422 and "stays where it was" in lost.text
    assert booked(agenda, maria)[0].starts_at == before


def test_a_patient_cancels_and_the_time_is_free_again(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    appointment = agenda.booked(maria, slot)
    assert slot not in agenda.slots(1)
    page = browser.get(path(agenda, maria, f"appointments/{appointment}/cancel"))
    assert booked(agenda, maria)
    done = browser.submit(page, button="Yes, cancel the visit", follow=True)
    assert "This visit is cancelled" in done.text
    assert not booked(agenda, maria)
    assert slot in agenda.slots(1)
    again = browser.submit(page, button="Yes, cancel the visit")
    assert again.status == 303


def test_in_the_last_hour_the_clinic_must_be_called(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    page = browser.get(path(agenda, maria, f"appointments/{appointment}/cancel"))
    agenda.clock.now = booked(agenda, maria)[0].starts_at - timedelta(minutes=59)
    browser.sign_in(maria.account_id)
    late = browser.submit(page, button="Yes, cancel the visit")
    assert late.status == 422 and "Call the clinic" in late.text
    assert booked(agenda, maria)
    shown = browser.get(path(agenda, maria, f"appointments/{appointment}"))
    assert "too late" in shown.text


@pytest.mark.parametrize(
    "rest",
    ["book", "book/{type}", "book/{type}/place", "appointments/{appointment}", "appointments/{appointment}/cancel"],
)
def test_another_patients_pages_are_not_there(
    new_client: Callable[[], PolicedClient], agenda: Agenda, maria: Person, tomas: Person, rest: str
) -> None:
    appointment = agenda.booked(maria)
    stranger = new_client().sign_in(tomas.account_id)
    address = path(agenda, maria, rest.format(type=agenda.visit_type_id, appointment=appointment))
    assert stranger.get(address).status == 404
    mixed = path(agenda, tomas, f"appointments/{appointment}")
    assert stranger.get(mixed).status == 404


def test_another_patients_hold_is_not_there(
    browser: PolicedClient, new_client: Callable[[], PolicedClient], agenda: Agenda, maria: Person, tomas: Person
) -> None:
    check = hold_in_browser(browser, agenda, maria)
    stranger = new_client().sign_in(tomas.account_id)
    hold = check.url.rsplit("/", 1)[1]
    assert stranger.get(path(agenda, tomas, f"book/held/{hold}")).status == 404
    assert stranger.get(check.url).status == 404


def test_another_clinics_patient_is_not_there(
    browser: PolicedClient, agenda: Agenda, other_agenda: Agenda, maria: Person
) -> None:
    stranger = other_agenda.new_patient(name="Far")
    assert browser.get(path(agenda, stranger, "book")).status == 404
    assert browser.get(path(agenda, maria, f"book/{other_agenda.visit_type_id}")).status == 404


def test_a_visit_type_that_is_not_there(browser: PolicedClient, agenda: Agenda, maria: Person) -> None:
    assert browser.get(path(agenda, maria, f"book/{new_id()}")).status == 404


def test_staff_do_not_walk_through_the_patients_door(
    new_client: Callable[[], PolicedClient], agenda: Agenda, maria: Person
) -> None:
    staff = new_client().sign_in(agenda.clinician_id)
    assert staff.get(path(agenda, maria, "book")).status == 403


def test_nobody_signed_in_is_asked_to(client: PolicedClient, agenda: Agenda, maria: Person) -> None:
    answer = client.get(path(agenda, maria, "book"))
    assert answer.status == 303 and "sign-in" in answer.location
