"""Pure decisions of charting."""

from portal.charting.rules.diagnoses import Diagnosis, diagnosis_by_code, search_diagnoses
from portal.charting.rules.notes import SECTIONS, NoteText, canonical_note, outcome_of_save

__all__ = [
    "SECTIONS",
    "Diagnosis",
    "NoteText",
    "canonical_note",
    "diagnosis_by_code",
    "outcome_of_save",
    "search_diagnoses",
]
