"""Rotation of data keys: every sealed column of a tenant is sealed anew under a fresh key, then the old key is deleted.

Runs as the login role `portal_rotator`, in small transactions beside whoever else writes. How far it is stands in the
rows themselves: a sealed value's header names its key. So a rotation that was killed is simply started again. Data
sealed as files ("objects") and blind indexes ("index") are not rotated here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, Table, bindparam, delete, func, or_, select, text, type_coerce, update

from portal.kernel.crypto import BrokenSeal, key_id_of, seal, unseal
from portal.kernel.db.base import Base
from portal.kernel.db.keyring import DataKey, context_of, fresh_key
from portal.kernel.db.sealed import Sealed, SealedBytes
from portal.kernel.db.session import PortalSession

BATCH = 200
DATASET = "fields"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one transaction did. `last`: where the next goes on in the table; None: it is through."""

    rows: int
    last: UUID | None


def sealed_tables() -> Iterator[tuple[Table, list[str]]]:
    """Every mapped table with sealed columns, and their names."""
    for table in Base.metadata.sorted_tables:
        columns = [column.name for column in table.columns if isinstance(column.type, SealedBytes)]
        if columns:
            yield table, columns


def begin_rotation(session: PortalSession, *, now: datetime) -> UUID:
    """Retire the tenant's key and make the next one; a rotation that was begun before goes on. Returns the new id."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"rotate {session.tenant_id}", 0))))
    keys = session.scalars(select(DataKey).where(DataKey.dataset == DATASET).order_by(DataKey.created_at)).all()
    current = [key for key in keys if key.retired_at is None]
    if len(keys) > len(current):
        return current[-1].id
    fresh = fresh_key(session, DATASET, now=now)
    session.add(fresh)
    for key in current:
        key.retired_at = now
    session.flush()
    session.keyring.forget(session.tenant_id)
    return fresh.id


def reseal_batch(
    session: PortalSession, table: Table, columns: list[str], *, after: UUID | None = None, wait: bool = False
) -> Batch:
    """Seal up to BATCH rows anew. Rows that somebody else holds are passed over, unless `wait`."""
    key_id, key = session.keyring.current(session, DATASET)
    # substring(… FROM 3 FOR 16) of the sealed form is the key's id.
    stale = [
        func.substring(type_coerce(table.c[name], LargeBinary), 3, 16) != type_coerce(key_id.bytes, LargeBinary)
        for name in columns
    ]
    rows = session.execute(
        select(table.c.id, *(table.c[name] for name in columns))
        .where(table.c.tenant_id == session.tenant_id, or_(*stale), *([table.c.id > after] if after else []))
        .order_by(table.c.id)
        .limit(BATCH)
        .with_for_update(skip_locked=not wait)
    ).all()
    changes = []
    for row in rows:
        change: dict[str, object] = {"this": row.id}
        for name in columns:
            place = f"{session.tenant_id}|{table.fullname}|{name}|{row.id}".encode()
            change[name] = _sealed_anew(session, getattr(row, name), key_id=key_id, key=key, aad=place)
        changes.append(change)
    if changes:
        session.connection().execute(
            update(table)
            .where(table.c.tenant_id == session.tenant_id, table.c.id == bindparam("this"))
            .values({name: bindparam(name) for name in columns}),
            changes,
        )
    return Batch(rows=len(rows), last=rows[-1].id if len(rows) == BATCH else None)


def _sealed_anew(
    session: PortalSession, sealed: Sealed | None, *, key_id: UUID, key: bytes, aad: bytes
) -> Sealed | None:
    """The same value under the present key; what is under it already stays as it is."""
    if sealed is None or key_id_of(sealed) == key_id:
        return sealed
    plain = unseal(sealed, key=session.keyring.key(session, key_id_of(sealed)), aad=aad)
    fresh = seal(plain, key_id=key_id, key=key, aad=aad)
    if unseal(fresh, key=key, aad=aad) != plain:
        raise BrokenSeal("sealed anew, it does not open")
    return Sealed(fresh)


def writers_before(session: PortalSession) -> int:
    """A mark in time: a transaction's number that is higher than any that writes now."""
    return int(session.execute(text("SELECT pg_current_xact_id()::text::bigint")).scalar_one())


def writers_are_gone(session: PortalSession, mark: int) -> bool:
    """Every transaction that wrote before the mark has ended."""
    oldest = session.execute(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")).scalar_one()
    return int(oldest) > mark


def delete_retired(session: PortalSession) -> int:
    """Delete the tenant's retired keys; the caller has found nothing under them. Returns how many."""
    gone = session.execute(
        delete(DataKey).where(DataKey.dataset == DATASET, DataKey.retired_at.is_not(None)).returning(DataKey.id)
    ).all()
    session.keyring.forget(session.tenant_id)
    return len(gone)


def retired_since(session: PortalSession) -> datetime | None:
    """When the key that is being replaced was retired; None when no rotation is under way."""
    statement = select(func.max(DataKey.retired_at)).where(DataKey.dataset == DATASET)
    found: datetime | None = session.execute(statement).scalar_one()
    return found


def rewrap_keys(session: PortalSession) -> int:
    """Wrap the tenant's data keys under the present key-encryption key, where another wraps them; returns how many."""
    kms = session.keyring.kms
    keys = session.scalars(select(DataKey).where(DataKey.kms_key != kms.key_name).with_for_update()).all()
    for key in keys:
        context = context_of(key.tenant_id, key.dataset)
        plain = kms.unwrap(key.wrapped, context=context)
        key.wrapped, key.kms_key = kms.wrap(plain, context=context), kms.key_name
        if kms.unwrap(key.wrapped, context=context) != plain:
            raise BrokenSeal("wrapped anew, it does not open")
    session.flush()
    return len(keys)
