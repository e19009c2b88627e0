"""Pure decisions of charting."""

from portal.charting.rules.diagnoses import Diagnosis, diagnosis_by_code, dotted, search_diagnoses
from portal.charting.rules.notes import SECTIONS, NoteText, canonical_note, outcome_of_save
from portal.charting.rules.sensitivity import ICD_10_CM, NORMAL, SENSITIVITIES, suggested_sensitivity
from portal.charting.rules.vitals import (
    SYSTOLIC,
    VITALS,
    Measured,
    Vital,
    implausible,
    side_by_side,
    unit_name,
    vital_name,
)
from portal.charting.rules.words import Piece, excerpt, words_asked, words_in

__all__ = [
    "ICD_10_CM",
    "NORMAL",
    "SECTIONS",
    "SENSITIVITIES",
    "SYSTOLIC",
    "VITALS",
    "Diagnosis",
    "Measured",
    "NoteText",
    "Piece",
    "Vital",
    "canonical_note",
    "diagnosis_by_code",
    "dotted",
    "excerpt",
    "implausible",
    "outcome_of_save",
    "search_diagnoses",
    "side_by_side",
    "suggested_sensitivity",
    "unit_name",
    "vital_name",
    "words_asked",
    "words_in",
]
