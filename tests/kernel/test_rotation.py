"""Rotation of keys: beside writers, killed and started again, and what the rotator's role may not do."""

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from deploy.processes import wait_until
from portal.app.key_commands import rotate_clinic
from portal.app.processes import Process
from portal.app.registry import modules
from portal.audit import append_leaves
from portal.charting import is_unaltered, note_by_id, sign_note
from portal.kernel.crypto import BrokenSeal, LocalKms, UnableToUnwrap
from portal.kernel.db import Database, Hashed, Keyring
from portal.kernel.db.rotation import rewrap_keys, sealed_tables
from portal.kernel.db.sealing import ClearTable, clear_tables
from portal.patients.models import Patient
from tests.factories.charting import TEXT, make_encounter, make_note
from tests.kernel.test_session import make_patient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

ROOT = Path(__file__).resolve().parents[2]


def keys_in_use(admin: psycopg.Connection, clinic: Clinic) -> set[str]:
    """Ids (hex) of the keys that seal anything of the clinic, in whichever table."""
    modules("models")
    found: set[str] = set()
    for table, columns in sealed_tables():
        for name in columns:
            query = f"SELECT DISTINCT encode(substring({name} FROM 3 FOR 16), 'hex') FROM {table.fullname}"
            rows = admin.execute(f"{query} WHERE tenant_id = %s AND {name} IS NOT NULL", (clinic.id,)).fetchall()
            found |= {key for (key,) in rows}
    return found


def keys_held(admin: psycopg.Connection, clinic: Clinic) -> set[str]:
    query = "SELECT replace(id::text, '-', '') FROM kernel.data_key WHERE tenant_id = %s AND dataset = 'fields'"
    return {key for (key,) in admin.execute(query, (clinic.id,)).fetchall()}


def test_every_sealed_column_is_named_so_and_may_be_rotated(admin: psycopg.Connection) -> None:
    modules("models")
    for table, columns in sealed_tables():
        for name in columns:
            assert name.endswith("_sealed")
            place = (table.fullname, name)
            query = "SELECT has_column_privilege('portal_rotator', %s, %s, 'UPDATE')"
            assert admin.execute(query, place).fetchone() == (True,), place
        policies = admin.execute(
            "SELECT count(*) FROM pg_policy WHERE polrelid = %s::regclass AND polname IN ('rotate', 'rotate_read')",
            (table.fullname,),
        ).fetchone()
        assert policies == (2,), table.fullname


def moved_columns(clear: ClearTable) -> set[str]:
    hashed = {attribute.column for _, attribute in clear.moves if isinstance(attribute, Hashed)}
    return {column.name for column, _ in clear.moves} | hashed


def test_the_rotator_changes_sealed_columns_and_keys_only(admin: psycopg.Connection) -> None:
    rows = admin.execute(
        "SELECT table_schema || '.' || table_name, column_name, privilege_type"
        " FROM information_schema.column_privileges"
        " WHERE grantee = 'portal_rotator' AND privilege_type <> 'SELECT'"
    ).fetchall()
    other = {(table, column) for table, column, _ in rows if not column.endswith("_sealed")}
    # What was in clear goes where its sealed form or its hash comes; a trigger looks at how.
    moved = {(clear.table.fullname, name) for clear in clear_tables() for name in moved_columns(clear)}
    assert {table for table, _ in other - moved} == {"kernel.data_key"} and moved < other


def test_a_signed_note_is_sealed_anew_and_says_the_same(
    rotator: Process,
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    clock: Clock,
    admin: psycopg.Connection,
) -> None:
    encounter = make_encounter(worker_database, clinic, now=clock.now)
    note_id = make_note(database, encounter, now=clock.now)
    with database.transaction(encounter.as_clinician()) as session:
        sign_note(session, note_id=note_id, version=1, now=clock.now)
    before = admin.execute("SELECT content_digest, plan_sealed FROM charting.note WHERE id = %s", (note_id,)).fetchone()
    old = keys_held(admin, clinic)
    rotate_clinic(rotator.database, clinic.id, settle_seconds=0)
    after = admin.execute("SELECT content_digest, plan_sealed FROM charting.note WHERE id = %s", (note_id,)).fetchone()
    assert before is not None and after is not None
    assert before[0] == after[0] and before[1] != after[1]
    assert keys_in_use(admin, clinic) == keys_held(admin, clinic)
    assert not old & keys_held(admin, clinic)
    with database.transaction(encounter.as_clinician()) as session:
        note = note_by_id(session, note_id=note_id)
        assert note.text == TEXT and is_unaltered(session, note=note)


def test_nothing_is_lost_beside_writers(
    rotator: Process, clinic: Clinic, clock: Clock, admin: psycopg.Connection, urls: dict[str, str]
) -> None:
    writer = writing_database(rotator, urls, fresh_seconds=0.4)
    written: dict[UUID, str] = {}
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            one = make_patient(writer, clinic, clock)
            phone = f"+1617555{len(written) % 10_000:04d}"
            with writer.transaction(clinic.system("demo")) as session:
                session.get_one(Patient, (clinic.id, one.id)).phone = phone
            written[one.id] = phone

    threads = [threading.Thread(target=write)]
    threads[0].start()
    try:
        old = keys_held(admin, clinic)
        rotate_clinic(rotator.database, clinic.id, settle_seconds=1)
    finally:
        stop.set()
        threads[0].join()
    assert len(written) > 5
    assert keys_in_use(admin, clinic) == keys_held(admin, clinic) and not old & keys_held(admin, clinic)
    fresh = writing_database(rotator, urls)
    with fresh.transaction(clinic.system("demo")) as session:
        assert {one: session.get_one(Patient, (clinic.id, one)).phone for one in written} == written
    writer.engine.dispose()
    fresh.engine.dispose()


def test_the_old_key_waits_for_whoever_still_writes_under_it(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    old = keys_held(admin, clinic)
    with worker_database.transaction(clinic.system("demo")) as session:
        patient = make_unsaved(clock)
        session.add(patient)
        session.flush()  # sealed under the old key, seen by nobody yet
        thread = threading.Thread(
            target=rotate_clinic, args=(rotator.database, clinic.id), kwargs={"settle_seconds": 0}
        )
        thread.start()
        assert wait_until(lambda: len(keys_held(admin, clinic)) == 2, timeout=10)
        thread.join(1)
        assert thread.is_alive() and old < keys_held(admin, clinic)
    thread.join(20)
    assert not thread.is_alive() and not old & keys_held(admin, clinic)
    with worker_database.transaction(clinic.system("demo")) as session:
        assert session.get_one(Patient, (clinic.id, patient.id)).phone == "+16175550177"


def test_killed_again_and_again_it_goes_on_to_the_end(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    with worker_database.transaction(clinic.system("demo")) as session:
        session.add_all(make_unsaved(clock) for _ in range(900))
    old = keys_held(admin, clinic)
    kills = 0
    for done in (0, 300):  # kill -9 once the key is made; once batches are through
        running = start_rotation(rotator, clinic)
        while running.poll() is None and not (len(keys_held(admin, clinic)) == 2 and anew(admin, clinic, old) >= done):
            time.sleep(0.005)
        running.kill()
        kills += running.wait() == -signal.SIGKILL
    assert kills == 2, "it was through before it could be killed"
    assert start_rotation(rotator, clinic).wait() == 0
    assert keys_in_use(admin, clinic) == keys_held(admin, clinic) and not old & keys_held(admin, clinic)
    with worker_database.transaction(clinic.system("demo")) as session:
        found = session.scalars(select(Patient)).all()
        assert len(found) == 900 and {one.phone for one in found} == {"+16175550177"}


def test_a_ciphertext_is_not_rolled_back_to_the_old_key(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    patient = make_patient(worker_database, clinic, clock)
    query = "SELECT phone_sealed FROM patients.patient WHERE id = %s"
    (old,) = admin.execute(query, (patient.id,)).fetchone() or (b"",)
    rotate_clinic(rotator.database, clinic.id, settle_seconds=0)
    put = text("UPDATE patients.patient SET phone_sealed = :old WHERE id = :id")
    with (
        pytest.raises(DBAPIError, match="present key"),
        rotator.database.transaction(clinic.system("keys")) as session,
    ):
        session.execute(put, {"old": old, "id": patient.id})
    # Whoever administers the database may put it there; it does not open, since its key is gone.
    admin.execute("UPDATE patients.patient SET phone_sealed = %s WHERE id = %s", (old, patient.id))
    keyring = Keyring(LocalKms(rotator.settings.key_file))
    with worker_database.transaction(clinic.system("demo")) as session, pytest.raises(BrokenSeal, match="gone"):
        session._keyring = keyring  # of a process that has not held the old key
        _ = session.get_one(Patient, (clinic.id, patient.id)).phone


@pytest.mark.parametrize(
    "change", ["phone_sealed = NULL", "email_sealed = phone_sealed", "family_name = 'Other'", "tenant_id = id"]
)
def test_the_rotator_seals_and_does_nothing_else(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, change: str
) -> None:
    patient = make_patient(worker_database, clinic, clock)
    with pytest.raises(DBAPIError), rotator.database.transaction(clinic.system("keys")) as session:
        session.execute(text(f"UPDATE patients.patient SET {change} WHERE id = :id"), {"id": patient.id})


def test_without_its_purpose_and_in_another_clinic_the_rotator_finds_nothing(
    rotator: Process, worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock
) -> None:
    make_patient(worker_database, clinic, clock)
    for principal in (clinic.system("demo"), other_clinic.system("keys")):
        with rotator.database.transaction(principal) as session:
            assert session.execute(text("SELECT count(phone_sealed) FROM patients.patient")).scalar_one() == 0


def test_data_keys_are_wrapped_anew_under_the_first_key_of_the_file(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, urls: dict[str, str], tmp_path: Path
) -> None:
    patient = make_patient(worker_database, clinic, clock)
    new_kek = base64.b64encode(os.urandom(32))
    both = tmp_path / "both"
    both.write_bytes(new_kek + b"\n" + rotator.settings.key_file.read_bytes())
    alone = tmp_path / "alone"
    alone.write_bytes(new_kek)
    changed = Database(urls["portal_rotator"], keyring=Keyring(LocalKms(both)), pool_size=1)
    with changed.transaction(clinic.system("keys")) as session:
        assert rewrap_keys(session) == 3
    with changed.transaction(clinic.system("keys")) as session:
        assert rewrap_keys(session) == 0  # once more: nothing left to do
    changed.engine.dispose()
    with worker_database.transaction(clinic.system("demo")) as session:
        session._keyring = Keyring(LocalKms(alone))
        assert session.get_one(Patient, (clinic.id, patient.id)).phone == "+16175550123"
    with worker_database.transaction(clinic.system("demo")) as session, pytest.raises(UnableToUnwrap):
        session._keyring = Keyring(LocalKms(rotator.settings.key_file))
        _ = session.get_one(Patient, (clinic.id, patient.id)).phone


def writing_database(rotator: Process, urls: dict[str, str], *, fresh_seconds: float = 60) -> Database:
    """As another worker process: keys of its own in memory."""
    keyring = Keyring(LocalKms(rotator.settings.key_file), fresh_seconds=fresh_seconds)
    return Database(urls["portal_worker"], audit=append_leaves, keyring=keyring, pool_size=2)


def make_unsaved(clock: Clock) -> Patient:
    return Patient(
        given_name="Ana",
        family_name="Castle",
        given_key="ana",
        family_key="castle",
        birth_date=date(1980, 2, 29),
        language="es",
        zone="America/New_York",
        jurisdiction="US-MA",
        phone="+16175550177",
        origin="desk",
        created_at=clock.now,
    )


def anew(admin: psycopg.Connection, clinic: Clinic, old: set[str]) -> int:
    """How many phone numbers are not under the old key any more."""
    query = "SELECT count(*) FROM patients.patient WHERE tenant_id = %s AND substring(phone_sealed FROM 3 FOR 16) <> %s"
    row = admin.execute(query, (clinic.id, bytes.fromhex(next(iter(old))))).fetchone()
    return row[0] if row else 0


def start_command(rotator: Process, *words: str) -> subprocess.Popen[bytes]:
    """A command of the portal as an operator starts it."""
    settings = rotator.settings
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "KEY_FILE": str(settings.key_file),
        "OBJECT_STORE_DIR": str(settings.object_store_dir),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "VIDEO_TICKET_KEY": settings.video_ticket_key.get_secret_value(),
    }
    return subprocess.Popen([sys.executable, "-m", "portal.app.cli", *words], env=environment, cwd=ROOT)


def start_rotation(rotator: Process, clinic: Clinic) -> subprocess.Popen[bytes]:
    return start_command(rotator, "keys", "rotate", "--clinic", clinic.slug, "--settle-seconds", "0")
