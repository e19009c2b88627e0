"""Holding and booking: one wins, the others are told, nothing happens twice."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from portal.kernel.db import PortalSession
from portal.kernel.events import OutboxEvent
from portal.kernel.principal import Principal
from portal.practitioners import end_licence, licences_of
from portal.scheduling import (
    HoldExpired,
    PatientBusy,
    SlotTaken,
    add_hours,
    book_hold,
    next_free,
    open_slots,
    release_hold,
)
from portal.scheduling.models import Appointment, AppointmentChange, Occupancy
from portal.scheduling.operations.booking import NoSuchHold
from tests.factories.scheduling import free_slots, make_visit_type, work_every_day
from tests.scheduling.conftest import HOLD, Agenda, Person, make_clinician
from tests.support.race import at_once


def count(agenda: Agenda, model: Any, *where: Any) -> int:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        return len(session.scalars(select(model).where(*where)).all())


def events(agenda: Agenda) -> list[str]:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        return list(session.scalars(select(OutboxEvent.name).where(OutboxEvent.name.startswith("scheduling."))))


def is_open(agenda: Agenda, slot: Any) -> bool:
    return slot in agenda.slots(1, after=slot.starts_at)


def test_a_held_time_is_not_offered_to_others_until_it_expires(agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    with agenda.database.transaction(maria.principal) as session:
        agenda.hold(session, maria, slot)
    assert not is_open(agenda, slot)
    agenda.clock.now += HOLD
    assert is_open(agenda, slot)


def test_booking_a_hold_tells_the_house_and_opens_the_record_to_the_clinician(agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    with agenda.database.transaction(maria.principal) as session:
        hold = agenda.hold(session, maria, slot)
    with agenda.database.transaction(agenda.clinician) as session:
        assert session.scalars(select(Appointment)).all() == []
    with agenda.database.transaction(maria.principal) as session:
        appointment = book_hold(session, hold_id=hold, now=agenda.clock.now)
        assert (appointment.starts_at, appointment.status) == (slot.starts_at, "booked")
        assert appointment.ends_at - appointment.starts_at == timedelta(minutes=20)
    with agenda.database.transaction(agenda.clinician) as session:
        assert [one.id for one in session.scalars(select(Appointment))] == [appointment.id]
    assert events(agenda) == ["scheduling.appointment_booked"]
    assert count(agenda, AppointmentChange) == 1


def test_booking_the_same_hold_twice_is_one_appointment(agenda: Agenda, maria: Person) -> None:
    with agenda.database.transaction(maria.principal) as session:
        hold = agenda.hold(session, maria, agenda.slots(1)[0])
        first = book_hold(session, hold_id=hold, now=agenda.clock.now).id
    with agenda.database.transaction(maria.principal) as session:
        assert book_hold(session, hold_id=hold, now=agenda.clock.now + HOLD).id == first
    assert events(agenda) == ["scheduling.appointment_booked"]


def test_booking_directly_twice_is_one_appointment(agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    with agenda.database.transaction(maria.principal) as session:
        assert agenda.book(session, maria, slot) == agenda.book(session, maria, slot)
    assert count(agenda, Appointment) == 1


def test_second_patient_is_told_the_time_is_gone_and_what_is_next(agenda: Agenda, maria: Person, tomas: Person) -> None:
    slots = agenda.slots(3)
    agenda.booked(maria, slots[0])
    with agenda.database.transaction(tomas.principal) as session, pytest.raises(SlotTaken) as told:
        agenda.hold(session, tomas, slots[0])
    assert slots[0] not in told.value.next_free
    assert slots[1] in told.value.next_free


def test_a_patient_is_in_one_place_at_a_time(agenda: Agenda, maria: Person) -> None:
    _account, other = make_clinician(agenda.worker, agenda.clinic, now=agenda.clock.now, name="Dr. Two")
    work_every_day(agenda.worker, agenda.clinic, other, now=agenda.clock.now)
    one, two = agenda.slots(2)
    assert one.starts_at == two.starts_at
    agenda.booked(maria, one)
    with agenda.database.transaction(maria.principal) as session, pytest.raises(PatientBusy):
        agenda.hold(session, maria, two)
    with agenda.database.transaction(maria.principal) as session, pytest.raises(PatientBusy):
        agenda.book(session, maria, two)
    assert count(agenda, Appointment) == 1


def test_holding_another_time_gives_the_first_back(agenda: Agenda, maria: Person, tomas: Person) -> None:
    first, second = agenda.slots(2)
    with agenda.database.transaction(maria.principal) as session:
        agenda.hold(session, maria, first)
    with agenda.database.transaction(maria.principal) as session:
        agenda.hold(session, maria, second)
    with agenda.database.transaction(tomas.principal) as session:
        agenda.hold(session, tomas, first)


def test_holding_the_same_time_again_is_the_same_hold(agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    with agenda.database.transaction(maria.principal) as session:
        first = agenda.hold(session, maria, slot)
    with agenda.database.transaction(maria.principal) as session:
        assert agenda.hold(session, maria, slot) == first


def test_a_released_hold_is_free_at_once(agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    with agenda.database.transaction(maria.principal) as session:
        release_hold(session, hold_id=agenda.hold(session, maria, slot))
    assert is_open(agenda, slot)


def test_a_hold_that_expired_says_so_and_can_be_had_again(agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    with agenda.database.transaction(maria.principal) as session:
        hold = agenda.hold(session, maria, slot)
    agenda.clock.now += HOLD
    with agenda.database.transaction(maria.principal) as session, pytest.raises(HoldExpired):
        book_hold(session, hold_id=hold, now=agenda.clock.now)
    with agenda.database.transaction(maria.principal) as session:
        again = agenda.hold(session, maria, slot)
        assert again != hold
        book_hold(session, hold_id=again, now=agenda.clock.now)


def test_a_hold_that_expired_and_was_booked_by_another_is_gone(agenda: Agenda, maria: Person, tomas: Person) -> None:
    slot = agenda.slots(1)[0]
    with agenda.database.transaction(maria.principal) as session:
        hold = agenda.hold(session, maria, slot)
    agenda.clock.now += HOLD
    with agenda.database.transaction(tomas.principal) as session:
        agenda.book(session, tomas, slot)
    with agenda.database.transaction(maria.principal) as session, pytest.raises(SlotTaken):
        book_hold(session, hold_id=hold, now=agenda.clock.now)
    assert count(agenda, Occupancy, Occupancy.kind == "hold") == 0


def test_another_patients_hold_cannot_be_booked(agenda: Agenda, maria: Person, tomas: Person) -> None:
    with agenda.database.transaction(maria.principal) as session:
        hold = agenda.hold(session, maria, agenda.slots(1)[0])
    with agenda.database.transaction(tomas.principal) as session, pytest.raises(NoSuchHold):
        book_hold(session, hold_id=hold, now=agenda.clock.now)


def test_nobody_books_for_another_patient(agenda: Agenda, maria: Person, tomas: Person) -> None:
    with pytest.raises(Exception, match="row-level security"), agenda.database.transaction(tomas.principal) as session:
        agenda.book(session, maria, agenda.slots(1)[0])
    assert count(agenda, Appointment) == 0


def test_a_time_outside_working_hours_is_not_booked(agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    night = type(slot)(
        practitioner_id=slot.practitioner_id,
        starts_at=slot.starts_at - timedelta(hours=9),
        ends_at=slot.ends_at - timedelta(hours=9),
    )
    with agenda.database.transaction(maria.principal) as session, pytest.raises(SlotTaken):
        agenda.book(session, maria, night)


def test_only_who_is_licensed_at_the_place_is_offered(agenda: Agenda) -> None:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        window = {"start": agenda.clock.now, "end": agenda.clock.now + timedelta(days=5), "now": agenda.clock.now}
        assert open_slots(session, visit_type_id=agenda.visit_type_id, jurisdiction="US-MA", **window)
        assert not open_slots(session, visit_type_id=agenda.visit_type_id, jurisdiction="US-TX", **window)


def test_a_visitor_sees_the_next_free_time_before_any_account(agenda: Agenda, maria: Person) -> None:
    first, second = agenda.slots(2)
    agenda.booked(maria, first)
    with agenda.database.transaction(Principal.visitor(tenant_id=agenda.clinic.id)) as session:
        found = next_free(
            session,
            visit_type_id=agenda.visit_type_id,
            jurisdiction="US-MA",
            now=agenda.clock.now,
            after=first.starts_at,
        )
        assert found == [second]


def test_a_licence_that_ends_ends_the_offer(agenda: Agenda) -> None:
    _account, other = make_clinician(
        agenda.worker, agenda.clinic, now=agenda.clock.now, name="Dr. Two", jurisdiction="US-NH"
    )
    work_every_day(agenda.worker, agenda.clinic, other, now=agenda.clock.now)
    last_day = (agenda.clock.now + timedelta(days=3)).date()
    with agenda.worker.transaction(agenda.clinic.system("provisioning")) as session:
        for licence in licences_of(session, practitioner_id=other):
            end_licence(session, licence=licence, until=last_day)
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        found = open_slots(
            session,
            visit_type_id=agenda.visit_type_id,
            jurisdiction="US-NH",
            start=agenda.clock.now,
            end=agenda.clock.now + timedelta(days=20),
            now=agenda.clock.now,
        )
    zone = ZoneInfo("America/New_York")
    assert max(slot.starts_at.astimezone(zone).date() for slot in found) == last_day


def test_hours_for_one_kind_of_visit_are_not_offered_for_another(agenda: Agenda) -> None:
    other = make_visit_type(agenda.worker, agenda.clinic, code="other")
    with agenda.worker.transaction(agenda.clinic.system("provisioning")) as session:
        for weekday in range(7):
            add_hours(
                session,
                practitioner_id=agenda.practitioner_id,
                weekday=weekday,
                starts=time(20),
                ends=time(22),
                zone="America/New_York",
                valid_from=agenda.clock.now.date(),
                visit_type_ids=[other],
            )
    zone = ZoneInfo("America/New_York")

    def hours_offered(visit_type_id: UUID) -> set[int]:
        slots = free_slots(agenda.worker, agenda.clinic, visit_type_id, now=agenda.clock.now, count=60)
        return {slot.starts_at.astimezone(zone).hour for slot in slots}

    assert {20, 21} <= hours_offered(other)
    assert not {20, 21} & hours_offered(agenda.visit_type_id)


def test_the_constraint_keeps_a_patient_from_being_in_two_places(agenda: Agenda, maria: Person) -> None:
    _account, other = make_clinician(agenda.worker, agenda.clinic, now=agenda.clock.now, name="Dr. Two")
    work_every_day(agenda.worker, agenda.clinic, other, now=agenda.clock.now)
    one, two = agenda.slots(2)
    with agenda.database.transaction(maria.principal) as session:
        hold = agenda.hold(session, maria, one)
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        agenda.book(session, maria, two)
    with agenda.database.transaction(maria.principal) as session, pytest.raises(PatientBusy):
        book_hold(session, hold_id=hold, now=agenda.clock.now)
    assert count(agenda, Appointment) == 1


def test_of_twenty_patients_racing_for_one_time_exactly_one_wins(agenda: Agenda) -> None:
    people = [agenda.new_patient(name=f"Racer{number}") for number in range(20)]
    slot = agenda.slots(1)[0]

    def race(person: Person) -> UUID:
        with agenda.database.transaction(person.principal) as session:
            return agenda.book(session, person, slot)

    answers = at_once(race, people, told=SlotTaken)
    assert sum(isinstance(one, UUID) for one in answers) == 1
    assert count(agenda, Appointment) == count(agenda, Occupancy) == 1


def test_of_twenty_hurried_clicks_of_one_patient_one_books(agenda: Agenda, maria: Person) -> None:
    with agenda.database.transaction(maria.principal) as session:
        hold = agenda.hold(session, maria, agenda.slots(1)[0])

    def click(_number: int) -> UUID:
        with agenda.database.transaction(maria.principal) as session:
            return book_hold(session, hold_id=hold, now=agenda.clock.now).id

    assert len(set(at_once(click, range(20)))) == 1
    assert events(agenda) == ["scheduling.appointment_booked"]


def test_the_constraint_decides_when_the_look_before_saw_nothing(
    agenda: Agenda, maria: Person, tomas: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = agenda.slots(1)[0]
    agenda.booked(maria, slot)
    monkeypatch.setattr("portal.scheduling.operations.booking.check_open", lambda *args, **kwargs: None)
    with agenda.database.transaction(tomas.principal) as session, pytest.raises(SlotTaken):
        agenda.book(session, tomas, slot)
    assert count(agenda, Appointment) == 1


def test_a_crash_between_leaves_nothing_behind(agenda: Agenda, maria: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    slot = agenda.slots(1)[0]

    def crash(*args: object, **kwargs: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("portal.scheduling.operations.booking.open_record_to", crash)
    with pytest.raises(RuntimeError), agenda.database.transaction(maria.principal) as session:
        agenda.book(session, maria, slot)
    assert count(agenda, Appointment) == count(agenda, Occupancy) == len(events(agenda)) == 0
    assert is_open(agenda, slot)


def test_an_appointment_of_another_clinic_is_not_there(agenda: Agenda, other_agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    with agenda.worker.transaction(other_agenda.clinic.system("scheduling")) as session:
        assert session.scalars(select(Appointment).where(Appointment.id == appointment)).all() == []
        assert session.scalar(select(func.count()).select_from(Occupancy)) == 0


def test_another_clinics_practitioner_cannot_be_booked(agenda: Agenda, other_agenda: Agenda, maria: Person) -> None:
    foreign = other_agenda.slots(1)[0]
    with agenda.database.transaction(maria.principal) as session, pytest.raises(SlotTaken):
        agenda.book(session, maria, foreign)


def test_what_happened_to_an_appointment_cannot_be_rewritten(
    agenda: Agenda, maria: Person, urls: dict[str, str], system: Callable[..., Any]
) -> None:
    agenda.booked(maria)
    session: PortalSession
    with pytest.raises(Exception, match="permission denied"), system("scheduling") as session:
        session.execute(text("UPDATE scheduling.appointment_change SET action = 'noshow'"))


def test_a_query_for_slots_is_short_however_many_clinicians(agenda: Agenda, maria: Person) -> None:
    from sqlalchemy import event

    asked: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    engine = agenda.database.engine
    with agenda.database.transaction(maria.principal) as session:
        session.execute(text("SELECT 1"))
        event.listen(engine, "before_cursor_execute", note)
        try:
            open_slots(
                session,
                visit_type_id=agenda.visit_type_id,
                jurisdiction="US-MA",
                start=agenda.clock.now,
                end=agenda.clock.now + timedelta(days=28),
                now=agenda.clock.now,
            )
        finally:
            event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 6
