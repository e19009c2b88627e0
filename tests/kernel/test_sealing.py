"""Words that an older version stored in clear: read as they are, sealed where they stand, by nobody but the rotator."""

import threading
import time
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.app.key_commands import seal_clinic
from portal.app.processes import Process
from portal.charting import (
    Allergy,
    Medication,
    add_diagnosis,
    diagnoses_of,
    history_of,
    is_unaltered,
    note_by_id,
    record_allergy,
    record_medication,
    sign_note,
)
from portal.kernel.db import Database
from tests.factories.charting import make_encounter, make_note
from tests.factories.patients import make_patient
from tests.kernel.test_rotation import start_command
from tests.support.clinics import Clinic
from tests.support.clock import Clock

OLD = "Zebrafinch serum"
SAID = "zebrafinch serum|twice a day"


@pytest.fixture
def admin(admin: psycopg.Connection) -> psycopg.Connection:
    admin.execute("SET session_replication_role = replica")  # as the rows were before there was any trigger
    return admin


def store_medication(database: Database, clinic: Clinic, patient_id: UUID, *, clock: Clock) -> None:
    with database.transaction(clinic.system("charting")) as session:
        record_medication(
            session,
            patient_id=patient_id,
            display=OLD,
            dosage="Twice a day",
            source="patient",
            source_id=SAID,
            now=clock.now,
        )


def make_old(admin: psycopg.Connection, clinic: Clinic) -> None:
    """The clinic's medications as the version before stored them."""
    admin.execute(
        "UPDATE charting.medication SET display = %s, dosage = 'Twice a day', source_id = %s, display_sealed = NULL,"
        " dosage_sealed = NULL, source_id_index = NULL WHERE tenant_id = %s",
        (OLD, SAID, clinic.id),
    )


def in_clear(admin: psycopg.Connection, clinic: Clinic) -> int:
    query = "SELECT count(*) FROM charting.medication WHERE tenant_id = %s AND display IS NOT NULL"
    row = admin.execute(query, (clinic.id,)).fetchone()
    return row[0] if row else 0


def test_old_words_are_read_before_and_after_they_are_sealed(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    store_medication(worker_database, clinic, patient, clock=clock)
    make_old(admin, clinic)
    for left in (1, 0):
        assert in_clear(admin, clinic) == left
        with worker_database.transaction(clinic.system("charting")) as session:
            (one,) = history_of(session, patient_id=patient).medications
            assert (one.display, one.dosage) == (OLD, "Twice a day")
        assert seal_clinic(rotator.database, clinic.id) == left  # once more: nothing left to do
    row = admin.execute("SELECT m::text FROM charting.medication AS m WHERE tenant_id = %s", (clinic.id,)).fetchone()
    assert row is not None and OLD not in row[0] and SAID not in row[0]


def test_what_the_patient_tells_again_is_the_row_that_was_sealed(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    store_medication(worker_database, clinic, patient, clock=clock)
    make_old(admin, clinic)
    seal_clinic(rotator.database, clinic.id)
    store_medication(worker_database, clinic, patient, clock=clock)
    with worker_database.transaction(clinic.system("charting")) as session:
        assert len(history_of(session, patient_id=patient).medications) == 1


def test_what_was_told_again_before_the_sealing_stays_and_stops_nothing(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    store_medication(worker_database, clinic, patient, clock=clock)
    make_old(admin, clinic)
    store_medication(worker_database, clinic, patient, clock=clock)  # hashed at once, so it does not meet the old one
    assert seal_clinic(rotator.database, clinic.id) == 1
    with worker_database.transaction(clinic.system("charting")) as session:
        assert [one.display for one in history_of(session, patient_id=patient).medications] == [OLD, OLD]


def test_the_same_words_of_two_patients_have_nothing_in_common(
    worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    admin.execute("DELETE FROM charting.medication")
    for place in (clinic, clinic, other_clinic):
        _, patient = make_patient(worker_database, place, now=clock.now)
        store_medication(worker_database, place, patient, clock=clock)
    rows = admin.execute("SELECT source_id_index, display_sealed, source_id FROM charting.medication").fetchall()
    hashes = {bytes(row[0]) for row in rows}
    assert len(hashes) == len(rows) == 3
    assert {row[2] for row in rows} == {None}


def test_the_diagnosis_of_a_signed_note_is_sealed_and_the_note_says_the_same(
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
        add_diagnosis(session, note_id=note_id, code="J06.9")
        sign_note(session, note_id=note_id, version=1, now=clock.now)
        (diagnosis,) = diagnoses_of(session, note_id=note_id)
        words = diagnosis.display
    change = "UPDATE charting.note_diagnosis SET display = %s, display_sealed = NULL WHERE note_id = %s"
    admin.execute(change, (words, note_id))
    assert seal_clinic(rotator.database, clinic.id) == 1
    with database.transaction(encounter.as_clinician()) as session:
        note = note_by_id(session, note_id=note_id)
        assert note is not None and is_unaltered(session, note=note)
        assert [one.display for one in diagnoses_of(session, note_id=note_id)] == [words]


def test_a_row_that_somebody_holds_is_waited_for_and_keeps_their_change(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    store_medication(worker_database, clinic, patient, clock=clock)
    make_old(admin, clinic)
    with worker_database.transaction(clinic.system("charting")) as session:
        session.scalars(select(Medication).with_for_update()).one().status = "stopped"
        session.flush()
        sealing = threading.Thread(target=seal_clinic, args=(rotator.database, clinic.id))
        sealing.start()
        sealing.join(1)
        assert sealing.is_alive()
    sealing.join(20)
    with worker_database.transaction(clinic.system("charting")) as session:
        (one,) = history_of(session, patient_id=patient).medications
        assert (one.display, one.status) == (OLD, "stopped")
    assert in_clear(admin, clinic) == 0


def test_killed_it_is_started_again_and_nothing_is_lost(
    rotator: Process, worker_database: Database, clinic: Clinic, clock: Clock, admin: psycopg.Connection
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    with worker_database.transaction(clinic.system("charting")) as session:
        for number in range(1500):
            record_allergy(session, patient_id=patient, display=str(number), reaction="Itch", now=clock.now)
        names = {one.id: one.display for one in session.scalars(select(Allergy))}
    for one, name in names.items():
        admin.execute(
            "UPDATE charting.allergy SET display = %s, display_sealed = NULL, reaction = 'Itch', reaction_sealed = NULL"
            " WHERE id = %s",
            (name, one),
        )
    running = start_command(rotator, "keys", "seal")
    left = "SELECT count(*) FROM charting.allergy WHERE tenant_id = %s AND display IS NOT NULL"
    while running.poll() is None and admin.execute(left, (clinic.id,)).fetchone() == (1500,):
        time.sleep(0.002)
    running.kill()
    running.wait()
    assert admin.execute(left, (clinic.id,)).fetchone() not in {(0,), (1500,)}, "it was not killed in the middle"
    assert start_command(rotator, "keys", "seal").wait() == 0
    assert admin.execute(left, (clinic.id,)).fetchone() == (0,)
    with worker_database.transaction(clinic.system("charting")) as session:
        found = session.scalars(select(Allergy)).all()
        assert {one.id: one.display for one in found} == names and {one.reaction for one in found} == {"Itch"}


@pytest.mark.parametrize(
    "change",
    [
        "display = NULL",
        "display = 'Other words'",
        "source_id = NULL",
        "source_id_index = sha256('x')",
        "display = NULL, display_sealed = 'plain'",
        "display = NULL, display_sealed = decode('01010000', 'hex') || uuid_send(id) || sha256('x')",
        "status = 'stopped'",
    ],
)
def test_the_rotator_takes_no_words_away_and_puts_none_in(
    rotator: Process,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    admin: psycopg.Connection,
    change: str,
) -> None:
    _, patient = make_patient(worker_database, clinic, now=clock.now)
    store_medication(worker_database, clinic, patient, clock=clock)
    make_old(admin, clinic)
    if "source_id_index" in change:
        admin.execute("UPDATE charting.medication SET source_id = NULL WHERE tenant_id = %s", (clinic.id,))
    with pytest.raises(DBAPIError), rotator.database.transaction(clinic.system("keys")) as session:
        session.execute(text(f"UPDATE charting.medication SET {change} WHERE tenant_id = :id"), {"id": clinic.id})
