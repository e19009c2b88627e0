"""Data keys: one set per tenant and dataset, wrapped by a key-encryption key behind the `Kms` port.

Plain data keys live in this process's memory only. Datasets: "fields" seals columns, "index" makes blind indexes,
"objects" seals large objects.
"""

import os
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.crypto import Kms
from portal.kernel.db.base import Base, Instant, OptionalInstant, TenantRow, table_args

if TYPE_CHECKING:
    from portal.kernel.db.session import PortalSession

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


class Keyring:
    """Opens a tenant's data keys and keeps them in memory."""

    def __init__(self, kms: Kms) -> None:
        self.kms = kms
        self._keys: dict[UUID, bytes] = {}
        self._current: dict[tuple[UUID, str], UUID] = {}

    def _load(self, session: "PortalSession") -> None:
        with session.no_autoflush:
            rows = session.scalars(select(DataKey).order_by(DataKey.created_at)).all()
        for row in rows:
            self._keys.setdefault(row.id, self.kms.unwrap(row.wrapped))
            if row.retired_at is None:
                self._current[row.tenant_id, row.dataset] = row.id

    def current(self, session: "PortalSession", dataset: str) -> tuple[UUID, bytes]:
        """Id and bytes of the key that seals now; LookupError when the tenant has none."""
        place = (session.tenant_id, dataset)
        if place not in self._current:
            self._load(session)
        if place not in self._current:
            raise LookupError(f"tenant has no data key for {dataset}")
        key_id = self._current[place]
        return key_id, self._keys[key_id]

    def key(self, session: "PortalSession", key_id: UUID) -> bytes:
        """Bytes of a named key of the session's tenant."""
        if key_id not in self._keys:
            self._load(session)
        return self._keys[key_id]


def create_data_keys(session: "PortalSession", *, now: datetime) -> None:
    """Make the tenant's keys; called once, when an organisation is made."""
    kms = session.keyring.kms
    for dataset in DATASETS:
        session.add(DataKey(dataset=dataset, wrapped=kms.wrap(os.urandom(32)), kms_key=kms.key_name, created_at=now))
    session.flush()
