"""What a patient is told of an appointment, when, in which words; and what is not sent any more."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from redis import Redis

from jobs.queues import open_queue
from portal.kernel.db import Database
from portal.kernel.locale import format_datetime, use_locale
from portal.scheduling import appointment_by_id, cancel_appointment, reschedule_appointment
from tests.factories.patients import make_patient
from tests.factories.practitioners import make_practitioner
from tests.factories.scheduling import free_slots, make_appointment, make_visit_type, work_every_day
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside, relay_all

RunTasks = Callable[..., int]
HEALTH = re.compile(r"maria|gomez|raman|doctor|dr\.|first visit|consulta|visit|health|salud|clinician|video", re.I)
ZONE = "America/New_York"


def as_texted(instant: datetime, zone: str) -> str:
    """A time as a text message has it: with plain spaces."""
    return " ".join(format_datetime(instant, zone).split())


@dataclass
class Book:
    """Makes appointments and tells what was sent of them."""

    worker: Database
    clinic: Clinic
    clock: Clock
    outside: Outside

    def __post_init__(self) -> None:
        self.clock.now = self.clock.now.replace(hour=15, minute=2, second=0, microsecond=0)  # in working hours
        _, practitioner = make_practitioner(self.worker, self.clinic, now=self.clock.now)
        work_every_day(self.worker, self.clinic, practitioner, now=self.clock.now)
        self.visit_type = make_visit_type(self.worker, self.clinic)

    def __call__(self, *, ahead: timedelta = timedelta(days=3), zone: str = ZONE, **patient: Any) -> UUID:
        patient = {"target": "+16175550123", **patient}
        _, patient_id = make_patient(self.worker, self.clinic, now=self.clock.now, **patient)
        slot = self.slot(ahead)
        return make_appointment(
            self.worker,
            self.clinic,
            patient_id=patient_id,
            visit_type_id=self.visit_type,
            now=self.clock.now,
            slot=slot,
            zone=zone,
        )

    def slot(self, ahead: timedelta) -> Any:
        return free_slots(
            self.worker, self.clinic, self.visit_type, now=self.clock.now, count=1, after=self.clock.now + ahead
        )[0]

    def starts_at(self, appointment_id: UUID) -> datetime:
        with self.worker.transaction(self.clinic.system("visits")) as session:
            appointment = appointment_by_id(session, appointment_id=appointment_id)
            assert appointment is not None
            return appointment.starts_at

    def move(self, appointment_id: UUID, ahead: timedelta) -> datetime:
        slot = self.slot(ahead)
        with self.worker.transaction(self.clinic.system("scheduling")) as session:
            reschedule_appointment(
                session,
                appointment_id=appointment_id,
                starts_at=slot.starts_at,
                by_staff=True,
                now=self.clock.now,
            )
        starts_at: datetime = slot.starts_at
        return starts_at

    def cancel(self, appointment_id: UUID) -> None:
        with self.worker.transaction(self.clinic.system("scheduling")) as session:
            cancel_appointment(session, appointment_id=appointment_id, reason="prov", by_staff=True, now=self.clock.now)

    def texts(self) -> list[str]:
        return [message.text for message in self.outside.sms.sent]


@pytest.fixture
def book(worker_database: Database, clinic: Clinic, clock: Clock, outside: Outside) -> Book:
    return Book(worker_database, clinic, clock, outside)


def test_confirmed_at_once_then_reminded_a_day_and_an_hour_before(book: Book, run_tasks: RunTasks) -> None:
    starts_at = book.starts_at(book())
    run_tasks()
    assert len(book.texts()) == 1
    run_tasks(starts_at - timedelta(hours=24, seconds=1))
    assert len(book.texts()) == 1
    run_tasks(starts_at - timedelta(hours=24))
    assert len(book.texts()) == 2
    run_tasks(starts_at - timedelta(hours=1, seconds=1))
    assert len(book.texts()) == 2
    run_tasks(starts_at - timedelta(hours=1))
    run_tasks(starts_at + timedelta(days=1))
    confirmed, day_before, hour_before = book.texts()
    assert "your appointment is on" in confirmed
    assert "a reminder" in day_before
    assert "starts soon" in hour_before


@pytest.mark.parametrize(
    ("language", "word", "zone"),
    [
        ("en", "appointment", "America/New_York"),
        ("es", "cita", "America/Los_Angeles"),
        ("ar", "موعدك", "America/Chicago"),
    ],
)
def test_it_speaks_the_patients_language_in_the_places_time(
    book: Book, run_tasks: RunTasks, language: str, word: str, zone: str
) -> None:
    starts_at = book.starts_at(book(language=language, zone=zone))
    run_tasks()
    (text,) = book.texts()
    assert word in text
    with use_locale(language, zone):
        assert as_texted(starts_at, zone) in text


def test_a_patient_with_an_address_gets_a_mail(book: Book, run_tasks: RunTasks) -> None:
    appointment_id = book(channel="email", target="maria@example.com")
    starts_at = book.starts_at(appointment_id)
    run_tasks()
    run_tasks(starts_at - timedelta(hours=24))
    assert book.texts() == []
    mails = book.outside.mail.sent
    assert [mail.to for mail in mails] == ["maria@example.com"] * 2
    for mail in mails:
        for part in (mail.text, mail.html):
            assert f"/{book.clinic.slug}/v/{appointment_id}" in part
            assert format_datetime(starts_at, ZONE) in part


def test_no_message_names_the_patient_the_clinician_or_the_service(book: Book, run_tasks: RunTasks) -> None:
    texted, mailed = book(), book(channel="email", target="maria@example.com")
    run_tasks()
    for appointment_id, ahead in ((texted, 5), (mailed, 6)):
        starts_at = book.move(appointment_id, timedelta(days=ahead))
        run_tasks()
        run_tasks(starts_at - timedelta(hours=24))
        run_tasks(starts_at - timedelta(hours=1))
        book.cancel(appointment_id)
        run_tasks()
    assert len(book.texts()) == 5
    assert len(book.outside.mail.sent) == 5
    words = book.texts()
    for mail in book.outside.mail.sent:
        words += [mail.subject, mail.text, re.sub(r"<style.*?</style>|<[^>]*>", " ", mail.html, flags=re.S)]
    for text in words:
        # What every mail says about itself: not to answer it with information about one's health.
        assert not HEALTH.search(text.replace("information about your health", "")), text


def test_the_link_names_exactly_that_visit(book: Book, run_tasks: RunTasks) -> None:
    first, second = book(), book(target="+16175550177")
    run_tasks()
    links = {message.to: message.text for message in book.outside.sms.sent}
    assert f"https://localhost/{book.clinic.slug}/v/{first}" in links["+16175550123"]
    assert f"https://localhost/{book.clinic.slug}/v/{second}" in links["+16175550177"]
    assert str(first) not in links["+16175550177"]


def test_moving_the_appointment_moves_its_reminders(book: Book, run_tasks: RunTasks) -> None:
    appointment_id = book()
    before = book.starts_at(appointment_id)
    run_tasks()
    after = book.move(appointment_id, timedelta(days=6))
    run_tasks()
    assert "has moved to" in book.texts()[-1]
    run_tasks(before)
    assert len(book.texts()) == 2
    run_tasks(after - timedelta(hours=24))
    run_tasks(after - timedelta(hours=1))
    run_tasks(after + timedelta(hours=1))
    assert len(book.texts()) == 4
    for text in book.texts()[1:]:
        assert as_texted(after, ZONE) in text


def test_moved_before_anything_was_sent_only_the_new_time_is_told(book: Book, run_tasks: RunTasks) -> None:
    appointment_id = book()
    after = book.move(appointment_id, timedelta(days=6))
    run_tasks()
    for text in book.texts():
        assert as_texted(after, ZONE) in text


def test_cancelling_takes_the_reminders_back_and_says_so(book: Book, run_tasks: RunTasks) -> None:
    appointment_id = book()
    starts_at = book.starts_at(appointment_id)
    run_tasks()
    book.cancel(appointment_id)
    run_tasks()
    run_tasks(starts_at - timedelta(hours=1))
    run_tasks(starts_at + timedelta(days=1))
    assert len(book.texts()) == 2
    assert "is cancelled" in book.texts()[-1]
    assert "/v/" not in book.texts()[-1]


def test_booked_within_the_hour_it_is_confirmed_and_no_more(book: Book, run_tasks: RunTasks) -> None:
    starts_at = book.starts_at(book(ahead=timedelta(minutes=20)))
    assert starts_at - book.clock.now < timedelta(hours=1)
    run_tasks()
    run_tasks(starts_at + timedelta(hours=1))
    assert len(book.texts()) == 1


def test_booked_within_the_day_the_reminder_of_the_day_before_is_left_out(book: Book, run_tasks: RunTasks) -> None:
    starts_at = book.starts_at(book(ahead=timedelta(hours=3)))
    run_tasks()
    run_tasks(starts_at - timedelta(hours=1))
    run_tasks(starts_at + timedelta(hours=1))
    assert ["starts soon" in text for text in book.texts()] == [False, True]


def test_a_reminder_that_comes_too_late_is_not_sent(book: Book, run_tasks: RunTasks) -> None:
    starts_at = book.starts_at(book())
    run_tasks()
    run_tasks(starts_at + timedelta(seconds=1))
    assert len(book.texts()) == 1


def test_redis_emptied_while_reminders_wait_changes_nothing(
    book: Book, run_tasks: RunTasks, relay_database: Database, redis_url: str
) -> None:
    starts_at = book.starts_at(book())
    run_tasks()
    redis = Redis.from_url(redis_url)
    queue = open_queue(redis)
    due = starts_at - timedelta(hours=24)
    relay_all(relay_database, queue, now=due, sweep=timedelta(minutes=1))
    ours = [job for job in queue.jobs if job.args[0] == str(book.clinic.id)]
    assert len(ours) == 1
    redis.flushdb()
    relay_all(relay_database, queue, now=due + timedelta(minutes=2), sweep=timedelta(minutes=1))
    assert [job.args for job in queue.jobs if job.args[0] == str(book.clinic.id)] == [ours[0].args]
    redis.flushdb()
    redis.close()
    run_tasks(due + timedelta(minutes=2))
    assert len(book.texts()) == 2
