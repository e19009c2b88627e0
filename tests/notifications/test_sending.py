"""From a queued message to the partner: once, whatever goes wrong on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from jobs.run import Patience, execute
from portal.app.processes import Process
from portal.kernel.db import Database
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.kernel.events import Task
from portal.notifications import Recipient, cancel_messages, failed_deliveries, queue_message
from portal.notifications.models import Delivery
from tests.conftest import SystemSession
from tests.factories.notifications import by_email, by_sms
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside

pytestmark = pytest.mark.usefixtures("app")
RunTasks = Callable[..., int]
VALUES = {"starts_at": "2026-12-01T15:30:00+00:00", "link": "/harbour/v/1"}


@pytest.fixture
def queue(system: SystemSession, clock: Clock) -> Callable[..., UUID]:
    """Ask for a message; returns the delivery's id."""

    def ask(to: Recipient | None = None, *, key: str = "visit:1:24h", **options: Any) -> UUID:
        with system("reminders") as session:
            return queue_message(
                session,
                to=to or by_sms("+16175550142"),
                template="test.plain",
                values=VALUES,
                key=key,
                due_at=options.pop("due_at", clock.now),
                now=clock.now,
                **options,
            )

    return ask


@pytest.fixture
def stored(system: SystemSession) -> Callable[[UUID], Delivery]:
    """A delivery as it stands, its values opened."""

    def read(delivery_id: UUID) -> Delivery:
        with system("notifications") as session:
            row = session.get_one(Delivery, (session.tenant_id, delivery_id))
            row.opened = row.values  # type: ignore[attr-defined]  # sealed attributes open inside a session only
            return row

    return read


def test_a_text_message_is_sent_once(
    queue: Callable[..., UUID], stored: Callable[[UUID], Delivery], run_tasks: RunTasks, outside: Outside
) -> None:
    delivery = queue()
    run_tasks()
    run_tasks()
    assert [(message.to, message.text) for message in outside.sent] == [
        (
            "+16175550142",
            "Harbour Clinic: Tuesday, December 1, 2026, 10:30 AM (Eastern Standard Time)"
            " https://localhost/harbour/v/1?in=en",
        )
    ]
    row = stored(delivery)
    assert (row.state, row.partner_id, row.attempts) == ("sent", "SM1", 1)
    assert row.values_sealed is None


def test_a_mail_says_the_same_in_text_and_html_and_carries_our_id(
    queue: Callable[..., UUID], run_tasks: RunTasks, outside: Outside
) -> None:
    delivery = queue(by_email("maria@example.com"))
    run_tasks()
    mail = outside.mail.sent[0]
    assert mail.to == "maria@example.com"
    assert mail.message_id == f"{delivery}@localhost"
    assert mail.subject.startswith("Harbour Clinic on Tuesday, December 1, 2026")
    assert "Bring <nothing> & nobody." in mail.text
    assert "Bring &lt;nothing&gt; &amp; nobody." in mail.html
    for body in (mail.text, mail.html):
        assert "https://localhost/harbour/v/1" in body
        assert "Open your visit" in body
        assert "This message was sent by Harbour Clinic." in body
    assert '<html lang="en" dir="ltr">' in mail.html


def test_times_are_in_the_recipients_language_and_zone(
    queue: Callable[..., UUID], run_tasks: RunTasks, outside: Outside
) -> None:
    queue(by_email(language="es", zone="America/Los_Angeles"))
    run_tasks()
    mail = outside.mail.sent[0]
    assert "martes, 1 de diciembre de 2026" in mail.subject
    assert "7:30" in mail.subject
    assert mail.language == "es"
    assert '<html lang="es" dir="ltr">' in mail.html


def test_arabic_mail_reads_from_right_to_left(
    queue: Callable[..., UUID], run_tasks: RunTasks, outside: Outside
) -> None:
    queue(by_email(language="ar", zone="Asia/Amman"))
    run_tasks()
    assert '<html lang="ar" dir="rtl">' in outside.mail.sent[0].html


def test_nothing_leaves_before_it_is_due(
    queue: Callable[..., UUID], run_tasks: RunTasks, outside: Outside, clock: Clock
) -> None:
    queue(due_at=clock.now + timedelta(hours=1))
    run_tasks()
    assert outside.sent == []
    run_tasks(until=clock.now + timedelta(hours=1))
    assert len(outside.sent) == 1


def test_the_same_key_twice_is_one_message(queue: Callable[..., UUID], run_tasks: RunTasks, outside: Outside) -> None:
    assert queue() == queue()
    run_tasks()
    assert len(outside.sent) == 1


def test_cancelled_messages_do_not_leave(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    system: SystemSession,
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
) -> None:
    first, second = queue(key="visit:1:24h"), queue(key="visit:1:1h")
    other = queue(key="visit:10:1h")
    with system("reminders") as session:
        assert cancel_messages(session, key_prefix="visit:1:", now=clock.now) == 2
    run_tasks()
    assert len(outside.sent) == 1
    assert [stored(one).state for one in (first, second, other)] == ["cancelled", "cancelled", "sent"]


def test_a_message_that_is_no_longer_useful_does_not_leave(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
) -> None:
    delivery = queue(useful_until=clock.now + timedelta(minutes=10))
    run_tasks(until=clock.now + timedelta(minutes=10))
    assert outside.sent == []
    row = stored(delivery)
    assert (row.state, row.error_code) == ("cancelled", "too-late")


def later(run_tasks: RunTasks, clock: Clock, times: int = 8) -> None:
    """Let the retries come due."""
    run_tasks()
    for _ in range(times):
        clock.advance(minutes=5)
        run_tasks()


def test_an_unavailable_partner_is_tried_again(
    queue: Callable[..., UUID], run_tasks: RunTasks, outside: Outside, clock: Clock
) -> None:
    outside.sms.fail_with = [PartnerUnavailable(), PartnerUnavailable()]
    queue()
    later(run_tasks, clock)
    assert len(outside.sent) == 1


def test_a_refusal_is_final_and_seen_by_the_administrator(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    system: SystemSession,
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
) -> None:
    outside.sms.fail_with = [PartnerRefused(code="twilio-21211")]
    delivery = queue()
    later(run_tasks, clock)
    assert outside.sent == []
    assert (stored(delivery).state, stored(delivery).error_code) == ("failed", "twilio-21211")
    with system("anything") as session:
        (seen,) = failed_deliveries(session, since=clock.now - timedelta(days=1)).rows
    assert (seen.id, seen.channel, seen.template, seen.error_code) == (delivery, "sms", "test.plain", "twilio-21211")
    assert "+16175550142" not in repr(seen)


def test_a_partner_that_stays_away_ends_as_failed(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
) -> None:
    outside.sms.fail_with = [PartnerUnavailable() for _ in range(20)]
    delivery = queue()
    later(run_tasks, clock)
    row = stored(delivery)
    assert (row.state, row.error_code) == ("failed", "partner-unavailable")
    assert row.opened == VALUES  # type: ignore[attr-defined]  # set by the fixture


def test_after_a_doubt_a_message_that_arrived_is_not_sent_again(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outside.sms, "send", sends_and_then_breaks(outside.sms))
    delivery = queue()
    later(run_tasks, clock)
    assert len(outside.sent) == 1
    assert (stored(delivery).state, stored(delivery).partner_id) == ("sent", "SM1")


def sends_and_then_breaks(sms: Any) -> Callable[[Any], str]:
    """A partner that takes the message and whose answer is lost."""

    def send(message: Any) -> str:
        sms.sent.append(message)
        raise PartnerUncertain

    return send


def test_after_a_doubt_a_message_that_did_not_arrive_is_sent_once_more(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
) -> None:
    outside.sms.fail_with = [PartnerUncertain()]
    delivery = queue()
    later(run_tasks, clock)
    assert len(outside.sent) == 1
    assert (stored(delivery).state, stored(delivery).resent) == ("sent", True)


def test_a_second_doubt_ends_as_uncertain(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[Any] = []

    def send(message: Any) -> str:
        tries.append(message)
        raise PartnerUncertain

    monkeypatch.setattr(outside.sms, "send", send)
    delivery = queue()
    later(run_tasks, clock)
    assert len(tries) == 2
    assert (stored(delivery).state, stored(delivery).error_code) == ("uncertain", "partner-uncertain")


def test_a_look_up_that_fails_keeps_the_doubt(
    queue: Callable[..., UUID],
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outside.sms, "send", sends_and_then_breaks(outside.sms))
    real, failures = outside.sms.find, [PartnerUnavailable(), PartnerUnavailable()]

    def find(message: Any, since: Any) -> str | None:
        if failures:
            raise failures.pop()
        return real(message, since)

    monkeypatch.setattr(outside.sms, "find", find)
    queue()
    later(run_tasks, clock)
    assert len(outside.sent) == 1


def test_a_mail_in_doubt_is_sent_once_more_under_the_same_id(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids: list[str] = []

    def send(message: Any) -> None:
        ids.append(message.message_id)
        raise PartnerUncertain

    monkeypatch.setattr(outside.mail, "send", send)
    delivery = queue(by_email())
    later(run_tasks, clock)
    assert ids == [f"{delivery}@localhost"] * 2
    assert stored(delivery).state == "uncertain"


def test_a_worker_that_dies_in_mid_call_does_not_send_twice(
    queue: Callable[..., UUID],
    system: SystemSession,
    worker_process: Process,
    outside: Outside,
    clinic: Clinic,
    clock: Clock,
    run_tasks: RunTasks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        """Nothing of ours runs after it."""

    def send(message: Any) -> str:
        outside.sms.sent.append(message)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(outside.sms, "send", send)
        delivery = queue()
        with system("tasks") as session:
            task = session.scalars(select(Task).where(Task.subject_id == delivery)).one().id
        patience = Patience(attempts=6, wait=timedelta(seconds=1))

        def run() -> str:
            return execute(worker_process.database, patience, tenant_id=clinic.id, task_id=task, now=clock.now)

        with pytest.raises(Killed):
            run()
    # The lease still stands: somebody may be at it.
    assert run() == "running"
    clock.advance(minutes=4)
    assert run() == "done"
    assert len(outside.sent) == 1


def test_staff_can_retry_a_failed_message(
    queue: Callable[..., UUID],
    stored: Callable[[UUID], Delivery],
    system: SystemSession,
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
) -> None:
    outside.sms.fail_with = [PartnerRefused()]
    delivery = queue()
    run_tasks()
    with system("tasks") as session:
        task = session.scalars(select(Task).where(Task.subject_id == delivery)).one()
        task.state, task.attempts, task.finished_at = "pending", 0, None
    run_tasks()
    assert len(outside.sent) == 1
    assert stored(delivery).state == "sent"


def test_a_broken_template_ends_as_failed_and_blocks_nobody(
    queue: Callable[..., UUID],
    system: SystemSession,
    stored: Callable[[UUID], Delivery],
    run_tasks: RunTasks,
    outside: Outside,
    clock: Clock,
) -> None:
    with system("reminders") as session:
        broken = queue_message(
            session, to=by_sms(), template="test.plain", values={}, key="broken", due_at=clock.now, now=clock.now
        )
    queue()
    later(run_tasks, clock)
    assert len(outside.sent) == 1
    assert (stored(broken).state, stored(broken).error_code) == ("failed", "KeyError")


def test_an_unknown_template_is_refused_when_it_is_asked_for(system: SystemSession, clock: Clock) -> None:
    from portal.notifications import UnknownTemplate

    with system("reminders") as session, pytest.raises(UnknownTemplate):
        queue_message(session, to=by_sms(), template="no.such", values={}, key="k", due_at=clock.now, now=clock.now)


def test_messages_of_another_clinic_are_out_of_sight(
    queue: Callable[..., UUID], worker_database: Database, other_clinic: Clinic
) -> None:
    delivery = queue()
    with worker_database.transaction(other_clinic.system("notifications")) as session:
        assert session.get(Delivery, (other_clinic.id, delivery)) is None
        assert session.scalars(select(Delivery)).all() == []
