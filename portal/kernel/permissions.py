"""Roles, and the registry of permissions that contexts fill at import.

Owns the words; each context's `access.py` says which roles hold its permissions. A permission reads
`resource:action`. Nothing here looks at rows: whose row it is decides the database.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """Who somebody is at a clinic. `VISITOR` is anybody who has not signed in; `SYSTEM` is our own processes."""

    VISITOR = "visitor"
    PATIENT = "patient"
    FRONT_DESK = "front_desk"
    CLINICIAN = "clinician"
    CLINIC_ADMIN = "clinic_admin"
    PRIVACY_OFFICER = "privacy_officer"
    SYSTEM = "system"


STAFF_ROLES = frozenset({Role.FRONT_DESK, Role.CLINICIAN, Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER})

_holders: dict[str, frozenset[Role]] = {}


class PermissionClash(RuntimeError):
    """Two contexts registered the same permission with different holders."""


def register_permissions(table: Mapping[str, Iterable[Role]]) -> None:
    """Add a context's table (permission → roles that hold it)."""
    for permission, roles in table.items():
        held = frozenset(roles)
        if _holders.setdefault(permission, held) != held:
            raise PermissionClash(permission)


def holders(permission: str) -> frozenset[Role]:
    """Roles that hold the permission; KeyError for a name that no context registered."""
    return _holders[permission]


def all_permissions() -> Mapping[str, frozenset[Role]]:
    """The whole table, for the matrix test and the administrator's screen."""
    return dict(_holders)
