"""The record as a file for others: codes and ids as they were recorded, and the names of today beside them.

In JSON each entry holds the record as it is hashed (portal/audit/records.py), so that who has the file can check it
against a proof of `portal audit prove`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from portal.audit import Leaf, record_fields
from portal.kernel.principal import Principal
from portal.kernel.spreadsheets import csv_file
from portal.workspaces.audit_record import Names

COLUMNS = (
    "id", "at", "person", "user_id", "roles", "on_behalf_of", "action", "resources", "patient", "patient_id", "purpose",
    "permission", "grant_basis", "address", "device", "session_id", "request_id",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class About:
    """Who took the file, when, and of what."""

    clinic: str
    taken_by: UUID
    taken_at: datetime
    filter: Mapping[str, str]

    @classmethod
    def of(cls, who: Principal, *, clinic: str, asked: Mapping[str, str], now: datetime) -> Self:
        return cls(clinic=clinic, taken_by=who.actor_id, taken_at=now, filter=asked)


def as_csv(leaves: Sequence[Leaf], names: Names, *, about: About) -> bytes:
    """A row a leaf. Lists are parted by blanks: codes have none."""
    return csv_file(COLUMNS, ([_cell(entry[name]) for name in COLUMNS] for entry in _entries(leaves, names)))


def as_json(leaves: Sequence[Leaf], names: Names, *, about: About) -> bytes:
    """The leaves as they are hashed, with names apart from them."""
    content = {
        "clinic": about.clinic,
        "taken_at": about.taken_at.isoformat(),
        "taken_by": str(about.taken_by),
        "filter": dict(about.filter),
        "count": len(leaves),
        "entries": [{"record": record_fields(vars(leaf)), "names": _names(leaf, names)} for leaf in leaves],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _entries(leaves: Sequence[Leaf], names: Names) -> list[dict[str, Any]]:
    return [record_fields(vars(leaf)) | _names(leaf, names) for leaf in leaves]


def _names(leaf: Leaf, names: Names) -> dict[str, str]:
    return {"person": names.of_account(leaf.user_id), "patient": names.of_patient(leaf.patient_id)}


def _cell(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value


FORMATS: Mapping[str, tuple[str, Callable[..., bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
}
