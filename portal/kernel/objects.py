"""Large objects: encrypted, immutable, addressed by id.

Written before the row that names them; swept when no row does.
"""

import hashlib
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, time
from typing import Protocol
from uuid import UUID

from sqlalchemy import Table, select, text

from portal.kernel.crypto import BrokenSeal, key_id_of, seal, unseal
from portal.kernel.db import Base, PortalSession
from portal.kernel.ids import new_id

#: The column by which a row names an object, in every table that does.
NAME_COLUMN = "object_id"
DATASET = "objects"
#: No write takes longer: the rotation waits for it before it deletes a key.
WRITE_SECONDS = 10.0
KEPT_UNNAMED = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """What a row keeps of an object: id, size in bytes and SHA-256 (hex) of the plain content."""

    id: UUID
    size: int
    sha256: str


class ObjectStore(Protocol):
    """Where large objects lie, for who writes and reads them."""

    def put(self, session: PortalSession, content: bytes) -> StoredObject: ...

    def get(self, session: PortalSession, object_id: UUID) -> bytes: ...


class StoreTooSlow(TimeoutError):
    """An object took so long to write that its key may have been replaced meanwhile; it is not there."""


class MissingObject(LookupError):
    """A row names an object that the store does not hold."""


class SealedStore(ABC):
    """What every store does alike: seals before anything is written, opens after it is read, sweeps and rotates.

    A place says how sealed bytes lie there. `mark` stands for the bytes that were read: they alone are replaced.
    """

    def put(self, session: PortalSession, content: bytes) -> StoredObject:
        """Seal and write; durable before it returns. Raises StoreTooSlow, OSError."""
        object_id = new_id()
        begun = monotonic()
        key_id, key = session.keyring.current(session, DATASET)
        sealed = seal(content, key_id=key_id, key=key, aad=_place(session, object_id))
        self._create(session.tenant_id, object_id, sealed)
        if monotonic() - begun > WRITE_SECONDS:
            self._remove(session.tenant_id, object_id)
            raise StoreTooSlow(f"it took longer than {WRITE_SECONDS:.0f} seconds")
        return StoredObject(id=object_id, size=len(content), sha256=hashlib.sha256(content).hexdigest())

    def get(self, session: PortalSession, object_id: UUID) -> bytes:
        """Plain content; raises MissingObject, BrokenSeal, OSError."""
        try:
            return self._open(session, self._read(session.tenant_id, object_id)[0], object_id)
        except BrokenSeal:
            # Its key may have been replaced, and deleted, since the object was read.
            return self._open(session, self._read(session.tenant_id, object_id)[0], object_id)

    def _open(self, session: PortalSession, sealed: bytes, object_id: UUID) -> bytes:
        key = session.keyring.key(session, key_id_of(sealed))
        return unseal(sealed, key=key, aad=_place(session, object_id))

    def ids(self, tenant_id: UUID) -> list[UUID]:
        """Every object that the store holds of a tenant."""
        return [object_id for object_id, _ in self._listed(tenant_id)]

    def reseal(self, session: PortalSession, object_id: UUID) -> bool:
        """Seal an object under the present key; returns whether it was under another. Raises BrokenSeal.

        It changes as a whole and its content stays. One that the sweep has taken stays away or is taken again.
        """
        key_id, key = session.keyring.current(session, DATASET)
        try:
            sealed, mark = self._read(session.tenant_id, object_id)
        except MissingObject:
            return False
        if key_id_of(sealed) == key_id:
            return False
        place = _place(session, object_id)
        content = self._open(session, sealed, object_id)
        fresh = seal(content, key_id=key_id, key=key, aad=place)
        if unseal(fresh, key=key, aad=place) != content:
            raise BrokenSeal("sealed anew, it does not open")
        return self._replace(session.tenant_id, object_id, fresh, mark)

    def sweep(self, tenant_id: UUID, *, named: Collection[UUID], now: datetime) -> int:
        """Remove objects older than a day that are not among `named`, the whole list; returns how many.

        A younger one may belong to a row that is not committed yet.
        """
        old = [one for one, written in self._listed(tenant_id) if now - written > KEPT_UNNAMED and one not in named]
        for object_id in old:
            self._remove(tenant_id, object_id)
        return len(old)

    def forget_unfinished(self) -> None:
        """Remove what killed rotations left behind a day ago or more; a place that changes at once has nothing."""
        return

    @abstractmethod
    def _create(self, tenant_id: UUID, object_id: UUID, sealed: bytes) -> None: ...

    @abstractmethod
    def _read(self, tenant_id: UUID, object_id: UUID) -> tuple[bytes, str]:
        """The bytes and their mark; raises MissingObject."""

    @abstractmethod
    def _replace(self, tenant_id: UUID, object_id: UUID, sealed: bytes, mark: str) -> bool:
        """Whether the marked bytes were still there, and are replaced."""

    @abstractmethod
    def _remove(self, tenant_id: UUID, object_id: UUID) -> None:
        """Gone already is gone: another sweep may be at it."""

    @abstractmethod
    def _listed(self, tenant_id: UUID) -> Iterator[tuple[UUID, datetime]]:
        """Each object and when it was written."""


class FileObjectStore(SealedStore):
    """Objects as files below a directory, one folder a tenant."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, tenant_id: UUID, object_id: UUID) -> Path:
        return self.root / str(tenant_id) / object_id.hex[-2:] / str(object_id)

    def _create(self, tenant_id: UUID, object_id: UUID, sealed: bytes) -> None:
        path = self._path(tenant_id, object_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write(path, sealed)

    @staticmethod
    def _write(path: Path, sealed: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())

    def _read(self, tenant_id: UUID, object_id: UUID) -> tuple[bytes, str]:
        try:
            return self._path(tenant_id, object_id).read_bytes(), ""  # rotated by one process at a time
        except FileNotFoundError as error:
            raise MissingObject(str(object_id)) from error

    def _replace(self, tenant_id: UUID, object_id: UUID, sealed: bytes, mark: str) -> bool:
        """By a rename; the age stays, by which the sweep goes."""
        path = self._path(tenant_id, object_id)
        try:
            age = path.stat()
        except FileNotFoundError:
            return False
        # Beside the tenants' folders, where nobody takes it for an object when it is left behind.
        unfinished = self.root / ".anew" / f"{object_id}.{secrets.token_hex(8)}"
        unfinished.parent.mkdir(exist_ok=True, mode=0o700)
        try:
            self._write(unfinished, sealed)
            os.utime(unfinished, ns=(age.st_atime_ns, age.st_mtime_ns))
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def forget_unfinished(self) -> None:
        """See SealedStore."""
        for path in (self.root / ".anew").glob("*"):
            if time() - path.stat().st_mtime > KEPT_UNNAMED.total_seconds():
                path.unlink(missing_ok=True)

    def _remove(self, tenant_id: UUID, object_id: UUID) -> None:
        self._path(tenant_id, object_id).unlink(missing_ok=True)

    def _listed(self, tenant_id: UUID) -> Iterator[tuple[UUID, datetime]]:
        for path in (self.root / str(tenant_id)).glob("*/*"):
            if path.is_file():
                yield UUID(path.name), datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _place(session: PortalSession, object_id: UUID) -> bytes:
    """The additional data that ties an object to its name."""
    return f"{session.tenant_id}|object|{object_id}".encode()


class IncompleteList(RuntimeError):
    """A table names objects and has no policy that shows all of its rows to the sweep: nothing is removed."""


def naming_tables() -> list[Table]:
    """Every mapped table that names objects."""
    return [table for table in Base.metadata.sorted_tables if NAME_COLUMN in table.c]


def named_objects(session: PortalSession) -> frozenset[UUID]:
    """Ids of all objects that rows of the tenant name; for the system purpose "objects". Raises IncompleteList.

    A row that a policy hides would make its object look forgotten, so each table's policy is looked for first.
    """
    shown = session.execute(
        text(
            "SELECT schemaname || '.' || tablename FROM pg_policies WHERE policyname = 'names_objects'"
            " AND permissive = 'PERMISSIVE' AND cmd = 'SELECT'"
        )
    ).scalars()
    hidden = {table.fullname for table in naming_tables()} - {*shown}
    if hidden or not session.principal.is_system_for("objects"):
        raise IncompleteList(", ".join(sorted(hidden)) or "another purpose")
    return frozenset(
        one for table in naming_tables() for one in session.execute(select(table.c[NAME_COLUMN])).scalars()
    )


class SweepObjects:
    """Work that comes round: objects that no row names are removed. Twice is the same as once."""

    kind = "kernel.sweep_objects"
    purpose = "objects"

    def __init__(self, objects: SealedStore) -> None:
        self.objects = objects

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> tuple[UUID, frozenset[UUID]]:
        """The tenant, and what is named in it."""
        return session.tenant_id, named_objects(session)

    def call(self, request: tuple[UUID, frozenset[UUID]], *, again: bool, now: datetime) -> int:
        """Remove, with no transaction open; how many."""
        tenant_id, named = request
        return self.objects.sweep(tenant_id, named=named, now=now)

    def settle(self, session: PortalSession, subject_id: UUID, answer: int, *, now: datetime) -> None:
        """Nothing is kept of it."""

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None:
        """The next round tries again; the dead letter says so to staff."""
