"""Large objects: encrypted, immutable, addressed by id.

Written before the row that names them; swept when no row does.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from portal.kernel.crypto import key_id_of, seal, unseal
from portal.kernel.db import PortalSession
from portal.kernel.ids import new_id


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """What a row keeps of an object: id, size in bytes and SHA-256 (hex) of the plain content."""

    id: UUID
    size: int
    sha256: str


class ObjectStore(Protocol):
    """Where large objects lie."""

    def put(self, session: PortalSession, content: bytes) -> StoredObject: ...

    def get(self, session: PortalSession, object_id: UUID) -> bytes: ...


class MissingObject(LookupError):
    """A row names an object that the store does not hold."""


class FileObjectStore:
    """Objects as files below a directory, one folder a tenant."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, tenant_id: UUID, object_id: UUID) -> Path:
        return self.root / str(tenant_id) / object_id.hex[-2:] / str(object_id)

    def put(self, session: PortalSession, content: bytes) -> StoredObject:
        """Seal and write; durable before it returns."""
        object_id = new_id()
        key_id, key = session.keyring.current(session, "objects")
        aad = f"{session.tenant_id}|object|{object_id}".encode()
        path = self._path(session.tenant_id, object_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(seal(content, key_id=key_id, key=key, aad=aad))
            file.flush()
            os.fsync(file.fileno())
        return StoredObject(id=object_id, size=len(content), sha256=hashlib.sha256(content).hexdigest())

    def get(self, session: PortalSession, object_id: UUID) -> bytes:
        """Plain content; raises MissingObject, BrokenSeal."""
        try:
            sealed = self._path(session.tenant_id, object_id).read_bytes()
        except FileNotFoundError as error:
            raise MissingObject(str(object_id)) from error
        key = session.keyring.key(session, key_id_of(sealed))
        return unseal(sealed, key=key, aad=f"{session.tenant_id}|object|{object_id}".encode())

    def sweep(self, tenant_id: UUID, *, is_named: Callable[[UUID], bool], now: datetime) -> int:
        """Remove objects older than a day that no row names; returns how many."""
        removed = 0
        for path in self._files(tenant_id):
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if now - written > timedelta(days=1) and not is_named(UUID(path.name)):
                path.unlink()
                removed += 1
        return removed

    def _files(self, tenant_id: UUID) -> Iterator[Path]:
        folder = self.root / str(tenant_id)
        return (path for path in folder.glob("*/*") if path.is_file())
