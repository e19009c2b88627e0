"""The record: notes of visits (draft, signed, addendum), problems, allergies, medications and vital signs.

A signed note never changes: the database refuses it, and an addendum follows. Does not own the visit (visits), the
patient's own answers (intake) or what is charged (billing).
"""

from portal.charting.access import Permission
from portal.charting.events import NoteSigned
from portal.charting.models import (
    Addendum,
    Allergy,
    Condition,
    Medication,
    Note,
    NoteConflict,
    NoteDiagnosis,
    VitalSign,
)
from portal.charting.operations import (
    NoteConflicts,
    NoteEmpty,
    NoteIsSigned,
    NoteNotSigned,
    NotYourNote,
    UnknownDiagnosis,
    add_addendum,
    add_diagnosis,
    keep_losing_text,
    record_allergy,
    record_condition,
    record_medication,
    record_vital_sign,
    remove_diagnosis,
    save_draft,
    set_condition_status,
    set_medication_status,
    settle_conflicts,
    sign_note,
    start_note,
)
from portal.charting.operations.notes import is_unaltered
from portal.charting.queries import (
    History,
    addenda_of,
    diagnoses_of,
    history_of,
    note_by_id,
    note_of_visit,
    open_conflicts,
    unsigned_notes,
)
from portal.charting.rules import SECTIONS, Diagnosis, NoteText, search_diagnoses

__all__ = [
    "SECTIONS",
    "Addendum",
    "Allergy",
    "Condition",
    "Diagnosis",
    "History",
    "Medication",
    "NotYourNote",
    "Note",
    "NoteConflict",
    "NoteConflicts",
    "NoteDiagnosis",
    "NoteEmpty",
    "NoteIsSigned",
    "NoteNotSigned",
    "NoteSigned",
    "NoteText",
    "Permission",
    "UnknownDiagnosis",
    "VitalSign",
    "add_addendum",
    "add_diagnosis",
    "addenda_of",
    "diagnoses_of",
    "history_of",
    "is_unaltered",
    "keep_losing_text",
    "note_by_id",
    "note_of_visit",
    "open_conflicts",
    "record_allergy",
    "record_condition",
    "record_medication",
    "record_vital_sign",
    "remove_diagnosis",
    "save_draft",
    "search_diagnoses",
    "set_condition_status",
    "set_medication_status",
    "settle_conflicts",
    "sign_note",
    "start_note",
    "unsigned_notes",
]
