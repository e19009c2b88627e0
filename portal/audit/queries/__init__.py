"""Reads of the audit record: for the people it is about, and for who investigates."""

from portal.audit.queries.looks import SHOWN, Look, Looks, looks_at
from portal.audit.queries.records import (
    EXPORTED,
    OWN_PURPOSE,
    PAGE,
    FoundLeaves,
    TooManyLeaves,
    Wanted,
    export_leaves,
    find_leaves,
    who_touched,
)

__all__ = [
    "EXPORTED",
    "OWN_PURPOSE",
    "PAGE",
    "SHOWN",
    "FoundLeaves",
    "Look",
    "Looks",
    "TooManyLeaves",
    "Wanted",
    "export_leaves",
    "find_leaves",
    "looks_at",
    "who_touched",
]
