"""Data keys: one set per tenant and dataset, wrapped by a key-encryption key behind the `Kms` port.

Plain data keys live in this process's memory only. Datasets: "fields" seals columns, "index" makes blind indexes,
"objects" seals large objects.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.crypto import BrokenSeal, Kms
from portal.kernel.db.base import Base, Instant, OptionalInstant, TenantRow, table_args

if TYPE_CHECKING:
    from portal.kernel.db.session import PortalSession

#: How old the keys that a process seals under may be, in seconds.
FRESH_SECONDS = 60.0
DATASETS = ("fields", "index", "objects")


class DataKey(TenantRow, Base):
    """A tenant's data key, wrapped."""

    __tablename__ = "data_key"
    __table_args__ = table_args("kernel")
    dataset: Mapped[str]
    wrapped: Mapped[bytes]
    kms_key: Mapped[str] = mapped_column(comment="name of the key-encryption key that wraps it")
    created_at: Mapped[Instant]
    retired_at: Mapped[OptionalInstant]


@dataclass(frozen=True, kw_only=True)
class _TenantKeys:
    """A tenant's opened keys, as they were read at one moment; replaced as a whole, so threads see either."""

    keys: Mapping[UUID, bytes]
    current: Mapping[str, UUID]
    read_at: float


class Keyring:
    """Opens a tenant's data keys and keeps them in memory, for so many tenants.

    `fresh_seconds`: after so long the keys are read again before anything more is sealed, so that a rotation is
    noticed by every process; the rotation waits for it before it deletes a key.
    """

    def __init__(self, kms: Kms, *, fresh_seconds: float = FRESH_SECONDS, tenants: int = 1000) -> None:
        self.kms = kms
        self.fresh_seconds = fresh_seconds
        self._most = tenants
        self._tenants: dict[UUID, _TenantKeys] = {}

    def _load(self, session: "PortalSession") -> _TenantKeys:
        # Before the query: what it does not see yet is then older than it is taken for, never younger.
        read_at = monotonic()
        with session.no_autoflush:
            columns = (DataKey.id, DataKey.dataset, DataKey.wrapped, DataKey.retired_at)
            # Named, though policies say it, too: for a session that is past them, another tenant's key must not seal.
            of_tenant = select(*columns).where(DataKey.tenant_id == session.tenant_id)
            rows = session.execute(of_tenant.order_by(DataKey.created_at)).all()
        known = self._tenants.get(session.tenant_id)
        opened = known.keys if known else {}
        found = _TenantKeys(
            keys={
                row.id: opened[row.id]
                if row.id in opened
                else self.kms.unwrap(row.wrapped, context=context_of(session.tenant_id, row.dataset))
                for row in rows
            },
            current={row.dataset: row.id for row in rows if row.retired_at is None},
            read_at=read_at,
        )
        # The one that was read longest ago makes room; to open its keys again may be a call to the outside.
        self._tenants.pop(session.tenant_id, None)
        while len(self._tenants) >= self._most:
            self._tenants.pop([*self._tenants][0], None)  # noqa: RUF015  # a copy: other threads change it, too
        self._tenants[session.tenant_id] = found
        return found

    def current(self, session: "PortalSession", dataset: str) -> tuple[UUID, bytes]:
        """Id and bytes of the key that seals now; LookupError when the tenant has none."""
        found = self._tenants.get(session.tenant_id)
        if found is None or dataset not in found.current or monotonic() - found.read_at > self.fresh_seconds:
            found = self._load(session)
        if dataset not in found.current:
            raise LookupError(f"tenant has no data key for {dataset}")
        key_id = found.current[dataset]
        return key_id, found.keys[key_id]

    def key(self, session: "PortalSession", key_id: UUID) -> bytes:
        """Bytes of a named key of the session's tenant; raises BrokenSeal when it has no such key (any more)."""
        found = self._tenants.get(session.tenant_id)
        if found is None or key_id not in found.keys:
            found = self._load(session)
        if key_id not in found.keys:
            raise BrokenSeal("sealed under a key that is gone")
        return found.keys[key_id]

    def forget(self, tenant_id: UUID) -> None:
        """Drop a tenant's keys from memory; they are read again when they are needed."""
        self._tenants.pop(tenant_id, None)


def context_of(tenant_id: UUID, dataset: str) -> dict[str, str]:
    """What a wrapped key is bound to."""
    return {"tenant": str(tenant_id), "dataset": dataset}


def fresh_key(session: "PortalSession", dataset: str, *, now: datetime) -> DataKey:
    """A new data key of the session's tenant."""
    kms = session.keyring.kms
    wrapped = kms.wrap(os.urandom(32), context=context_of(session.tenant_id, dataset))
    return DataKey(dataset=dataset, wrapped=wrapped, kms_key=kms.key_name, created_at=now)


def create_data_keys(session: "PortalSession", *, now: datetime) -> None:
    """Make the tenant's keys; called once, when an organisation is made."""
    for dataset in DATASETS:
        session.add(fresh_key(session, dataset, now=now))
    session.flush()
