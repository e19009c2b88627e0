"""Leaves into the log: none lost, none twice, whoever commits late and whenever somebody is killed."""

import os
import signal
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import ProgrammingError

from deploy import prepare
from deploy.processes import end, wait_until
from jobs.sequencer import sequence_once
from portal.audit import CheckpointConflict, VerifierKey, sequence_leaves
from portal.audit.models import Entry, Leaf, StoredCheckpoint, Waiting
from portal.integrations.checkpoints import FileCheckpointStore
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from tests.audit.conftest import Log, leaf_of
from tests.support.clinics import Clinic
from tests.support.servers import PASSWORDS, TEMPLATE


def counts(log: Log) -> tuple[int, int, int]:
    """Leaves, entries, and leaves that wait."""
    with log.web.session(log.clinic.system("audit")) as session:
        one, two, three = (
            session.scalar(select(func.count()).select_from(model)) or 0 for model in (Leaf, Entry, Waiting)
        )
    return one, two, three


def test_a_leaf_that_is_committed_late_is_not_lost(empty_log: Log) -> None:
    log = empty_log
    late = leaf_of(log.clinic, at=log.now)
    with log.web.transaction(log.clinic.system("tests")) as session:
        session.execute(insert(Leaf), [late])
        log.record(3)
        assert log.sequence() == 3
    assert log.sequence() == 1
    with log.web.session(log.clinic.system("audit")) as session:
        assert session.scalar(select(Entry.position).where(Entry.leaf_id == late["id"])) == 3
    assert log.verify().findings == []


def test_nothing_new_makes_no_checkpoint(log: Log) -> None:
    assert log.sequence() == 0
    assert log.verify().checkpoint == 3


def test_a_rolled_back_request_leaves_nothing_to_wait_for(empty_log: Log) -> None:
    with empty_log.web.transaction(empty_log.clinic.system("tests")) as session:
        session.execute(insert(Leaf), [leaf_of(empty_log.clinic, at=empty_log.now)])
        session.rollback()
    assert counts(empty_log) == (0, 0, 0)


def test_sequencers_at_the_same_time_do_no_harm(empty_log: Log) -> None:
    log = empty_log
    log.record(200)
    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(lambda _: log.sequence(limit=10), range(40)))
    while count := log.sequence(limit=50):
        done += count
    assert done == 200
    assert counts(log) == (200, 200, 0)
    assert log.verify().findings == []


def test_a_log_that_grows_is_verified_meanwhile(empty_log: Log) -> None:
    log, stopping = empty_log, threading.Event()

    def grow() -> None:
        while not stopping.is_set():
            log.record(2)
            log.sequence()
            log.export()

    with ThreadPoolExecutor(1) as pool:
        growing = pool.submit(grow)
        try:
            reports = [log.verify() for _ in range(15)]
        finally:
            stopping.set()  # an error must not let it grow for ever
        growing.result()
    assert [report.findings for report in reports] == [[]] * 15
    assert reports[-1].size > reports[0].size


def test_what_was_recorded_before_there_was_a_log_joins_it(urls: dict[str, str]) -> None:
    name = f"{urls['database']}_before"
    prepare.drop_database(urls["admin"], name)
    prepare.clone_database(urls["admin"], TEMPLATE, name)
    scratch = prepare.prepare_database(urls["admin"], name, PASSWORDS)
    environment = {**os.environ, "DATABASE_URL": scratch["portal_migrate"]}
    alembic = [sys.executable, "-m", "alembic"]
    subprocess.run([*alembic, "downgrade", "0015"], env=environment, check=True, capture_output=True)
    clinic, database = Clinic(id=new_id(), slug="before"), Database(scratch["portal_web"], pool_size=1)
    leaf = leaf_of(clinic, at=utc_now())
    with database.transaction(clinic.system("tests")) as session:
        session.execute(insert(Leaf), [leaf])
    database.engine.dispose()
    subprocess.run([*alembic, "upgrade", "head"], env=environment, check=True, capture_output=True)
    with database.transaction(clinic.system("audit")) as session:
        assert session.scalars(select(Waiting.leaf_id)).all() == [leaf["id"]]
    database.engine.dispose()
    prepare.drop_database(urls["admin"], name)


def test_what_was_not_committed_is_done_again(empty_log: Log) -> None:
    log = empty_log
    log.record(5)
    with log.sequencer.transaction(log.clinic.system("sequencing")) as session:
        sequence_leaves(session, signer=log.signer, now=log.now)
        session.rollback()
    assert counts(log) == (5, 0, 5)
    assert log.sequence() == 5
    assert log.verify().findings == []


def test_a_checkpoint_copied_before_a_crash_is_taken_for_the_same(empty_log: Log) -> None:
    log = empty_log
    log.record()
    log.sequence()
    with log.web.session(log.clinic.system("audit")) as session:
        note = session.get_one(StoredCheckpoint, (log.clinic.id, 1)).note
    log.store.keep(tenant_id=log.clinic.id, number=1, note=note)
    assert (log.export(), log.export()) == (1, 0)
    assert log.store.all_of(log.clinic.id) == {1: note}


def test_a_second_checkpoint_of_the_same_number_is_refused(log: Log) -> None:
    before = log.store.all_of(log.clinic.id)
    with pytest.raises(CheckpointConflict):
        log.store.keep(tenant_id=log.clinic.id, number=2, note="another")
    assert log.store.all_of(log.clinic.id) == before


def test_one_clinics_log_is_not_anothers(log: Log, other_clinic: Clinic) -> None:
    with log.web.session(other_clinic.system("audit")) as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 0
        assert session.scalar(select(func.count()).select_from(StoredCheckpoint)) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit.entry SELECT tenant_id, 99, id, sha256('x') FROM audit.leaf LIMIT 1",
        "UPDATE audit.entry SET hash = sha256('x')",
        "DELETE FROM audit.entry",
        "UPDATE audit.checkpoint SET exported_at = NULL",
        "DELETE FROM audit.checkpoint",
        "DELETE FROM audit.waiting",
        "DELETE FROM audit.leaf",
        "SELECT audit.drop_before(4)",
        "UPDATE audit.retention SET years = 1",
    ],
)
@pytest.mark.parametrize("purpose", ["audit", "sequencing", "retention"])
def test_pages_and_jobs_cannot_write_the_log(log: Log, worker_database: Database, statement: str, purpose: str) -> None:
    for database in (log.web, worker_database):
        with pytest.raises(ProgrammingError, match="permission denied"):  # noqa: SIM117
            with database.transaction(log.clinic.system(purpose)) as session:
                session.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit.leaf SELECT * FROM audit.leaf",
        "DELETE FROM audit.leaf",
        "UPDATE audit.entry SET hash = sha256('x')",
        "DELETE FROM audit.entry",
        "UPDATE audit.checkpoint SET note = ''",
        "SELECT * FROM patients.patient",
    ],
)
def test_the_sequencer_only_appends(log: Log, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):  # noqa: SIM117
        with log.sequencer.transaction(log.clinic.system("sequencing")) as session:
            session.execute(text(statement))


def test_a_conflict_of_one_clinic_does_not_stop_another(log: Log, other_clinic: Clinic) -> None:
    log.record()
    log.store.keep(tenant_id=log.clinic.id, number=4, note="another")
    other = Log(
        clinic=other_clinic, web=log.web, sequencer=log.sequencer, store=log.store, signer=log.signer, now=log.now
    )
    other.record()
    sequence_once(log.sequencer, signer=log.signer, store=log.store, now=log.now)
    assert counts(log)[2] == counts(other)[2] == 0
    assert list(log.store.all_of(other_clinic.id)) == [1]


@pytest.fixture
def process(urls: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The sequencer as the supervisor starts it."""
    key = tmp_path / "audit.key"
    key.write_text(b64encode(bytes(range(32))).decode())
    environment = {
        "SECRET_KEY": "x" * 40, "VIDEO_TICKET_KEY": "x" * 40, "KEY_FILE": str(tmp_path / "none"),
        "DATABASE_URL": urls["portal_sequencer"], "AUDIT_KEY_FILE": str(key),
        "AUDIT_CHECKPOINT_DIR": str(tmp_path / "second"), "AUDIT_CHECKPOINT_SECONDS": "1",
    }  # fmt: skip
    running = subprocess.Popen([sys.executable, "-m", "jobs.sequencer"], env=environment)
    yield running
    running.kill()
    running.wait()


def test_the_process_sequences_exports_and_ends_when_asked(
    process: subprocess.Popen[bytes], empty_log: Log, tmp_path: Path
) -> None:
    log = empty_log
    log.record()
    log.store = FileCheckpointStore(tmp_path / "second")
    assert wait_until(lambda: bool(log.store.all_of(log.clinic.id)), timeout=30)
    assert wait_until(lambda: counts(log) == (4, 4, 0), timeout=10)
    key = VerifierKey.parse(log.store.key())
    assert log.store.all_of(log.clinic.id)[1].startswith(f"portal-audit/{log.clinic.id}\n4\n")
    assert key.algorithm == "ed25519"
    assert end(process.pid, signal.SIGTERM, timeout=15)
