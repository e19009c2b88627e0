"""Four patients as another system exports them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.charting import history_of
from portal.charting.models import VitalSign
from portal.fhir import Taken, import_bundle
from portal.kernel.db import PortalSession
from portal.patients import search_patients
from tests.support.clinics import Clinic
from tests.support.clock import Clock

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "synthea"
FILES = sorted(FOLDER.glob("*.json"))
pytestmark = pytest.mark.skipif(not FILES, reason=f"no exported patients in {FOLDER}")
System = Callable[..., AbstractContextManager[PortalSession]]


def take_all(system: System, clock: Clock) -> list[Taken]:
    found = []
    for path in FILES:
        with system("import") as session:
            found.append(import_bundle(session, content=path.read_bytes(), now=clock.now))
    return found


def total(found: list[Taken], kind: str) -> int:
    return sum(one.new[kind] for one in found)


def test_all_four_are_taken_once_with_their_history(system: System, clinic: Clinic, clock: Clock) -> None:
    taken = take_all(system, clock)
    assert [total(taken, kind) for kind in ("Patient", "Practitioner")] == [4, 5]
    assert [total(taken, kind) for kind in ("Condition", "MedicationRequest", "Observation")] == [14, 2, 63]
    again = take_all(system, clock)
    assert not any(one.new for one in again)
    assert [one.known for one in again] == [one.new for one in taken]
    with system("import") as session:
        # Twelve blood pressures, two values each.
        assert len(session.scalars(select(VitalSign)).all()) == 63 + 12


def test_a_name_with_its_accent_is_found_and_the_history_reads(system: System, clinic: Clinic, clock: Clock) -> None:
    take_all(system, clock)
    with system("import") as session:
        (patient,) = search_patients(session, text="jesus alvarez").patients
        history = history_of(session, patient_id=patient.id)
        assert (patient.display_name, patient.language, patient.jurisdiction) == ("Jesús Alvarez", "es", "US-MA")
        assert len(history.conditions) == 6
        assert [one.display for one in history.medications] == ["Acetaminophen 325 MG Oral Tablet"]
        assert {"8480-6", "8462-4", "29463-7"} <= {one.code for one in history.vitals}
