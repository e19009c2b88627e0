"""A stolen dump: what is sealed is not in it, in whichever form."""

import base64

import psycopg
from psycopg import sql

from portal.charting import NoteText, record_allergy, record_condition, record_medication, sign_note
from portal.kernel.db import Database
from portal.patients.models import Patient
from tests.factories.charting import make_encounter, make_note
from tests.support.clinics import Clinic
from tests.support.clock import Clock

WORDS = "Zebrafinch-canary"
PHONE = "+16175559182"
IN_CLEAR = "Quokkacanary"


def dump(url: str) -> bytes:
    """Every table as the role for dumps reads it, by COPY, which is what pg_dump does with each."""
    found = bytearray()
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            copy = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table))
            with connection.cursor().copy(copy) as rows:
                for row in rows:
                    found += row
    return bytes(found)


def forms_of(words: str) -> list[bytes]:
    """As it is, in hexadecimal (how COPY writes bytes), and in base64 at each of its three offsets."""
    plain = words.encode()
    shifted = [base64.b64encode(b"x" * start + plain)[start and 4 : -4] for start in range(3)]
    return [plain, plain.hex().encode(), *shifted]


def test_a_dump_holds_nothing_of_what_is_sealed(
    worker_database: Database, database: Database, clinic: Clinic, clock: Clock, urls: dict[str, str]
) -> None:
    encounter = make_encounter(worker_database, clinic, now=clock.now)
    text = NoteText(subjective=WORDS, objective=WORDS, assessment=WORDS, plan=WORDS)
    note_id = make_note(database, encounter, now=clock.now, text=text)
    with database.transaction(encounter.as_clinician()) as session:
        sign_note(session, note_id=note_id, version=1, now=clock.now)
    with worker_database.transaction(clinic.system("demo")) as session:
        patient = session.get_one(Patient, (clinic.id, encounter.patient_id))
        patient.phone, patient.email, patient.given_name = PHONE, f"{WORDS}@example.org", IN_CLEAR
    whose = {"patient_id": encounter.patient_id, "source": "patient", "display": WORDS, "source_id": WORDS}
    with worker_database.transaction(clinic.system("charting")) as session:
        record_condition(session, **whose, now=clock.now)
        record_allergy(session, **whose, reaction=WORDS, now=clock.now)
        record_medication(session, **whose, dosage=WORDS, now=clock.now)
    stolen = dump(urls["portal_backup"])
    assert IN_CLEAR.encode() in stolen, "the dump does not reach the rows that were planted"
    for canary in (WORDS, WORDS.lower(), PHONE, PHONE[1:]):
        assert [form for form in forms_of(canary) if form in stolen] == []
