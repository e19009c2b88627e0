"""Sensitive notes: who reads them beside their author, and that others learn of nothing but a number."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.charting import (
    Addendum,
    Note,
    NoteDiagnosis,
    NoteIsSigned,
    NotYourNote,
    UnknownSensitivity,
    add_addendum,
    add_diagnosis,
    set_sensitivity,
    sign_note,
    withheld_notes,
)
from portal.kernel.db import Database, PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import open_in_emergency
from tests.factories.charting import TEXT, Encounter, make_encounter, make_note
from tests.factories.identity import staff_member
from tests.factories.patients import make_carer, open_to
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
LABELS = {"PSY": Role.SEES_PSY, "SEX": Role.SEES_SEX, "HIV": Role.SEES_HIV, "ETH": Role.SEES_ETH}
ALL = {"Note", "NoteDiagnosis", "Addendum"}


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    return make_encounter(worker_database, clinic, now=clock.now)


@pytest.fixture
def colleague(worker_database: Database, clinic: Clinic, encounter: Encounter, clock: Clock) -> UUID:
    """Another clinician with an appointment."""
    account = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Dr. Lee")
    until = clock.now + timedelta(days=30)
    open_to(worker_database, clinic, patient_id=encounter.patient_id, account_id=account, now=clock.now, until=until)
    return account


@pytest.fixture
def stranger(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    """A clinician who does not know the patient."""
    return staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)


def signed(database: Database, encounter: Encounter, clock: Clock, label: str) -> UUID:
    """A signed note under a label, with a diagnosis and an addendum."""
    note = make_note(database, encounter, now=clock.now)
    with database.transaction(encounter.as_clinician()) as session:
        set_sensitivity(session, note_id=note, sensitivity=label)
        add_diagnosis(session, note_id=note, code="J06.9")
        sign_note(session, note_id=note, version=1, now=clock.now)
        add_addendum(session, note_id=note, text="Later.", now=clock.now)
    return note


def seen(session: PortalSession) -> set[str]:
    models = (Note, NoteDiagnosis, Addendum)
    return {model.__name__ for model in models if session.scalars(select(model)).first() is not None}


def clinician(clinic: Clinic, account: UUID, *more: Role) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.CLINICIAN, *more]).acting(purpose="care")


@pytest.mark.parametrize("label", sorted(LABELS))
def test_a_label_is_read_with_its_own_clearance_by_the_author_and_by_the_patient(
    database: Database,
    encounter: Encounter,
    colleague: UUID,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
    label: str,
) -> None:
    signed(database, encounter, clock, label)
    others = [role for code, role in LABELS.items() if code != label]
    readers = [
        (clinician(clinic, colleague), set(), 1),
        (clinician(clinic, colleague, *others), set(), 1),
        (clinician(clinic, colleague, LABELS[label]), ALL, 0),
        (encounter.as_clinician(), ALL, 0),
        (encounter.as_patient(), ALL, 0),
    ]
    for who, expected, hidden in readers:
        with session_as(who) as session:
            assert seen(session) == expected
            assert withheld_notes(session, patient_id=encounter.patient_id) == hidden


def test_a_clearance_without_a_grant_opens_nothing_and_counts_nothing(
    database: Database, encounter: Encounter, stranger: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    signed(database, encounter, clock, "HIV")
    for roles in ((Role.SEES_HIV,), ()):
        with session_as(clinician(clinic, stranger, *roles)) as session:
            assert seen(session) == set()
            assert withheld_notes(session, patient_id=encounter.patient_id) == 0


def test_who_acts_for_the_patient_reads_no_sensitive_note(
    database: Database,
    worker_database: Database,
    encounter: Encounter,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
) -> None:
    carer = make_carer(worker_database, clinic, patient_id=encounter.patient_id, parts=["health"], now=clock.now)
    signed(database, encounter, clock, "SEX")
    with session_as(Principal.of(tenant_id=clinic.id, user_id=carer, roles=[Role.PATIENT])) as session:
        assert seen(session) == set()


def test_an_emergency_opens_sensitive_notes_only_when_it_names_them(
    database: Database, encounter: Encounter, stranger: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    signed(database, encounter, clock, "PSY")
    for wants, expected in ((False, set()), (True, ALL)):
        with session_as(clinician(clinic, stranger).acting(purpose="break-glass")) as session:
            open_in_emergency(
                session,
                patient_id=encounter.patient_id,
                reason="danger",
                sentence="Overdose.",
                wants_sensitive=wants,
                now=clock.now,
            )
        with session_as(clinician(clinic, stranger)) as session:
            assert seen(session) == expected
            assert withheld_notes(session, patient_id=encounter.patient_id) == (0 if wants else 1)
    clock.advance(minutes=61)
    with session_as(clinician(clinic, stranger)) as session:
        assert seen(session) == set()


def test_the_label_is_the_authors_and_stays_with_the_signature(
    database: Database, encounter: Encounter, colleague: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    note = make_note(database, encounter, now=clock.now)
    with session_as(clinician(clinic, colleague)) as session, pytest.raises(NotYourNote):
        set_sensitivity(session, note_id=note, sensitivity="HIV")
    with session_as(encounter.as_clinician()) as session:
        with pytest.raises(UnknownSensitivity):
            set_sensitivity(session, note_id=note, sensitivity="X")
        sign_note(session, note_id=note, version=1, now=clock.now)
    with session_as(encounter.as_clinician()) as session, pytest.raises(NoteIsSigned):
        set_sensitivity(session, note_id=note, sensitivity="HIV")


def test_the_author_sets_the_label_on_the_page_and_a_colleague_is_told_a_number(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    encounter: Encounter,
    colleague: UUID,
    session_as: SessionAs,
) -> None:
    author = client.sign_in(encounter.clinician)
    address = client.clinic.path(f"staff/visits/{encounter.visit_id}/note")
    written = {"subjective": TEXT.subjective, "sensitivity": "ETH"}
    refused = author.submit(author.get(address), {**written, "sensitivity": "?"}, button="Save the draft")
    assert refused.status == 422
    assert author.submit(author.get(address), written, button="Save the draft").status == 303
    assert author.submit(author.get(address), button="Sign the note").status == 303
    assert "Alcohol and drugs" in author.get(address).text
    other = new_client().sign_in(colleague)
    history = other.get(client.clinic.path(f"staff/patients/{encounter.patient_id}/history"))
    assert "1 note is withheld from you" in history.text
    note = other.get(address)
    assert "It is withheld from you" in note.text
    assert history.tree is not None
    shown = " ".join(one.text() for one in history.tree.css("section:first-of-type"))  # the forms name every label
    for words in (shown, note.text):
        assert "Alcohol" not in words
    for page in (history, note):
        assert TEXT.subjective not in page.html
    with session_as(encounter.as_clinician()) as session:
        assert [one.sensitivity for one in session.scalars(select(Note))] == ["ETH"]
