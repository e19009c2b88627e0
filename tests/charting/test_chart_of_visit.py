"""A visit's note and its patient's history, read at once: the same as read one by one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from portal.charting import (
    NoteText,
    add_addendum,
    add_diagnosis,
    chart_of_visit,
    history_of,
    keep_losing_text,
    note_view,
    record_allergy,
    record_condition,
    record_vital_sign,
    sign_note,
)
from portal.kernel.db import Database, PortalSession
from portal.kernel.principal import Principal
from portal.visits import visit_by_id
from tests.budgets.measured import statements
from tests.factories.charting import Encounter, make_note
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]


@pytest.fixture
def written(database: Database, session_as: SessionAs, encounter: Encounter, clock: Clock) -> Encounter:
    """A signed note with diagnoses, addenda and text that lost, and a history in which order shows."""
    note, patient, now = make_note(database, encounter, now=clock.now), encounter.patient_id, clock.now
    with session_as(encounter.as_clinician()) as session:
        for number, known in enumerate(("Asthma", "Gout", "Migraine")):
            onset = now - timedelta(days=number) if number else None
            record_condition(session, patient_id=patient, display=known, onset_at=onset, now=now)
        for display, criticality in (("Nuts", "low"), ("Latex", "high"), ("Bees", "high")):
            record_allergy(session, patient_id=patient, display=display, criticality=criticality, now=now)
        for value, hours in ((70, 2), (90, 1), (80, 3)):
            record_vital_sign(
                session,
                patient_id=patient,
                code="8867-4",
                display="Heart rate",
                value=Decimal(value),
                unit="/min",
                effective_at=now - timedelta(hours=hours),
                now=now,
            )
        add_diagnosis(session, note_id=note, code="J06.9")
        add_diagnosis(session, note_id=note, code="R05.9")
        sign_note(session, note_id=note, version=1, now=now)
        keep_losing_text(session, note_id=note, version=1, text=NoteText(plan="Written in another tab"), now=now)
        for minutes in (2, 1):
            add_addendum(session, note_id=note, text=f"{minutes}", now=now + timedelta(minutes=minutes))
    return encounter


def test_it_is_the_note_and_the_history_in_one_query(
    database: Database, session_as: SessionAs, written: Encounter
) -> None:
    with session_as(written.as_clinician()) as session:
        visit = visit_by_id(session, visit_id=written.visit_id)
        assert visit is not None
        with statements(database) as seen:
            note, history = chart_of_visit(session, visit=visit)
        assert len(seen) == 1
        assert history == history_of(session, patient_id=written.patient_id)
        alone = note_view(session, visit_id=written.visit_id)
        assert alone is not None and note == replace(alone, editor=note.editor)


def test_all_comes_in_the_order_in_which_it_is_shown(session_as: SessionAs, written: Encounter) -> None:
    with session_as(written.as_clinician()) as session:
        note, history = (
            note_view(session, visit_id=written.visit_id),
            history_of(session, patient_id=written.patient_id),
        )
        assert [one.display for one in history.conditions] == ["Gout", "Migraine", "Asthma"]
        assert [one.display for one in history.allergies] == ["Bees", "Latex", "Nuts"]
        assert [one.value for one in history.vitals] == [Decimal(90)]
        assert note is not None
        assert [one.code for one in note.diagnoses] == ["J06.9", "R05.9"]
        assert [one.text for one in note.addenda] == ["1", "2"]
        assert note.conflicts == 1
