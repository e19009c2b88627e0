"""Addresses of charting: the note of a visit, its conflicts, the patient's own copy, and the history."""

from portal.charting.routes import conflict, find, history, note, own
from portal.charting.routes.blueprint import blueprint

__all__ = ["blueprint", "conflict", "find", "history", "note", "own"]
