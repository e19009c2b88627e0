"""What a patient reported becomes part of the record, marked as the patient's word, and once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from portal.charting import History, history_of, record_medication, set_medication_status
from portal.kernel.db import Database, PortalSession
from tests.factories.charting import Encounter
from tests.factories.intake import ANSWERS, make_intake, publish_standard_form
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SystemSession = Callable[..., AbstractContextManager[PortalSession]]


def tell(database: Database, clinic: Clinic, encounter: Encounter, clock: Clock, **steps: Any) -> None:
    """The patient sends an intake."""
    make_intake(
        database,
        clinic,
        account_id=encounter.patient_account,
        patient_id=encounter.patient_id,
        now=clock.advance(minutes=1),
        answers={**ANSWERS, **steps},
    )


@contextmanager
def history(database: Database, encounter: Encounter) -> Iterator[History]:
    """What is known, while its seals can be opened."""
    with database.transaction(encounter.as_clinician().acting(purpose="care")) as session:
        yield history_of(session, patient_id=encounter.patient_id)


def test_what_was_told_is_on_the_history_as_the_patients_word(
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    encounter: Encounter,
    clock: Clock,
    run_tasks: Callable[..., int],
) -> None:
    publish_standard_form(worker_database, clinic, now=clock.now)
    tell(database, clinic, encounter, clock, history={"conditions": ["diabetes", "other"]})
    run_tasks()
    with history(database, encounter) as known:
        medications = [(one.display, one.dosage, one.source) for one in known.medications]
        assert medications == [("Metformin", "500 mg twice a day", "patient")]
        allergies = [(one.display, one.reaction, one.source) for one in known.allergies]
        assert allergies == [("Penicillin", "Hives", "patient")]
        assert [(one.display, one.source) for one in known.conditions] == [("Diabetes", "patient")]
        assert known.medications[0].recorded_at == clock.now


def test_told_again_it_is_still_once(
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    encounter: Encounter,
    clock: Clock,
    run_tasks: Callable[..., int],
) -> None:
    publish_standard_form(worker_database, clinic, now=clock.now)
    tell(database, clinic, encounter, clock)
    run_tasks()
    again = {"none": False, "items": [{"name": " metformin ", "dose": "500 mg  twice a day"}]}
    tell(database, clinic, encounter, clock, medications={"medications": again})
    run_tasks()
    with history(database, encounter) as known:
        assert len(known.medications) == len(known.allergies) == len(known.conditions) == 1


def test_another_dose_stands_beside_the_first(
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    encounter: Encounter,
    clock: Clock,
    run_tasks: Callable[..., int],
) -> None:
    publish_standard_form(worker_database, clinic, now=clock.now)
    tell(database, clinic, encounter, clock)
    more = {"none": False, "items": [{"name": "Metformin", "dose": "1000 mg twice a day"}]}
    tell(database, clinic, encounter, clock, medications={"medications": more})
    run_tasks()
    with history(database, encounter) as known:
        doses = sorted(one.dosage for one in known.medications)
    assert doses == ["1000 mg twice a day", "500 mg twice a day"]


def test_what_the_clinic_knows_is_left_as_it_is(
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    encounter: Encounter,
    clock: Clock,
    run_tasks: Callable[..., int],
) -> None:
    publish_standard_form(worker_database, clinic, now=clock.now)
    tell(database, clinic, encounter, clock)
    run_tasks()
    with database.transaction(encounter.as_clinician().acting(purpose="care")) as session:
        (metformin,) = history_of(session, patient_id=encounter.patient_id).medications
        set_medication_status(session, medication=metformin, status="stopped")
        record_medication(session, patient_id=encounter.patient_id, display="Insulin", now=clock.now)
    tell(database, clinic, encounter, clock)
    run_tasks()
    with history(database, encounter) as known:
        found = {one.display: (one.status, one.source) for one in known.medications}
    assert found == {"Metformin": ("stopped", "patient"), "Insulin": ("active", "clinician")}


def test_the_clinicians_page_says_who_told_it(
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    encounter: Encounter,
    clock: Clock,
    client: PolicedClient,
    run_tasks: Callable[..., int],
) -> None:
    publish_standard_form(worker_database, clinic, now=clock.now)
    tell(database, clinic, encounter, clock)
    run_tasks()
    page = client.sign_in(encounter.clinician).get(clinic.path(f"staff/visits/{encounter.visit_id}"))
    assert page.text.count("Told by the patient") == 3
