"""Clinicians: who they are to patients, what they speak, and where they hold a licence to see patients.

Does not own their accounts (identity), their hours (scheduling) or what they write (charting).
"""

from portal.kernel.places import place_name
from portal.practitioners.access import Permission
from portal.practitioners.models import Licence, Practitioner
from portal.practitioners.operations import (
    AccountTaken,
    LicenceKnown,
    add_licence,
    change_practitioner,
    create_practitioner,
    end_licence,
    practitioner_from_import,
)
from portal.practitioners.queries import (
    licences_in,
    licences_in_force,
    licences_of,
    licensed_practitioners,
    list_practitioners,
    practitioner_by_id,
    practitioner_of_account,
    practitioners_by_id,
)

__all__ = [
    "AccountTaken",
    "Licence",
    "LicenceKnown",
    "Permission",
    "Practitioner",
    "add_licence",
    "change_practitioner",
    "create_practitioner",
    "end_licence",
    "licences_in",
    "licences_in_force",
    "licences_of",
    "licensed_practitioners",
    "list_practitioners",
    "place_name",
    "practitioner_by_id",
    "practitioner_from_import",
    "practitioner_of_account",
    "practitioners_by_id",
]
