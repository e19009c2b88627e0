"""Roles, and the registry of permissions that contexts fill at import.

Owns the words; each context's `access.py` says which roles hold its permissions. A permission reads
`resource:action`. Nothing here looks at rows: whose row it is decides the database.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """Who somebody is at a clinic. `VISITOR` is anybody who has not signed in; `SYSTEM` is our own processes.

    `SEES_…` are clearances: they open no page, but notes under that label to staff who see the record anyway.
    """

    VISITOR = "visitor"
    PATIENT = "patient"
    FRONT_DESK = "front_desk"
    CLINICIAN = "clinician"
    CLINIC_ADMIN = "clinic_admin"
    PRIVACY_OFFICER = "privacy_officer"
    SYSTEM = "system"
    SEES_PSY = "sees_psy"
    SEES_SEX = "sees_sex"
    SEES_HIV = "sees_hiv"
    SEES_ETH = "sees_eth"


STAFF_ROLES = frozenset({Role.FRONT_DESK, Role.CLINICIAN, Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER})

#: One a label of sensitive notes; held beside a staff role.
CLEARANCES = frozenset({Role.SEES_PSY, Role.SEES_SEX, Role.SEES_HIV, Role.SEES_ETH})

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
