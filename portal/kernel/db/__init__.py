"""The database as the rest of the house sees it: models' base, column types, sessions, transactions."""

from portal.kernel.db.base import (
    Base,
    Instant,
    OptionalInstant,
    PatientRow,
    TenantRow,
    ref,
    table_args,
)
from portal.kernel.db.errors import constraint_of
from portal.kernel.db.keyring import DataKey, Keyring, create_data_keys
from portal.kernel.db.pages import PAGE, Page, Place, page_of
from portal.kernel.db.sealed import (
    Encrypted,
    Hashed,
    Sealed,
    blind_index,
    index_column,
    keyed_hash,
    seal_pending,
    sealed_column,
)
from portal.kernel.db.session import (
    Access,
    AuditSink,
    Database,
    PortalSession,
    ReadOnlyViolation,
    UnauditedRead,
)
from portal.kernel.db.together import Asked, FoundTogether, Together

__all__ = [
    "PAGE",
    "Access",
    "Asked",
    "AuditSink",
    "Base",
    "DataKey",
    "Database",
    "Encrypted",
    "FoundTogether",
    "Hashed",
    "Instant",
    "Keyring",
    "OptionalInstant",
    "Page",
    "PatientRow",
    "Place",
    "PortalSession",
    "ReadOnlyViolation",
    "Sealed",
    "TenantRow",
    "Together",
    "UnauditedRead",
    "blind_index",
    "constraint_of",
    "create_data_keys",
    "index_column",
    "keyed_hash",
    "page_of",
    "ref",
    "seal_pending",
    "sealed_column",
    "table_args",
]
