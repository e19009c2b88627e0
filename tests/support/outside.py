"""The edge of the outside world in tests: adapters that record, and the loop that runs what is due."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rq import Queue
from sqlalchemy import select

from jobs.relay import relay_events, relay_once
from jobs.run import Patience, execute
from portal.app.processes import Process
from portal.app.wiring import Adapters, wire_outside
from portal.kernel.db import Database
from portal.kernel.events import Task
from portal.kernel.principal import NO_TENANT, Principal
from tests.support.cards import RecordingCards
from tests.support.clock import Clock


@dataclass
class RecordingMail:
    """An EmailSender. `fail_with` is raised instead of sending, once for each entry."""

    sent: list[Any] = field(default_factory=list)
    fail_with: list[Exception] = field(default_factory=list)

    def send(self, message: Any) -> None:
        if self.fail_with:
            raise self.fail_with.pop(0)
        self.sent.append(message)


@dataclass
class RecordingSms(RecordingMail):
    """An SmsSender that can be asked what it took."""

    def send(self, message: Any) -> str:  # type: ignore[override]  # the port returns the partner's id
        super().send(message)
        return f"SM{len(self.sent)}"

    def find(self, message: Any, since: datetime) -> str | None:
        for number, one in enumerate(self.sent, 1):
            if (one.to, one.text) == (message.to, message.text):
                return f"SM{number}"
        return None


@dataclass
class RecordingPdf:
    """A PdfRenderer that keeps what it was asked for: (template, language, values)."""

    rendered: list[tuple[str, str, Any]] = field(default_factory=list)

    def render(self, template: str, language: str, values: Any) -> bytes:
        self.rendered.append((template, language, values))
        return f"%PDF {template} {language}".encode()


@dataclass
class RecordingScanner:
    """A Scanner. `finds`: what is in the next photos; `fail_with`: raised instead, once for each entry."""

    scanned: list[bytes] = field(default_factory=list)
    finds: list[str | None] = field(default_factory=list)
    fail_with: list[Exception] = field(default_factory=list)

    def scan(self, content: bytes) -> str | None:
        if self.fail_with:
            raise self.fail_with.pop(0)
        self.scanned.append(content)
        return self.finds.pop(0) if self.finds else None


class Outside:
    """Recording adapters, wired into the worker's handlers."""

    def __init__(self, process: Process) -> None:
        self.mail = RecordingMail()
        self.sms = RecordingSms()
        self.cards = RecordingCards()
        self.pdf = RecordingPdf()
        self.scanner = RecordingScanner()
        wire_outside(
            process,
            Adapters(email=self.mail, sms=self.sms, cards=self.cards, pdf=self.pdf, scanner=self.scanner),
        )

    @property
    def sent(self) -> list[Any]:
        """All that was sent."""
        return [*self.mail.sent, *self.sms.sent]


def run_tasks_of(process: Process, relay: Database, tenant_id: UUID, clock: Clock) -> int:
    """Relay events and run due tasks of one tenant until nothing is due; returns how many ran."""
    patience = Patience(attempts=process.settings.job_attempts, wait=timedelta(seconds=1))
    principal = Principal.system(tenant_id=tenant_id, purpose="tasks")
    everywhere = Principal.system(tenant_id=NO_TENANT, purpose="relay")
    ran = 0
    while True:
        with relay.transaction(everywhere) as session:
            while relay_events(session, now=clock.now):
                pass  # a batch holds the oldest events of all clinics, and ours may not be among them
        with process.database.transaction(principal) as session:
            due = session.scalars(
                select(Task).where(Task.state == "pending", Task.due_at <= clock.now).order_by(Task.due_at)
            ).all()
            ids = [task.id for task in due]
        if not ids:
            return ran
        for task_id in ids:
            execute(process.database, patience, tenant_id=tenant_id, task_id=task_id, now=clock.now)
            ran += 1


def relay_all(database: Database, queue: Queue, *, now: datetime, sweep: timedelta) -> None:
    """Passes of the relay until nothing waits: other tests' clinics are in the same database, and a pass is a batch."""
    while relay_once(database, queue, now=now, sweep=sweep):
        pass
