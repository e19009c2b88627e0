"""Addresses of charting: the note of a visit, its conflicts, the patient's own copy, the history, and vital signs."""

from portal.charting.routes import conflict, find, history, note, own, vitals
from portal.charting.routes.blueprint import blueprint

__all__ = ["blueprint", "conflict", "find", "history", "note", "own", "vitals"]
