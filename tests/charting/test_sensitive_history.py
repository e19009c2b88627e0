"""Sensitive problems and medicines: who reads them, who may mark them, and what a code or an import says of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from portal.charting import (
    Condition,
    Medication,
    UnknownSensitivity,
    history_of,
    label_statement,
    record_allergy,
    record_condition,
    record_medication,
    suggested_sensitivity,
    withheld_history,
)
from portal.fhir import import_bundle
from portal.kernel.db import Database, PortalSession
from portal.kernel.errors import NotFound
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import open_in_emergency
from tests.factories import fhir
from tests.factories.charting import Encounter
from tests.factories.identity import staff_member
from tests.factories.patients import make_carer, open_to
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
System = Callable[..., AbstractContextManager[PortalSession]]
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
LABELS = {"PSY": Role.SEES_PSY, "SEX": Role.SEES_SEX, "HIV": Role.SEES_HIV, "ETH": Role.SEES_ETH}
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


@pytest.fixture
def colleague(worker_database: Database, clinic: Clinic, encounter: Encounter, clock: Clock) -> UUID:
    """Another clinician with an appointment."""
    account = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Dr. Lee")
    until = clock.now + timedelta(days=30)
    open_to(worker_database, clinic, patient_id=encounter.patient_id, account_id=account, now=clock.now, until=until)
    return account


def clinician(clinic: Clinic, account: UUID, *more: Role) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.CLINICIAN, *more]).acting(purpose="care")


def record(session: PortalSession, encounter: Encounter, clock: Clock, label: str) -> None:
    """A problem and a medicine under the label, and one of each without."""
    patient, now = encounter.patient_id, clock.now
    for name, mark in (("hidden", label), ("plain", "N")):
        record_condition(session, patient_id=patient, display=name, sensitivity=mark, now=now)
        record_medication(session, patient_id=patient, display=name, sensitivity=mark, now=now)


def names(session: PortalSession, encounter: Encounter) -> tuple[list[str], list[str], int]:
    """(problems, medicines, how many are withheld)."""
    history = history_of(session, patient_id=encounter.patient_id)
    withheld = withheld_history(session, patient_id=encounter.patient_id)
    problems, medicines = history.conditions, history.medications
    return sorted(one.display for one in problems), sorted(one.display for one in medicines), withheld


ALL = (["hidden", "plain"], ["hidden", "plain"], 0)
PLAIN = ["plain"]


@pytest.mark.parametrize("label", sorted(LABELS))
def test_a_label_is_read_with_its_own_clearance_by_who_wrote_it_and_by_the_patient(
    encounter: Encounter, colleague: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock, label: str
) -> None:
    with session_as(encounter.as_clinician()) as session:
        record(session, encounter, clock, label)
    others = [role for code, role in LABELS.items() if code != label]
    readers = [
        (clinician(clinic, colleague), (PLAIN, PLAIN, 2)),
        (clinician(clinic, colleague, *others), (PLAIN, PLAIN, 2)),
        (clinician(clinic, colleague, LABELS[label]), ALL),
        (encounter.as_clinician(), ALL),
        (encounter.as_patient(), ALL),
    ]
    for who, expected in readers:
        with session_as(who) as session:
            assert names(session, encounter) == expected


def test_without_a_grant_nothing_shows_and_nothing_is_counted(
    worker_database: Database, encounter: Encounter, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    with session_as(encounter.as_clinician()) as session:
        record(session, encounter, clock, "HIV")
    stranger = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)
    for roles in ((Role.SEES_HIV,), ()):
        with session_as(clinician(clinic, stranger, *roles)) as session:
            assert names(session, encounter) == ([], [], 0)


def test_who_acts_for_the_patient_sees_what_is_not_marked_and_no_number(
    worker_database: Database, encounter: Encounter, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    carer = make_carer(worker_database, clinic, patient_id=encounter.patient_id, parts=["health"], now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        record(session, encounter, clock, "SEX")
    with session_as(Principal.of(tenant_id=clinic.id, user_id=carer, roles=[Role.PATIENT])) as session:
        assert names(session, encounter) == (PLAIN, PLAIN, 0)


def test_an_emergency_opens_marked_entries_only_when_it_names_them(
    worker_database: Database, encounter: Encounter, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    stranger = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)
    with session_as(encounter.as_clinician()) as session:
        record(session, encounter, clock, "ETH")
    for wants, expected in ((False, (PLAIN, PLAIN, 2)), (True, ALL)):
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
            assert names(session, encounter) == expected


def test_who_marks_an_entry_reads_on_and_its_writer_too_but_nobody_else(
    worker_database: Database,
    encounter: Encounter,
    colleague: UUID,
    session_as: SessionAs,
    system: System,
    clinic: Clinic,
    clock: Clock,
) -> None:
    third = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)
    until = clock.now + timedelta(days=30)
    open_to(worker_database, clinic, patient_id=encounter.patient_id, account_id=third, now=clock.now, until=until)
    with session_as(encounter.as_clinician()) as session:
        record(session, encounter, clock, "N")
        hidden = next(
            one for one in history_of(session, patient_id=encounter.patient_id).conditions if one.display == "hidden"
        ).id

    def mark(session: PortalSession, sensitivity: str, *, patient_id: UUID = encounter.patient_id) -> None:
        label_statement(session, patient_id=patient_id, kind="condition", statement_id=hidden, sensitivity=sensitivity)

    with session_as(clinician(clinic, colleague)) as session:
        with pytest.raises(UnknownSensitivity):
            mark(session, "X")
        with pytest.raises(NotFound):
            mark(session, "HIV", patient_id=clinic.id)
        mark(session, "HIV")
        mark(session, "HIV")  # once more changes nothing
    for who, problems in ((colleague, ["hidden", "plain"]), (encounter.clinician, ["hidden", "plain"]), (third, PLAIN)):
        with session_as(clinician(clinic, who)) as session:
            assert names(session, encounter)[0] == problems
    with session_as(clinician(clinic, third)) as session, pytest.raises(NotFound):
        mark(session, "N")
    with session_as(clinician(clinic, third, Role.SEES_HIV)) as session:
        mark(session, "N")
    with session_as(clinician(clinic, third)) as session:
        assert names(session, encounter)[0] == ["hidden", "plain"]


def test_nobody_writes_another_down_as_the_one_who_marked_it(
    encounter: Encounter, colleague: UUID, session_as: SessionAs, clinic: Clinic, clock: Clock
) -> None:
    with session_as(encounter.as_clinician()) as session:
        record(session, encounter, clock, "HIV")
        with pytest.raises(Exception, match="permission denied"), session.begin_nested():
            session.execute(text("UPDATE charting.problem SET labelled_by = :who"), {"who": colleague})
        session.execute(
            text(
                "INSERT INTO charting.problem (tenant_id, id, patient_id, system, code, display_sealed, source,"
                " recorded_at, recorded_by, clinical_status, sensitivity, labelled_by) SELECT tenant_id, uuidv7(),"
                " patient_id, system, code, display_sealed, source, recorded_at, recorded_by, clinical_status,"
                " sensitivity, :who FROM charting.problem WHERE sensitivity = 'HIV'"
            ),
            {"who": colleague},
        )
        whose = session.scalars(text("SELECT DISTINCT labelled_by FROM charting.problem WHERE sensitivity = 'HIV'"))
        assert list(whose) == [encounter.clinician]


def test_of_two_who_mark_it_at_once_the_second_finds_it_gone(
    database: Database,
    worker_database: Database,
    encounter: Encounter,
    colleague: UUID,
    session_as: SessionAs,
    clinic: Clinic,
    clock: Clock,
) -> None:
    third = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now)
    until = clock.now + timedelta(days=30)
    open_to(worker_database, clinic, patient_id=encounter.patient_id, account_id=third, now=clock.now, until=until)
    with session_as(encounter.as_clinician()) as session:
        record(session, encounter, clock, "N")
        statement = session.scalars(select(Condition)).all()[0].id

    def mark(given: tuple[UUID, str]) -> None:
        account, label = given
        with database.transaction(clinician(clinic, account)) as session:
            label_statement(
                session, patient_id=encounter.patient_id, kind="condition", statement_id=statement, sensitivity=label
            )

    answers = at_once(mark, [(colleague, "HIV"), (third, "PSY")], told=NotFound)
    assert sum(isinstance(one, NotFound) for one in answers) == 1


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("F32.9", "PSY"),
        ("F17.210", "N"),
        ("F10.20", "ETH"),
        ("F19.99", "ETH"),
        ("f1020", "ETH"),
        ("F64.0", "SEX"),
        ("B20", "HIV"),
        ("B25.9", "N"),
        ("B97.35", "HIV"),
        ("B97.39", "N"),
        ("Z21", "HIV"),
        ("Z22.0", "N"),
        ("O98.712", "HIV"),
        ("O80", "SEX"),
        ("O9A.1", "SEX"),
        ("Z3A.20", "SEX"),
        ("Z30.09", "SEX"),
        ("Z29.81", "N"),
        ("Z71.41", "ETH"),
        ("Z71.3", "N"),
        ("J06.9", "N"),
        ("A65", "N"),
        ("", "N"),
    ],
)
def test_a_code_suggests_the_label_of_its_chapter(code: str, label: str) -> None:
    assert suggested_sensitivity(ICD, code) == label
    assert suggested_sensitivity("http://snomed.info/sct", code) == "N"


MARKS: list[tuple[Any, str | None]] = [
    ([], "N"),
    ([(ACT_CODE, "PSY")], "PSY"),
    ([(ACT_CODE, "MH"), ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R")], "PSY"),
    ([(ACT_CODE, "PSY"), (ACT_CODE, "ETH")], "ETH"),
    ([("urn:other", "HIV")], "N"),
    ([("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R")], None),
    ([(ACT_CODE, "GDIS"), ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "V")], None),
]


@pytest.mark.parametrize(("marks", "label"), MARKS)
def test_an_import_keeps_labels_and_passes_over_what_it_could_not_protect(
    system: System, clock: Clock, marks: list[tuple[str, str]], label: str | None
) -> None:
    meta = {"security": [{"system": where, "code": code} for where, code in marks]}
    content = fhir.bundle(fhir.patient(), fhir.condition(meta=meta), fhir.request(meta=meta), fhir.allergy(meta=meta))
    with system("import") as session:
        taken = import_bundle(session, content=content, now=clock.now)
        found = [
            one.sensitivity for model in (Condition, Medication) for one in session.scalars(select(model)).unique()
        ]
    assert found == ([label, label] if label else [])
    # Not to know of an allergy does more harm.
    assert taken.new["AllergyIntolerance"] == 1
    reason = "restricted there by a label that is not known here"
    assert taken.passed["Condition", reason] == (0 if label else 1)


def test_a_clinician_marks_on_the_page_and_a_colleague_is_told_a_number(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    encounter: Encounter,
    colleague: UUID,
    session_as: SessionAs,
    clock: Clock,
) -> None:
    with session_as(encounter.as_clinician()) as session:
        record_allergy(session, patient_id=encounter.patient_id, display="Bees", now=clock.now)
    author = client.sign_in(encounter.clinician)
    address = client.clinic.path(f"staff/patients/{encounter.patient_id}/history")
    problem = {"condition": "Opioid dependence", "icd": "F1120"}
    refused = author.submit(author.get(address), {**problem, "icd": "F11"})
    assert refused.status == 422
    assert "Write a whole code" in refused.text and "Opioid dependence" in refused.html
    assert author.submit(author.get(address), problem).status == 303
    medicine = {"medication": "Bictegravir"}
    assert author.submit(author.get(address), medicine).status == 303
    page = author.get(address)
    assert "Alcohol and drugs" in page.text
    with session_as(encounter.as_clinician()) as session:
        (taken,) = history_of(session, patient_id=encounter.patient_id).medications
    entry = {"entry": f"medication:{taken.id}", "entry_label": "HIV"}
    wrong = author.submit(page, {**entry, "entry_label": "?"})
    assert wrong.status == 422
    assert author.submit(author.get(address), entry).status == 303

    other = new_client().sign_in(colleague)
    visit = client.clinic.path(f"staff/visits/{encounter.visit_id}")
    assert "2 entries are withheld from you" in other.get(address).text
    for one in (other.get(address), other.get(visit)):
        assert "Opioid" not in one.html and "Bictegravir" not in one.html
