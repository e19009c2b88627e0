"""Moving, cancelling and closing an appointment."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.kernel.events import OutboxEvent
from portal.kernel.permissions import Role
from portal.scheduling import (
    SlotTaken,
    TooLateToChange,
    UnableToChange,
    appointment_by_id,
    cancel_appointment,
    changes_of,
    close_appointment,
    reschedule_appointment,
)
from portal.scheduling.models import Appointment, Occupancy
from portal.scheduling.operations.changes import NoSuchAppointment
from tests.factories.identity import staff_member
from tests.factories.scheduling import free_slots, make_appointment, make_visit_type, work_every_day
from tests.scheduling.conftest import Agenda, Person, as_role, make_clinician
from tests.support.race import at_once


def load(agenda: Agenda, appointment: UUID) -> Appointment:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        found = appointment_by_id(session, appointment_id=appointment)
        assert found is not None
        return found


def told(agenda: Agenda) -> list[str]:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        names = select(OutboxEvent.name).where(OutboxEvent.name.startswith("scheduling.")).order_by(OutboxEvent.id)
        return [name.removeprefix("scheduling.appointment_") for name in session.scalars(names)]


def occupied(agenda: Agenda) -> list[Any]:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        return [row.during.lower for row in session.scalars(select(Occupancy))]


def test_moving_takes_the_new_time_and_gives_the_old_one_back(agenda: Agenda, maria: Person) -> None:
    first, second = agenda.slots(2)
    appointment = agenda.booked(maria, first)
    with agenda.database.transaction(maria.principal) as session:
        reschedule_appointment(
            session, appointment_id=appointment, starts_at=second.starts_at, by_staff=False, now=agenda.clock.now
        )
    assert load(agenda, appointment).starts_at == second.starts_at
    assert occupied(agenda) == [second.starts_at]
    assert told(agenda) == ["booked", "rescheduled"]
    with agenda.database.transaction(maria.principal) as session:
        assert [one.action for one in changes_of(session, appointment_id=appointment)] == ["booked", "rescheduled"]


def test_moving_to_the_same_time_changes_nothing(agenda: Agenda, maria: Person) -> None:
    slot = agenda.slots(1)[0]
    appointment = agenda.booked(maria, slot)
    with agenda.database.transaction(maria.principal) as session:
        for _ in range(2):
            reschedule_appointment(
                session, appointment_id=appointment, starts_at=slot.starts_at, by_staff=False, now=agenda.clock.now
            )
    assert told(agenda) == ["booked"] and load(agenda, appointment).sequence == 0


def test_moving_by_less_than_its_length_does_not_stand_in_its_own_way(agenda: Agenda, maria: Person) -> None:
    long = make_visit_type(agenda.worker, agenda.clinic, code="long", minutes=60, buffer_after=0)
    slot = free_slots(agenda.worker, agenda.clinic, long, now=agenda.clock.now, count=1)[0]
    appointment = make_appointment(
        agenda.worker, agenda.clinic, patient_id=maria.patient_id, visit_type_id=long, now=agenda.clock.now, slot=slot
    )
    with agenda.database.transaction(maria.principal) as session:
        reschedule_appointment(
            session,
            appointment_id=appointment,
            starts_at=slot.starts_at + timedelta(hours=1),
            by_staff=False,
            now=agenda.clock.now,
        )
    assert load(agenda, appointment).starts_at == slot.starts_at + timedelta(hours=1)


def test_moving_onto_a_taken_time_is_refused_and_nothing_moves(agenda: Agenda, maria: Person, tomas: Person) -> None:
    first, second = agenda.slots(2)
    mine = agenda.booked(maria, first)
    agenda.booked(tomas, second)
    with agenda.database.transaction(maria.principal) as session, pytest.raises(SlotTaken) as lost:
        reschedule_appointment(
            session, appointment_id=mine, starts_at=second.starts_at, by_staff=False, now=agenda.clock.now
        )
    assert second not in lost.value.next_free
    assert load(agenda, mine).starts_at == first.starts_at


def test_the_constraint_refuses_a_move_too(
    agenda: Agenda, maria: Person, tomas: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = agenda.slots(2)
    mine = agenda.booked(maria, first)
    agenda.booked(tomas, second)
    monkeypatch.setattr("portal.scheduling.operations.changes.check_open", lambda *args, **kwargs: None)
    with agenda.database.transaction(maria.principal) as session:
        with pytest.raises(SlotTaken):
            reschedule_appointment(
                session, appointment_id=mine, starts_at=second.starts_at, by_staff=False, now=agenda.clock.now
            )
        found = appointment_by_id(session, appointment_id=mine)
        assert found is not None and (found.starts_at, found.sequence) == (first.starts_at, 0)


def test_twenty_appointments_moved_onto_one_time(agenda: Agenda) -> None:
    slots = agenda.slots(11)
    people = [agenda.new_patient(name=f"Mover{number}") for number in range(10)]
    mine = [agenda.booked(person, slot) for person, slot in zip(people, slots, strict=False)]

    def move(pair: tuple[Person, UUID]) -> None:
        person, appointment = pair
        with agenda.database.transaction(person.principal) as session:
            reschedule_appointment(
                session,
                appointment_id=appointment,
                starts_at=slots[10].starts_at,
                by_staff=False,
                now=agenda.clock.now,
            )

    answers = at_once(move, zip(people, mine, strict=True), told=SlotTaken)
    assert sum(isinstance(one, SlotTaken) for one in answers) == 9
    assert len(occupied(agenda)) == 10


def test_moving_to_another_clinician_moves_the_key_to_the_record(agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    account, other = make_clinician(agenda.worker, agenda.clinic, now=agenda.clock.now, name="Dr. Two")
    work_every_day(agenda.worker, agenda.clinic, other, now=agenda.clock.now)
    second = as_role(agenda.clinic, account, Role.CLINICIAN)

    def sees(principal: Any) -> bool:
        with agenda.database.transaction(principal) as session:
            return appointment_by_id(session, appointment_id=appointment) is not None

    assert sees(agenda.clinician) and not sees(second)
    free = next(slot for slot in agenda.slots(8) if slot.practitioner_id == other)
    with agenda.database.transaction(maria.principal) as session:
        reschedule_appointment(
            session,
            appointment_id=appointment,
            starts_at=free.starts_at,
            practitioner_id=other,
            by_staff=False,
            now=agenda.clock.now,
        )
    assert sees(second) and not sees(agenda.clinician)


def test_cancelling_twice_is_cancelling_once(agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    for _ in range(2):
        with agenda.database.transaction(maria.principal) as session:
            cancel_appointment(session, appointment_id=appointment, reason="pat", by_staff=False, now=agenda.clock.now)
    assert told(agenda) == ["booked", "cancelled"]
    assert occupied(agenda) == []


def test_cancelling_closes_the_record_to_the_clinician(agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    with agenda.database.transaction(maria.principal) as session:
        cancel_appointment(session, appointment_id=appointment, reason="pat", by_staff=False, now=agenda.clock.now)
    with agenda.database.transaction(agenda.clinician) as session:
        assert appointment_by_id(session, appointment_id=appointment) is None


def test_another_appointment_keeps_the_record_open(agenda: Agenda, maria: Person) -> None:
    first, second = agenda.slots(2)
    one, two = agenda.booked(maria, first), agenda.booked(maria, second)
    with agenda.database.transaction(maria.principal) as session:
        cancel_appointment(session, appointment_id=one, reason="pat", by_staff=False, now=agenda.clock.now)
    with agenda.database.transaction(agenda.clinician) as session:
        assert appointment_by_id(session, appointment_id=two) is not None


def test_patients_are_bound_by_the_last_hour_and_staff_are_not(agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    late = load(agenda, appointment).starts_at - timedelta(minutes=30)
    agenda.clock.now = late
    desk = as_role(agenda.clinic, staff_member(agenda.worker, agenda.clinic, now=late), Role.FRONT_DESK)
    with agenda.database.transaction(maria.principal) as session, pytest.raises(TooLateToChange):
        cancel_appointment(session, appointment_id=appointment, reason="pat", by_staff=False, now=late)
    with agenda.database.transaction(desk) as session:
        cancel_appointment(session, appointment_id=appointment, reason="prov", by_staff=True, now=late)
    assert load(agenda, appointment).status == "cancelled"


def test_what_is_cancelled_or_over_is_not_moved(agenda: Agenda, maria: Person) -> None:
    first, second = agenda.slots(2)
    appointment = agenda.booked(maria, first)
    with agenda.worker.transaction(agenda.clinic.system("visits")) as session:
        close_appointment(session, appointment_id=appointment, status="fulfilled", now=agenda.clock.now)
        close_appointment(session, appointment_id=appointment, status="fulfilled", now=agenda.clock.now)
    with agenda.database.transaction(maria.principal) as session:
        with pytest.raises(UnableToChange):
            reschedule_appointment(
                session, appointment_id=appointment, starts_at=second.starts_at, by_staff=False, now=agenda.clock.now
            )
        with pytest.raises(UnableToChange):
            cancel_appointment(session, appointment_id=appointment, reason="pat", by_staff=False, now=agenda.clock.now)


def test_another_patients_appointment_is_not_there_to_change(agenda: Agenda, maria: Person, tomas: Person) -> None:
    appointment = agenda.booked(maria)
    with agenda.database.transaction(tomas.principal) as session, pytest.raises(NoSuchAppointment):
        cancel_appointment(session, appointment_id=appointment, reason="pat", by_staff=False, now=agenda.clock.now)


def test_another_clinics_desk_does_not_see_it(agenda: Agenda, other_agenda: Agenda, maria: Person) -> None:
    appointment = agenda.booked(maria)
    account = staff_member(agenda.worker, other_agenda.clinic, now=agenda.clock.now)
    desk = as_role(other_agenda.clinic, account, Role.FRONT_DESK)
    with agenda.database.transaction(desk) as session, pytest.raises(NoSuchAppointment):
        cancel_appointment(session, appointment_id=appointment, reason="prov", by_staff=True, now=agenda.clock.now)
