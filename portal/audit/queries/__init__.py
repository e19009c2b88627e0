"""Reads of the audit record: for the people it is about, and for who investigates."""

from portal.audit.queries.looks import Look, Looks, looks_at
from portal.audit.queries.records import EXPORTED, FoundLeaves, TooManyLeaves, Wanted, export_leaves, find_leaves

__all__ = [
    "EXPORTED",
    "FoundLeaves",
    "Look",
    "Looks",
    "TooManyLeaves",
    "Wanted",
    "export_leaves",
    "find_leaves",
    "looks_at",
]
