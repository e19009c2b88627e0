"""Staff book, move and cancel for patients, read the calendar, and plan hours and visit types."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from portal.kernel.errors import NotFound
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.scheduling import Slot, appointment_by_id, upcoming_appointments, visit_types
from portal.scheduling.routes.times import token_of
from tests.factories.identity import staff_member
from tests.factories.scheduling import make_visit_type
from tests.scheduling.conftest import HOLD, Agenda, Person, make_clinician
from tests.support.client import Page, PolicedClient
from tests.support.clock import Clock

pytestmark = pytest.mark.usefixtures("home_of_patients")


@pytest.fixture
def desk(client: PolicedClient, agenda: Agenda) -> PolicedClient:
    return at_the_desk(client, agenda)


def at_the_desk(client: PolicedClient, agenda: Agenda) -> PolicedClient:
    return client.sign_in(staff_member(agenda.worker, agenda.clinic, Role.FRONT_DESK, now=agenda.clock.now))


@pytest.fixture
def administrator(new_client: Callable[[], PolicedClient], agenda: Agenda) -> PolicedClient:
    account = staff_member(agenda.worker, agenda.clinic, Role.CLINIC_ADMIN, now=agenda.clock.now)
    return new_client().sign_in(account)


@pytest.fixture
def clinician(new_client: Callable[[], PolicedClient], agenda: Agenda) -> PolicedClient:
    return new_client().sign_in(agenda.clinician_id)


def booking(agenda: Agenda, person: Person) -> str:
    return agenda.clinic.path(f"staff/book?patient={person.patient_id}&visit_type={agenda.visit_type_id}")


def booked(agenda: Agenda, person: Person) -> list[Any]:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        return upcoming_appointments(session, patient_id=person.patient_id, now=agenda.clock.now)


def appointment_page(agenda: Agenda, appointment: UUID, rest: str = "") -> str:
    return agenda.clinic.path(f"staff/appointments/{appointment}{rest}")


def pick(browser: PolicedClient, page: Page, slot: Any) -> Page:
    return browser.submit(page, {"slot": token_of(slot)}, button="M", follow=True)


def test_the_desk_books_for_a_patient_who_phones(desk: PolicedClient, agenda: Agenda, maria: Person) -> None:
    page = desk.get(booking(agenda, maria))
    assert "Maria" in page.text and "Eastern" in page.text
    check = pick(desk, page, agenda.slots(1)[0])
    done = desk.submit(check, button="Book this visit", follow=True)
    assert "Appointment" in done.text and "Booked" in done.text
    assert len(booked(agenda, maria)) == 1
    for spoken_of in (check, done):
        assert "Where the patient will be" in spoken_of.text and "Where you will be" not in spoken_of.text


def test_the_desk_is_told_that_the_time_is_gone(
    desk: PolicedClient, agenda: Agenda, maria: Person, tomas: Person
) -> None:
    slots = agenda.slots(2)
    page = desk.get(booking(agenda, maria))
    agenda.booked(tomas, slots[0])
    lost = desk.submit(page, {"slot": token_of(slots[0])}, button="M")
    assert lost.status == 422 and "gone" in lost.text
    assert "Check the visit" in pick(desk, lost, slots[1]).text


def test_a_hold_of_the_desk_expires_too(desk: PolicedClient, agenda: Agenda, maria: Person) -> None:
    check = pick(desk, desk.get(booking(agenda, maria)), agenda.slots(1)[0])
    agenda.clock.now += HOLD
    late = desk.submit(check, button="Book this visit")
    assert late.status == 422 and "no longer kept" in late.text


def test_the_place_decides_who_is_offered(desk: PolicedClient, agenda: Agenda, maria: Person) -> None:
    page = desk.submit(desk.get(booking(agenda, maria)), {"place": "elsewhere"}, follow=True)
    assert "No free times" in page.text


def test_without_a_patient_the_desk_is_sent_to_find_one(desk: PolicedClient, agenda: Agenda) -> None:
    assert "For which patient" in desk.get(agenda.clinic.path("staff/book")).text


def test_the_desk_moves_and_cancels_in_the_last_hour(desk: PolicedClient, agenda: Agenda, maria: Person) -> None:
    first, second = agenda.slots(2)
    appointment = agenda.booked(maria, first)
    page = desk.get(appointment_page(agenda, appointment, "/move"))
    assert page.tree is not None and page.tree.css("a.slot")
    check = desk.get(appointment_page(agenda, appointment, f"/move/{token_of(second)}"))
    assert "Moved" in desk.submit(check, button="Move the visit", follow=True).text
    ask = desk.get(appointment_page(agenda, appointment, "/cancel"))
    nothing = desk.submit(ask, button="Cancel the visit")
    assert nothing.status == 422 and nothing.errors
    done = desk.submit(ask, {"reason": "prov"}, button="Cancel the visit", follow=True)
    assert "The clinician cannot see the patient then" in done.text
    assert not booked(agenda, maria)


def test_moving_onto_a_taken_time_tells_the_desk(
    desk: PolicedClient, agenda: Agenda, maria: Person, tomas: Person
) -> None:
    first, second = agenda.slots(2)
    appointment = agenda.booked(maria, first)
    check = desk.get(appointment_page(agenda, appointment, f"/move/{token_of(second)}"))
    agenda.booked(tomas, second)
    lost = desk.submit(check, button="Move the visit")
    assert lost.status == 422 and "gone" in lost.text
    assert booked(agenda, maria)[0].starts_at == first.starts_at


def test_the_calendar_shows_booked_and_held_time(
    desk: PolicedClient, agenda: Agenda, maria: Person, tomas: Person
) -> None:
    first, second = agenda.slots(2)
    agenda.booked(maria, first)
    with agenda.database.transaction(tomas.principal) as session:
        agenda.hold(session, tomas, second)
    page = desk.get(agenda.clinic.path(f"staff/calendar?practitioner={agenda.practitioner_id}"))
    assert "Maria" in page.text and "Kept for a patient" in page.text and "Working:" in page.text
    assert "Tomas" not in page.text


def test_the_calendar_says_who_works_around_the_clock(
    clinician: PolicedClient, desk: PolicedClient, agenda: Agenda
) -> None:
    hours = clinician.get(agenda.clinic.path("staff/availability"))
    for starts, ends in (("0:00", "9:00"), ("17:00", "24:00")):
        for weekday in map(str, range(5)):
            clinician.submit(hours, {"weekday": weekday, "starts": starts, "ends": ends}, button="Add hours")
            hours = clinician.get(agenda.clinic.path("staff/availability"))
    page = desk.get(agenda.clinic.path(f"staff/calendar?practitioner={agenda.practitioner_id}"))
    assert "Working: all day" in page.text and "12:00\u202fAM to 12:00" not in page.text


def test_a_week_begins_with_the_day_on_which_the_readers_does(clinician: PolicedClient, agenda: Agenda) -> None:
    address = agenda.clinic.path("staff/availability")
    first = clinician.get(address)
    assert first.tree is not None
    assert [node.text() for node in first.tree.css("select[name=weekday] option")][:2] == ["Sunday", "Monday"]
    for weekday in ("0", "6"):
        clinician.submit(
            clinician.get(address), {"weekday": weekday, "starts": "1:00", "ends": "2:00"}, button="Add hours"
        )
    words = clinician.get(address).text
    assert words.index("Sunday, 1:00") < words.index("Monday, 1:00")


def test_a_clinician_reads_their_own_patients_only(
    new_client: Callable[[], PolicedClient], clinician: PolicedClient, agenda: Agenda, maria: Person
) -> None:
    appointment = agenda.booked(maria)
    calendar = agenda.clinic.path(f"staff/calendar?practitioner={agenda.practitioner_id}")
    assert "Maria" in clinician.get(calendar).text
    assert clinician.get(appointment_page(agenda, appointment)).status == 200
    account, _other = make_clinician(agenda.worker, agenda.clinic, now=agenda.clock.now, name="Dr. Two")
    second = new_client().sign_in(account)
    page = second.get(calendar)
    assert "Maria" not in page.text and "Booked" in page.text
    assert second.get(appointment_page(agenda, appointment)).status == 404


def test_a_clinician_plans_their_own_week(clinician: PolicedClient, agenda: Agenda) -> None:
    address = agenda.clinic.path("staff/availability")
    page = clinician.get(address)
    assert "Working hours of Dr. Ana Ruiz" in page.text
    done = clinician.submit(page, {"weekday": "0", "starts": "18:00", "ends": "24:00"}, button="Add hours", follow=True)
    assert "Monday, 6:00" in done.text
    overlap = clinician.submit(
        clinician.get(address), {"weekday": "0", "starts": "10", "ends": "11"}, button="Add hours"
    )
    assert overlap.status == 422 and "overlap" in overlap.errors
    nonsense = clinician.submit(
        clinician.get(address), {"weekday": "0", "starts": "noon", "ends": "13:00"}, button="Add hours"
    )
    assert nonsense.status == 422 and "14:30" in nonsense.errors


def test_days_away_close_the_calendar(clinician: PolicedClient, agenda: Agenda) -> None:
    page = clinician.get(agenda.clinic.path("staff/availability"))
    first, last = agenda.clock.now, agenda.clock.now + timedelta(days=3)
    values = {"kind": "closed"}
    for name, day in (("first_day", first), ("last_day", last)):
        values |= {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}
    done = clinician.submit(page, values, follow=True)
    assert "Not working" in done.text
    assert agenda.slots(1)[0].starts_at > last
    back = clinician.submit(done, button="Remove")
    assert back.status == 303


def test_closing_a_time_with_visits_in_it_says_so(clinician: PolicedClient, agenda: Agenda, maria: Person) -> None:
    agenda.booked(maria)
    page = clinician.get(agenda.clinic.path("staff/availability"))
    values = {"kind": "closed"}
    for name, day in (("first_day", agenda.clock.now), ("last_day", agenda.clock.now + timedelta(days=5))):
        values |= {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}
    closed = clinician.submit(page, values)
    assert "1 visit is booked in this time" in clinician.get(closed.location).html
    assert len(booked(agenda, maria)) == 1


def test_extra_hours_need_their_times(clinician: PolicedClient, agenda: Agenda) -> None:
    page = clinician.get(agenda.clinic.path("staff/availability"))
    values = {"kind": "open", "first_day-day": "1", "first_day-month": "6", "first_day-year": "2030"}
    answer = clinician.submit(page, values)
    assert answer.status == 422 and "extra hours" in answer.errors


def test_a_clinician_does_not_plan_somebody_elses_week(clinician: PolicedClient, agenda: Agenda) -> None:
    _account, other = make_clinician(agenda.worker, agenda.clinic, now=agenda.clock.now, name="Dr. Two")
    assert clinician.get(agenda.clinic.path(f"staff/availability?practitioner={other}")).status == 404


def test_the_administrator_plans_everybodys_week(administrator: PolicedClient, agenda: Agenda) -> None:
    _account, other = make_clinician(agenda.worker, agenda.clinic, now=agenda.clock.now, name="Dr. Two")
    page = administrator.get(agenda.clinic.path(f"staff/availability?practitioner={other}"))
    assert "Dr. Two" in page.text
    done = administrator.submit(
        page, {"weekday": "2", "starts": "8:00", "ends": "9:00"}, button="Add hours", follow=True
    )
    assert "Wednesday, 8:00" in done.text


def test_the_administrator_adds_and_changes_what_can_be_booked(administrator: PolicedClient, agenda: Agenda) -> None:
    page = administrator.get(agenda.clinic.path("staff/visit-types/new"))
    values = {"code": "first-visit", "name_en": "Check-up", "minutes": "30", "modality": "video"}
    taken = administrator.submit(page, values)
    assert taken.status == 422 and "code" in taken.errors
    done = administrator.submit(page, values | {"code": "check-up", "name_ar": "فحص"}, follow=True)
    assert "Check-up" in done.text and "30 minutes" in done.text
    edit = administrator.get(done.links()["Check-up"])
    again = administrator.submit(edit, {"minutes": "45"}, follow=True)
    assert "45 minutes" in again.text
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        known = {one.code: one for one in visit_types(session)}
        assert known["check-up"].names == {"en": "Check-up", "ar": "فحص"}
    assert administrator.submit(administrator.get(edit.url), {"minutes": "2"}).status == 422


@pytest.mark.parametrize("rest", ["staff/availability", "staff/visit-types", "staff/visit-types/new"])
def test_the_desk_does_not_plan(desk: PolicedClient, agenda: Agenda, rest: str) -> None:
    assert desk.get(agenda.clinic.path(rest)).status == 403


@pytest.mark.parametrize("rest", ["staff/calendar", "staff/book", "staff/availability"])
def test_patients_do_not_come_in_by_the_staffs_door(
    new_client: Callable[[], PolicedClient], agenda: Agenda, maria: Person, rest: str
) -> None:
    browser = new_client().sign_in(maria.account_id)
    assert browser.get(agenda.clinic.path(rest)).status == 403


def test_another_clinics_appointment_is_not_there(desk: PolicedClient, agenda: Agenda, other_agenda: Agenda) -> None:
    stranger = other_agenda.new_patient(name="Far")
    appointment = other_agenda.booked(stranger)
    foreign = desk.get(appointment_page(agenda, appointment))
    missing = desk.get(appointment_page(agenda, new_id()))
    assert foreign.status == missing.status == 404
    with agenda.worker.transaction(other_agenda.clinic.system("scheduling")) as session:
        assert appointment_by_id(session, appointment_id=appointment) is not None


def test_the_desk_books_sooner_than_patients_may_and_is_told_so(
    new_client: Callable[[], PolicedClient], agenda: Agenda, maria: Person, clock: Clock
) -> None:
    clock.now = agenda.slots(1)[0].starts_at - timedelta(minutes=10)
    desk = at_the_desk(new_client(), agenda)
    soon = Slot(
        practitioner_id=agenda.practitioner_id,
        starts_at=clock.now + timedelta(minutes=10),
        ends_at=clock.now + timedelta(minutes=30),
    )
    patient = new_client().sign_in(maria.account_id)
    own_page = patient.get(agenda.clinic.path(f"p/{maria.patient_id}/book/{agenda.visit_type_id}"))
    assert token_of(soon) not in own_page.html
    check = pick(desk, desk.get(booking(agenda, maria)), soon)
    assert "patients book at least 30 minutes ahead" in check.text
    desk.submit(check, button="Book this visit", follow=True)
    assert [one.starts_at for one in booked(agenda, maria)] == [soon.starts_at]


def test_the_desk_books_nothing_that_has_begun(
    client: PolicedClient, agenda: Agenda, maria: Person, clock: Clock
) -> None:
    first = agenda.slots(1)[0]
    clock.now = first.starts_at + timedelta(minutes=1)
    desk = at_the_desk(client, agenda)
    page = desk.get(booking(agenda, maria))
    assert token_of(first) not in page.html
    assert pick(desk, page, first).status == 422
    assert booked(agenda, maria) == []


def test_a_visit_type_without_a_price_is_offered_to_nobody(
    desk: PolicedClient, administrator: PolicedClient, agenda: Agenda, maria: Person
) -> None:
    unpriced = make_visit_type(agenda.worker, agenda.clinic, code="new", names={"en": "Brand new"}, price=None)
    assert "Brand new" not in desk.get(booking(agenda, maria)).html
    with agenda.database.transaction(maria.principal) as session, pytest.raises(NotFound):
        replace(agenda, visit_type_id=unpriced).hold(session, maria, agenda.slots(1)[0])
    known = administrator.get(agenda.clinic.path("staff/visit-types"))
    assert "Brand new" in known.text and "Needs a price before it can be booked" in known.text
