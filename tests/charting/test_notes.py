"""Notes on the database: versions, conflicts, signing, and what can never change."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.charting import (
    Addendum,
    Note,
    NoteConflicts,
    NoteDiagnosis,
    NoteEmpty,
    NoteIsSigned,
    NoteNotSigned,
    NoteText,
    NotYourNote,
    UnknownDiagnosis,
    add_addendum,
    add_diagnosis,
    diagnoses_of,
    is_unaltered,
    keep_losing_text,
    note_of_visit,
    note_view,
    open_conflicts,
    remove_diagnosis,
    save_draft,
    settle_conflicts,
    sign_note,
    start_note,
)
from portal.kernel.db import Database, PortalSession
from portal.kernel.errors import NotFound
from portal.kernel.events import OutboxEvent
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import AccessGrant
from tests.factories.charting import TEXT, Encounter, make_note
from tests.factories.patients import open_to
from tests.factories.practitioners import make_practitioner
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
OTHER = NoteText(subjective="Written in another tab")


def sign(session: PortalSession, note_id: object, clock: Clock, version: int = 1) -> Note:
    return sign_note(session, note_id=note_id, version=version, now=clock.now)


def test_a_draft_goes_from_version_to_version(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        assert save_draft(session, note_id=note, version=1, text=OTHER, now=clock.now) == 2
        assert save_draft(session, note_id=note, version=2, text=OTHER, now=clock.now) == 2
    with session_as(encounter.as_clinician()) as session:
        stored = note_of_visit(session, visit_id=encounter.visit_id)
        assert stored is not None
        assert (stored.text, stored.version) == (OTHER, 2)


def test_what_is_written_is_stored_encrypted(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        raw = session.execute(text("SELECT subjective_sealed FROM charting.note")).scalar_one()
    assert b"Cough" not in bytes(raw)


def test_a_second_tab_overwrites_nothing(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        save_draft(session, note_id=note, version=1, text=NoteText(plan="first tab"), now=clock.now)
        with pytest.raises(NoteConflicts) as refused:
            save_draft(session, note_id=note, version=1, text=OTHER, now=clock.now)
        assert refused.value.version == 2
        for _again in range(2):
            keep_losing_text(session, note_id=note, version=1, text=OTHER, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        assert [one.text for one in open_conflicts(session, note_id=note)] == [OTHER]
        with pytest.raises(NoteConflicts):
            sign(session, note, clock, version=2)
        both = NoteText(subjective=OTHER.subjective, plan="first tab")
        assert settle_conflicts(session, note_id=note, version=2, text=both, now=clock.now) == 3
        assert open_conflicts(session, note_id=note) == []
        sign(session, note, clock, version=3)


def test_a_visit_has_one_note(database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock) -> None:
    make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session, pytest.raises(NoteConflicts):
        start_note(session, visit_id=encounter.visit_id, now=clock.now)


def test_diagnoses_come_and_go_in_a_draft(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        for code in ("J06.9", "R05.9", "J06.9"):
            add_diagnosis(session, note_id=note, code=code)
        with pytest.raises(UnknownDiagnosis):
            add_diagnosis(session, note_id=note, code="J06")
        assert [one.code for one in diagnoses_of(session, note_id=note)] == ["J06.9", "R05.9"]
        remove_diagnosis(session, note_id=note, code="J06.9")
        assert [one.code for one in diagnoses_of(session, note_id=note)] == ["R05.9"]


def test_signing_opens_the_record_to_the_care_team_and_tells_the_others(
    database: Database, session_as: SessionAs, system: Callable[..., object], encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        add_diagnosis(session, note_id=note, code="J06.9")
        signed = sign(session, note, clock)
        assert is_unaltered(session, note=signed)
        grants = session.scalars(select(AccessGrant).where(AccessGrant.basis == "care-team")).all()
        assert [(one.user_id, one.until) for one in grants] == [(encounter.clinician, None)]
    with system("tasks") as session:  # type: ignore[attr-defined]  # a context manager
        events = session.scalars(select(OutboxEvent).where(OutboxEvent.name == "charting.note_signed")).all()
        assert [one.payload["note_id"] for one in events] == [str(note)]


def test_an_empty_note_is_not_signed(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now, text=NoteText())
    with session_as(encounter.as_clinician()) as session, pytest.raises(NoteEmpty):
        sign(session, note, clock)


def test_a_signed_note_never_changes(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        add_diagnosis(session, note_id=note, code="J06.9")
        sign(session, note, clock)
    with session_as(encounter.as_clinician()) as session:
        with pytest.raises(NoteIsSigned):
            save_draft(session, note_id=note, version=1, text=OTHER, now=clock.now)
        with pytest.raises(NoteIsSigned):
            add_diagnosis(session, note_id=note, code="R05.9")
        with pytest.raises(NoteIsSigned):
            sign(session, note, clock)
        keep_losing_text(session, note_id=note, version=1, text=OTHER, now=clock.now)


def test_the_database_itself_refuses_to_change_what_is_signed(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        add_diagnosis(session, note_id=note, code="J06.9")
        sign(session, note, clock)
        add_addendum(session, note_id=note, text="More", now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        touched = session.execute(
            update(Note).where(Note.id == note).values(version=9).execution_options(synchronize_session=False)
        )
        assert touched.rowcount == 0
    for statement in (delete(NoteDiagnosis), update(NoteDiagnosis).values(rank=7)):
        with pytest.raises(IntegrityError), session_as(encounter.as_clinician()) as session:
            session.execute(statement.execution_options(synchronize_session=False))
    with pytest.raises(ProgrammingError), session_as(encounter.as_clinician()) as session:
        session.execute(update(Addendum).values(added_at=clock.now).execution_options(synchronize_session=False))


def test_an_addendum_follows_a_signed_note_only(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        with pytest.raises(NoteNotSigned):
            add_addendum(session, note_id=note, text="More", now=clock.now)
        sign(session, note, clock)
        with pytest.raises(NoteEmpty):
            add_addendum(session, note_id=note, text="  ", now=clock.now)
        add_addendum(session, note_id=note, text="More", now=clock.now)
        view = note_view(session, visit_id=encounter.visit_id)
        assert view is not None
        assert [one.text for one in view.addenda] == ["More"]


def test_a_patient_reads_the_signed_note_and_no_draft(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        add_diagnosis(session, note_id=note, code="J06.9")
    with session_as(encounter.as_patient()) as session:
        assert note_of_visit(session, visit_id=encounter.visit_id) is None
        assert diagnoses_of(session, note_id=note) == []
    with session_as(encounter.as_clinician()) as session:
        sign(session, note, clock)
    with session_as(encounter.as_patient()) as session:
        stored = note_of_visit(session, visit_id=encounter.visit_id)
        assert stored is not None
        assert stored.text == TEXT
        assert len(diagnoses_of(session, note_id=note)) == 1


def test_a_clinician_without_a_grant_sees_no_note(
    worker_database: Database,
    clinic: Clinic,
    database: Database,
    session_as: SessionAs,
    encounter: Encounter,
    clock: Clock,
) -> None:
    note = make_note(database, encounter, now=clock.now)
    stranger, _ = make_practitioner(worker_database, clinic, now=clock.now, name="Dr. Stranger")
    with session_as(encounter.as_clinician(stranger)) as session:
        assert note_of_visit(session, visit_id=encounter.visit_id) is None
        with pytest.raises(NotFound):
            save_draft(session, note_id=note, version=1, text=OTHER, now=clock.now)
        with pytest.raises(NotFound):
            start_note(session, visit_id=encounter.visit_id, now=clock.now)


def test_a_colleague_reads_but_does_not_write_the_draft(
    worker_database: Database,
    clinic: Clinic,
    database: Database,
    session_as: SessionAs,
    encounter: Encounter,
    clock: Clock,
) -> None:
    note = make_note(database, encounter, now=clock.now)
    colleague, _ = make_practitioner(worker_database, clinic, now=clock.now, name="Dr. Colleague")
    open_to(
        worker_database,
        clinic,
        patient_id=encounter.patient_id,
        account_id=colleague,
        now=clock.now,
        until=clock.now + timedelta(days=3),
    )
    with session_as(encounter.as_clinician(colleague)) as session:
        assert note_of_visit(session, visit_id=encounter.visit_id) is not None
        with pytest.raises(NotYourNote):
            save_draft(session, note_id=note, version=1, text=OTHER, now=clock.now)


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINIC_ADMIN])
def test_the_desk_sees_no_note(
    database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock, role: Role
) -> None:
    make_note(database, encounter, now=clock.now)
    desk = Principal.of(tenant_id=encounter.tenant_id, user_id=new_id(), roles={role})
    with session_as(desk) as session:
        assert session.scalars(select(Note)).all() == []
        assert session.scalars(select(NoteDiagnosis)).all() == []
