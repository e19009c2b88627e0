"""Checkpoints by mail: what an administrator has in their mailbox tells a log that was rolled back whole."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest

from jobs.schedule import ask_for_rounds
from portal.app.audit_commands import _mailed
from portal.audit import Kind, notes_in, verify_log
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.audit.conftest import YEARS, Log
from tests.factories.identity import staff_member
from tests.support.clock import Clock
from tests.support.outside import Outside

AsOwner = Callable[..., None]
WEEK = timedelta(days=7)


@pytest.fixture
def admin(log: Log, worker_database: Database) -> UUID:
    return staff_member(worker_database, log.clinic, Role.CLINIC_ADMIN, now=log.now, email="ada@example.org")


@pytest.fixture
def week(worker_database: Database, clock: Clock, run_tasks: Callable[..., int]) -> Callable[[], None]:
    """The rounds of a week's end, twice as by two schedulers; each call a week later."""

    def pass_by() -> None:
        clock.now += WEEK
        for _ in range(2):
            ask_for_rounds(worker_database, now=clock.now)
        run_tasks()

    return pass_by


def _found(log: Log, text: str) -> set[str]:
    with log.web.session(log.clinic.system("audit")) as session:
        report = verify_log(session, key=log.signer.key, years=YEARS, now=log.now, mailed=notes_in(text))
    return {str(finding.kind) for finding in report.findings}


def test_the_newest_checkpoint_goes_to_the_administrators_once(
    log: Log, admin: UUID, week: Callable[[], None], outside: Outside, worker_database: Database
) -> None:
    staff_member(worker_database, log.clinic, Role.CLINICIAN, now=log.now)
    week()
    week()  # no new checkpoint in the meantime
    (mail,) = outside.mail.sent
    assert mail.to == "ada@example.org"
    assert notes_in(mail.text) == {3: log.store.all_of(log.clinic.id)[3]}
    log.record()
    log.sequence()
    week()
    assert [list(notes_in(mail.text)) for mail in outside.mail.sent] == [[3], [4]]


def test_the_privacy_officers_get_it_too(
    log: Log, admin: UUID, week: Callable[[], None], outside: Outside, worker_database: Database
) -> None:
    staff_member(worker_database, log.clinic, Role.PRIVACY_OFFICER, now=log.now, email="pat@example.org")
    week()
    assert sorted(mail.to for mail in outside.mail.sent) == ["ada@example.org", "pat@example.org"]


def test_without_a_checkpoint_there_is_no_mail(
    empty_log: Log, week: Callable[[], None], outside: Outside, worker_database: Database
) -> None:
    staff_member(worker_database, empty_log.clinic, Role.CLINIC_ADMIN, now=empty_log.now)
    week()
    assert outside.mail.sent == []


def test_a_log_rolled_back_whole_is_told_by_the_mail_alone(
    log: Log, admin: UUID, week: Callable[[], None], outside: Outside, as_owner: AsOwner
) -> None:
    week()
    text = outside.mail.sent[0].text
    assert _found(log, text) == set()
    as_owner(
        "DELETE FROM audit.leaf USING audit.entry e WHERE leaf.id = e.leaf_id AND e.tenant_id = %(t)s AND position >= 8"
    )
    as_owner("DELETE FROM audit.entry WHERE tenant_id = %(t)s AND position >= 8")
    as_owner("DELETE FROM audit.checkpoint WHERE tenant_id = %(t)s AND number = 3")
    assert _found(log, "") == set()
    assert _found(log, text) == {Kind.ROLLED_BACK}


def test_a_mail_that_somebody_altered_is_told(
    log: Log, admin: UUID, week: Callable[[], None], outside: Outside
) -> None:
    week()
    forged = outside.mail.sent[0].text.replace("\n12\n", "\n11\n")
    assert _found(log, forged) == {Kind.FORGED_CHECKPOINT}


def test_a_saved_mail_is_read_as_a_file_and_as_text(
    log: Log, admin: UUID, week: Callable[[], None], outside: Outside, tmp_path: Path
) -> None:
    week()
    sent = outside.mail.sent[0]
    message = EmailMessage()
    message["Subject"] = sent.subject
    message.set_content(sent.text)
    message.add_alternative(sent.html, subtype="html")
    saved, copied = tmp_path / "mail.eml", tmp_path / "copied.txt"
    saved.write_bytes(message.as_bytes())
    copied.write_text("> " + sent.text.replace("\n", "\r\n"))
    assert _mailed((saved,)) == _mailed((copied,)) == notes_in(sent.text)
