"""Verbs of tenancy, one file a subject."""

from portal.tenancy.operations.looks import LookChangedMeanwhile, UnreadableColour, change_logo, change_look
from portal.tenancy.operations.organisations import (
    EndsBeforeItBegins,
    create_organisation,
    end_agreement,
    record_agreement,
)

__all__ = [
    "EndsBeforeItBegins",
    "LookChangedMeanwhile",
    "UnreadableColour",
    "change_logo",
    "change_look",
    "create_organisation",
    "end_agreement",
    "record_agreement",
]
