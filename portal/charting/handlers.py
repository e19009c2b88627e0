"""Reactions: what a patient reported in an intake is taken into the record, as the patient's word.

Whether it is right is the clinician's to say: each statement stays marked with its source.
"""

from datetime import datetime
from uuid import UUID

from portal.charting.operations import index_missing, record_allergy, record_condition, record_medication
from portal.intake import IntakeCompleted, reported
from portal.kernel.db import PortalSession
from portal.kernel.locale import use_locale
from portal.kernel.tasks import on, scheduled
from portal.tenancy import own_clinic

PATIENT = "patient"
UNNAMED = "other"  # "another illness": says nothing that a list of problems could hold; the notes beside it do


@on(IntakeCompleted, kind="charting.take_in", purpose="charting")
def take_in(session: PortalSession, event: IntakeCompleted, *, now: datetime) -> None:
    """Medicines, allergies and illnesses. The same one told again is the row that is there."""
    clinic = own_clinic(session)
    # The record is read by the clinic: names of illnesses that were ticked are in its language.
    with use_locale(clinic.default_language, clinic.zone):
        told = reported(session, intake_id=event.intake_id)
    if told is None:
        return
    for medicine in told.medications:
        name, dose = medicine["name"], medicine.get("dose", "")
        record_medication(
            session,
            patient_id=event.patient_id,
            display=name,
            dosage=dose,
            source=PATIENT,
            source_id=_said(name, dose),  # another dose is another statement, and both are to be seen
            now=now,
        )
    for allergy in told.allergies:
        substance, reaction = allergy["substance"], allergy.get("reaction", "")
        record_allergy(
            session,
            patient_id=event.patient_id,
            display=substance,
            reaction=reaction,
            source=PATIENT,
            source_id=_said(substance, reaction),
            now=now,
        )
    for code in told.conditions:
        if code != UNNAMED:
            record_condition(
                session,
                patient_id=event.patient_id,
                display=told.condition_names[code],
                source=PATIENT,
                source_id=code,
                now=now,
            )


@scheduled(kind="charting.index_words", purpose="charting")
def index_words(session: PortalSession, subject_id: UUID, *, now: datetime) -> None:
    """What was signed by a version that kept no words is taken in, some at a time."""
    index_missing(session)


def _said(*parts: str) -> str:
    """What names a statement in the patient's own words, however it was typed."""
    return "|".join(" ".join(part.split()).casefold() for part in parts)
