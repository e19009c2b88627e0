"""Signed notes are found by their words, and the table of words tells nothing to who steals it."""

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from portal.charting import NoteText, NoteWords, add_addendum, index_missing, notes_with_words, sign_note
from portal.charting.queries import hashes_of
from portal.charting.rules import excerpt, words_asked, words_in
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.audit import leaves
from tests.factories.charting import Encounter, make_note
from tests.factories.identity import staff_member
from tests.factories.practitioners import make_practitioner
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

WRITTEN = NoteText(
    subjective="Tos y fiebre desde el sábado", objective="سُعال جافّ", assessment="Bronchitis", plan="Zzyzx 40 mg"
)


@pytest.fixture
def signed(database: Database, encounter: Encounter, clock: Clock) -> UUID:
    return sign(database, encounter, clock)


def sign(database: Database, encounter: Encounter, clock: Clock, text: NoteText = WRITTEN) -> UUID:
    note_id = make_note(database, encounter, now=clock.now, text=text)
    with database.transaction(encounter.as_clinician()) as session:
        sign_note(session, note_id=note_id, version=1, now=clock.now)
    return note_id


def found(database: Database, encounter: Encounter, words: str) -> int:
    with database.transaction(encounter.as_clinician()) as session:
        return len(notes_with_words(session, patient_id=encounter.patient_id, text=words))


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Fiebre desde el SÁBADO", "sabado"),
        ("La niña está mal", "NINA"),
        ("Niña", "nin\u0303a"),  # the tilde as a character of its own
        ("السعال الجاف", "سعال"),
        ("سُعَال", "سعال"),
        ("ســعال", "سعال"),
        ("حساسية شديدة", "حساسيه"),
        ("إسهال", "اسهال"),
        ("٤٠ ملغ", "40"),
        ("Straße", "STRASSE"),
        ("对青霉素过敏", "青霉素"),
        ("发热", "热"),
        ("don't-stop", "stop"),
    ],
)
def test_words_are_found_however_they_are_written(written: str, asked: str) -> None:
    assert words_asked(asked) and words_asked(asked) <= words_in(written)


@pytest.mark.parametrize(("written", "asked"), [("fevers", "fever"), ("a b c", "b"), ("كلية", "كلب"), ("青素", "青霉")])
def test_other_words_are_not_found(written: str, asked: str) -> None:
    assert not words_asked(asked) or not words_asked(asked) <= words_in(written)


def test_an_excerpt_shows_the_words_in_their_surroundings() -> None:
    pieces = excerpt(f"{'before ' * 30}Fiebre alta {'after ' * 30}", words_asked("fiebre"))
    shown = "".join(piece.text for piece in pieces)
    assert [piece.text for piece in pieces if piece.found] == ["Fiebre"]
    assert shown.startswith("…before") and shown.endswith("after…") and len(shown) < 150
    assert excerpt("nothing of it", words_asked("fiebre")) == []


@pytest.mark.parametrize("words", ["fiebre", "FIEBRE sabado", "السعال", "bronchitis zzyzx", "40 mg"])
def test_a_signed_note_is_found_by_its_words(
    database: Database, encounter: Encounter, signed: UUID, words: str
) -> None:
    assert found(database, encounter, words) == 1


@pytest.mark.parametrize("words", ["fiebre asma", "fieb", "", "..."])
def test_a_note_without_one_of_the_words_is_not_found(
    database: Database, encounter: Encounter, signed: UUID, words: str
) -> None:
    assert found(database, encounter, words) == 0


def test_words_of_an_addendum_count_with_those_of_the_note(
    database: Database, encounter: Encounter, signed: UUID, clock: Clock
) -> None:
    with database.transaction(encounter.as_clinician()) as session:
        add_addendum(session, note_id=signed, text="Alérgica a la penicilina", now=clock.now)
    assert found(database, encounter, "fiebre penicilina") == 1


def test_a_draft_has_no_words_and_neither_has_what_was_not_committed(
    database: Database, worker_database: Database, encounter: Encounter, clock: Clock
) -> None:
    note_id = make_note(database, encounter, now=clock.now, text=WRITTEN)
    assert found(database, encounter, "fiebre") == 0
    with database.session(encounter.as_clinician(), writable=True) as session:
        sign_note(session, note_id=note_id, version=1, now=clock.now)
        session.rollback()  # the process dies before its commit
    assert found(database, encounter, "fiebre") == 0


def test_the_same_words_have_other_hashes_for_each_patient_and_clinic(
    database: Database, clinic: Clinic, other_clinic: Clinic, encounter: Encounter, signed: UUID
) -> None:
    with database.transaction(encounter.as_clinician()) as session:
        (row,) = session.scalars(select(NoteWords))
        kept = row.word_hashes
        words = words_in("\n".join((WRITTEN.subjective, WRITTEN.objective, WRITTEN.assessment, WRITTEN.plan)))
        assert kept == hashes_of(session, patient_id=encounter.patient_id, words=words) == sorted(kept)
        another = hashes_of(session, patient_id=new_id(), words=words)
    with database.transaction(other_clinic.system("charting")) as session:
        elsewhere = hashes_of(session, patient_id=encounter.patient_id, words=words)
    assert len({*kept, *another, *elsewhere}) == 3 * len(words)


def test_words_show_to_whoever_may_read_the_note_and_to_nobody_else(
    database: Database, worker_database: Database, clinic: Clinic, encounter: Encounter, signed: UUID, clock: Clock
) -> None:
    stranger, _ = make_practitioner(worker_database, clinic, now=clock.now)
    desk = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now)
    at_desk = Principal.of(tenant_id=clinic.id, user_id=desk, roles={Role.FRONT_DESK})
    readers = {"clinician": encounter.as_clinician(), "patient": encounter.as_patient(), "desk": at_desk}
    seen = set()
    for name, who in {**readers, "stranger": encounter.as_clinician(stranger)}.items():
        with database.transaction(who) as session:
            seen |= {name} if session.scalars(select(NoteWords)).all() else set()
    assert seen == {"clinician"}


def test_words_are_not_changed_and_not_put_to_a_draft(
    database: Database, encounter: Encounter, signed: UUID, clock: Clock
) -> None:
    for change in (update(NoteWords).values(word_hashes=[]), delete(NoteWords)):
        with pytest.raises(DBAPIError), database.transaction(encounter.as_clinician()) as session:
            session.execute(change)


def test_what_was_signed_before_words_were_kept_is_taken_in_once(
    database: Database,
    worker_database: Database,
    clinic: Clinic,
    encounter: Encounter,
    signed: UUID,
    clock: Clock,
    admin: psycopg.Connection,
) -> None:
    with database.transaction(encounter.as_clinician()) as session:
        add_addendum(session, note_id=signed, text="Penicilina", now=clock.now)
    admin.execute("SET session_replication_role = replica")
    admin.execute("DELETE FROM charting.note_words WHERE tenant_id = %s", (clinic.id,))
    assert found(database, encounter, "fiebre penicilina") == 0
    for taken in (2, 0):
        with worker_database.transaction(clinic.system("charting")) as session:
            assert index_missing(session) == taken
    assert found(database, encounter, "fiebre penicilina") == 1


def test_the_clinician_finds_a_note_on_the_history(
    client: PolicedClient, clinic: Clinic, encounter: Encounter, signed: UUID
) -> None:
    clinician = client.sign_in(encounter.clinician)
    page = clinician.get(clinic.path(f"staff/patients/{encounter.patient_id}/history"))
    answer = clinician.submit(page, {"words": "FIEBRE"}, button="Search")
    assert answer.status == 200 and "1 note" in answer.text
    assert "<mark>fiebre</mark>" in answer.html and f"staff/visits/{encounter.visit_id}/note" in answer.html
    assert "fiebre" not in answer.url.lower()
    again = clinician.get(answer.url)  # in another language, or from the browser's history
    assert again.status == 200 and "No signed note" not in again.text and "fiebre" not in again.html
    nothing = clinician.submit(answer, {"words": "asma"}, button="Search")
    assert nothing.status == 200 and "No signed note of this patient has all of these words" in nothing.text
    empty = clinician.submit(nothing, {"words": " . "}, button="Search")
    assert empty.status == 422 and "Write a word of two letters or more." in empty.text


def test_a_search_is_audited_also_when_it_finds_nothing(
    client: PolicedClient, admin: psycopg.Connection, clinic: Clinic, encounter: Encounter, signed: UUID
) -> None:
    clinician = client.sign_in(encounter.clinician)
    page = clinician.get(clinic.path(f"staff/patients/{encounter.patient_id}/history"))
    for words, read in (("asma", {"NoteWords"}), ("fiebre", {"NoteWords", "Note"})):
        before = leaves(admin, clinic)
        clinician.submit(page, {"words": words}, button="Search")
        added = leaves(admin, clinic)[len(before) :]
        assert any(read <= set(one) for one in added), added
        assert "asma" not in str(added)
