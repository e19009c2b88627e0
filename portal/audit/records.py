"""The bytes of a leaf that are hashed, so that anybody can hash them again. Pure.

Version 1: the byte 0x01, then JSON in UTF-8 as RFC 8785 writes it (keys sorted, no spaces): every column of the leaf
by its name, ids as lower-case UUIDs, `at` in UTC with six digits of the second and a Z, what is absent as null. Another
version is another first byte; leaves keep the version they were hashed with.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

VERSION = b"\x01"
FIELDS = (
    "tenant_id", "id", "at", "user_id", "on_behalf_of", "session_id", "roles", "purpose", "permission", "action",
    "patient_id", "resources", "grant_basis", "address", "device", "request_id",
)  # fmt: skip


def record_fields(leaf: Mapping[str, Any]) -> dict[str, Any]:
    """A leaf as it is hashed: its values by name, in JSON's own types."""
    return {name: _plain(leaf[name]) for name in FIELDS}


def record_bytes(leaf: Mapping[str, Any]) -> bytes:
    """A leaf's canonical bytes; `leaf` holds FIELDS, and what else it holds is not hashed."""
    return VERSION + json.dumps(record_fields(leaf), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value
