"""A bundle goes into the directory and the record, once, whole or not at all, and only where it should."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.audit.models import Leaf
from portal.charting import history_of
from portal.charting.models import Allergy, Condition, Medication, VitalSign
from portal.fhir import BrokenFile, Taken, import_bundle
from portal.kernel.db import PortalSession
from portal.patients import Patient, patient_by_identifier, search_patients
from portal.practitioners import list_practitioners
from tests.factories import fhir
from tests.factories.people import make_people
from tests.support.clinics import Clinic
from tests.support.clock import Clock

System = Callable[..., AbstractContextManager[PortalSession]]
Import = Callable[..., Taken]
WHOLE = (
    fhir.patient(),
    fhir.practitioner(),
    fhir.condition(),
    fhir.allergy(),
    fhir.request(),
    fhir.observation(),
    fhir.blood_pressure(),
    {"resourceType": "Encounter", "id": "visit"},
)


@pytest.fixture
def take(system: System, clock: Clock) -> Import:
    """`take(resource, …)`: import a bundle of these into the clinic."""

    def run(*resources: fhir.Resource, tenant: Clinic | None = None) -> Taken:
        with system("import", tenant=tenant) as session:
            return import_bundle(session, content=fhir.bundle(*resources), now=clock.now)

    return run


def everything(session: PortalSession) -> list[Any]:
    kinds = (Patient, Condition, Allergy, Medication, VitalSign)
    return [row for kind in kinds for row in session.scalars(select(kind))]


def maria(session: PortalSession) -> Patient:
    patient = patient_by_identifier(session, system=fhir.RECORDS, value="A-100")
    assert patient is not None
    return patient


def test_people_and_their_history_are_taken(take: Import, system: System) -> None:
    taken = take(*WHOLE)
    assert taken.new == {
        "Patient": 1, "Practitioner": 1, "Condition": 1, "AllergyIntolerance": 1, "MedicationRequest": 1,
        "Observation": 2,
    }  # fmt: skip
    assert taken.passed == {("Encounter", "not kept by the portal"): 1}
    with system("import") as session:
        patient = maria(session)
        history = history_of(session, patient_id=patient.id)
        assert (patient.display_name, patient.birth_date) == ("Maria José Gomez", date(1984, 3, 31))
        assert (patient.phone, patient.language, patient.zone) == ("+16175550123", "es", "America/New_York")
        assert patient.origin == "import"
        assert [(one.display, one.source) for one in history.conditions] == [("Chronic sinusitis", "import")]
        assert [one.reaction for one in history.allergies] == ["Hives (moderate)"]
        assert [one.dosage for one in history.medications] == ["1 tablet when needed"]
        assert {(one.code, one.value, one.unit) for one in history.vitals} == {
            ("8302-2", Decimal("171.5"), "cm"), ("8462-4", Decimal(80), "mm[Hg]"), ("8480-6", Decimal(120), "mm[Hg]"),
        }  # fmt: skip


def test_an_imported_practitioner_is_not_offered_to_patients(take: Import, system: System) -> None:
    take(fhir.practitioner())
    with system("import") as session:
        assert not list_practitioners(session)
        assert [one.npi for one in list_practitioners(session, listed=False)] == ["190"]


def test_twice_is_the_same_as_once(take: Import, system: System) -> None:
    first = take(*WHOLE)
    with system("import") as session:
        before = {row.id for row in everything(session)}
    again = take(*WHOLE)
    assert not again.new
    assert again.known == first.new
    with system("import") as session:
        assert {row.id for row in everything(session)} == before


def test_a_later_bundle_adds_what_is_new_and_leaves_the_rest(take: Import, system: System) -> None:
    take(fhir.patient(), fhir.condition())
    with system("import") as session:
        maria(session).family_name = "Gomez Ruiz"
    taken = take(fhir.patient(), fhir.condition(), fhir.condition(id="asthma", code=fhir.coded("Asthma")))
    assert taken.new == {"Condition": 1}
    assert taken.known == {"Patient": 1, "Condition": 1}
    with system("import") as session:
        assert maria(session).family_name == "Gomez Ruiz"
        assert len(history_of(session, patient_id=maria(session).id).conditions) == 2


def test_the_same_number_with_another_date_of_birth_brings_no_history(take: Import, system: System) -> None:
    take(fhir.patient())
    taken = take(fhir.patient(birthDate="1990-01-01"), fhir.condition())
    assert not taken.new
    assert not taken.known
    assert taken.passed == {
        ("Patient", "the same number is known here with another date of birth"): 1,
        ("Condition", "about a person who was passed over"): 1,
    }
    with system("import") as session:
        assert not history_of(session, patient_id=maria(session).id).conditions


@pytest.mark.parametrize("born", ["1702-01-01", "2999-01-01"])
def test_a_date_on_which_nobody_alive_was_born_is_passed_over(take: Import, born: str) -> None:
    taken = take(fhir.patient(birthDate=born))
    assert taken.passed == {("Patient", "nobody alive was born on that day"): 1}


def test_contacts_that_reach_nobody_are_left_out(take: Import, system: System) -> None:
    contacts = [
        {"system": "phone", "value": "ask my daughter"},
        {"system": "phone", "value": "617-555-0199"},
        {"system": "email", "value": "maria at home"},
    ]
    take(fhir.patient(telecom=contacts))
    with system("import") as session:
        assert (maria(session).phone, maria(session).email) == ("+16175550199", None)


def test_a_broken_file_is_refused_whole(system: System, clock: Clock) -> None:
    content = fhir.bundle(*WHOLE, fhir.condition(id="late", onsetDateTime="yesterday"))
    with (
        pytest.raises(BrokenFile, match=r"entry\[8\]\.resource\.onsetDateTime"),
        system("import") as session,
    ):
        import_bundle(session, content=content, now=clock.now)
    with system("import") as session:
        assert not everything(session)


def test_another_clinic_sees_nothing_of_it_and_has_its_own(take: Import, system: System, other_clinic: Clinic) -> None:
    take(*WHOLE)
    with system("import", tenant=other_clinic) as session:
        assert not everything(session)
        assert not list_practitioners(session, listed=False)
    assert take(*WHOLE, tenant=other_clinic).new["Observation"] == 2
    with system("import") as here, system("import", tenant=other_clinic) as there:
        assert {row.id for row in everything(here)}.isdisjoint(row.id for row in everything(there))


def leaves(system: System, *, action: str, patient_id: UUID) -> set[str]:
    with system("audit") as session:
        wanted = select(Leaf).where(Leaf.action == action, Leaf.patient_id == patient_id, Leaf.purpose == "import")
        return {name.partition("/")[0] for leaf in session.scalars(wanted) for name in leaf.resources}


def test_an_import_leaves_its_audit_leaves(take: Import, system: System) -> None:
    take(*WHOLE)
    with system("notifications") as session:
        (patient,) = session.scalars(select(Patient)).all()
    written = leaves(system, action="write", patient_id=patient.id)
    assert written >= {"Patient", "Identifier", "Condition", "Allergy", "Medication", "VitalSign"}
    assert not leaves(system, action="read", patient_id=patient.id)
    take(fhir.patient())
    assert leaves(system, action="read", patient_id=patient.id) >= {"Patient", "Identifier"}


def test_the_desk_finds_an_imported_patient_and_nobody_sees_the_history_without_a_grant(
    take: Import,
    worker_database: Any,
    session_as: Callable[..., AbstractContextManager[PortalSession]],
    clinic: Clinic,
    clock: Clock,
) -> None:
    people = make_people(worker_database, clinic, now=clock.now)
    take(*WHOLE)
    with session_as(people.desk_principal()) as session:
        (patient,) = (one for one in search_patients(session, text="gomez").patients if one.origin == "import")
        assert not history_of(session, patient_id=patient.id).conditions
    with session_as(people.clinician_principal()) as session:
        assert not history_of(session, patient_id=patient.id).conditions
