"""Verbs of charting."""

from portal.charting.operations.history import (
    record_allergy,
    record_condition,
    record_medication,
    record_vital_sign,
    set_condition_status,
    set_medication_status,
)
from portal.charting.operations.notes import (
    NoteConflicts,
    NoteEmpty,
    NoteIsSigned,
    NoteNotSigned,
    NotYourNote,
    UnknownDiagnosis,
    add_addendum,
    add_diagnosis,
    keep_losing_text,
    remove_diagnosis,
    save_draft,
    settle_conflicts,
    sign_note,
    start_note,
)
from portal.charting.operations.words import index_missing

__all__ = [
    "NotYourNote",
    "NoteConflicts",
    "NoteEmpty",
    "NoteIsSigned",
    "NoteNotSigned",
    "UnknownDiagnosis",
    "add_addendum",
    "add_diagnosis",
    "index_missing",
    "keep_losing_text",
    "record_allergy",
    "record_condition",
    "record_medication",
    "record_vital_sign",
    "remove_diagnosis",
    "save_draft",
    "set_condition_status",
    "set_medication_status",
    "settle_conflicts",
    "sign_note",
    "start_note",
]
