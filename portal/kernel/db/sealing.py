"""Words that were stored in clear before their column was sealed are sealed where they stand.

SQL migrations hold no keys: a migration adds the sealed column beside the clear one, and this moves the words over, as
the login role `portal_rotator`, in small transactions beside whoever else writes. What is left stands in the rows, so
a run that was killed is simply started again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Column, Table, bindparam, inspect, or_, select, update

from portal.kernel.crypto import BrokenSeal, seal, unseal
from portal.kernel.db.base import Base
from portal.kernel.db.sealed import Encrypted, Hashed, Sealed
from portal.kernel.db.session import PortalSession

BATCH = 200


@dataclass(frozen=True, kw_only=True)
class ClearTable:
    """A table that had words in clear: each clear column and the attribute that takes its place."""

    table: Table
    moves: tuple[tuple[Column[str], Encrypted[str] | Hashed], ...]


def clear_tables() -> Iterator[ClearTable]:
    """Every mapped table of which a column was in clear before."""
    for mapper in sorted(Base.registry.mappers, key=lambda one: str(one.local_table)):
        found = {
            attribute.was: attribute
            for kind in reversed(mapper.class_.__mro__)
            for attribute in vars(kind).values()
            if isinstance(attribute, Encrypted | Hashed) and attribute.was
        }
        if found:
            columns = inspect(mapper.class_).columns
            moves = tuple((columns[was], attribute) for was, attribute in found.items())
            yield ClearTable(table=mapper.local_table, moves=moves)  # type: ignore[arg-type]  # a Table


def seal_batch(session: PortalSession, clear: ClearTable, *, wait: bool = False) -> int:
    """Seal up to BATCH rows; returns how many. Rows that somebody else holds are passed over, unless `wait`."""
    table = clear.table
    rows = session.execute(
        select(table.c.id, table.c.patient_id, *(column for column, _ in clear.moves))
        .where(table.c.tenant_id == session.tenant_id, or_(*(column.is_not(None) for column, _ in clear.moves)))
        .order_by(table.c.id)
        .limit(BATCH)
        .with_for_update(skip_locked=not wait)
    ).all()
    for column, attribute in clear.moves if rows else ():
        # A word that is sealed by now, or was never said, is not there.
        found = [(row.id, row.patient_id, row._mapping[column]) for row in rows if row._mapping[column] is not None]
        kept = (
            _hashes(session, table, attribute, found)
            if isinstance(attribute, Hashed)
            else _seals(session, table, attribute, found)
        )
        if kept:
            session.connection().execute(
                update(table)
                .where(table.c.tenant_id == session.tenant_id, table.c.id == bindparam("this"))
                .values({column.name: None, attribute.column: bindparam("kept")}),
                [{"this": row_id, "kept": value} for row_id, value in kept.items()],
            )
    return len(rows)


def _seals(
    session: PortalSession, table: Table, attribute: Encrypted[str], found: list[tuple[UUID, UUID, str]]
) -> dict[UUID, Sealed]:
    key_id, key = session.keyring.current(session, "fields")
    seals = {}
    for row_id, _, value in found:
        place, plain = attribute.place(table, tenant_id=session.tenant_id, row_id=row_id), attribute.packed(value)
        seals[row_id] = Sealed(seal(plain, key_id=key_id, key=key, aad=place))
        if unseal(seals[row_id], key=key, aad=place) != plain:
            raise BrokenSeal("sealed, it does not open")
    return seals


def _hashes(
    session: PortalSession, table: Table, attribute: Hashed, found: list[tuple[UUID, UUID, str]]
) -> dict[UUID, bytes]:
    hashes = {
        row_id: attribute.digest(session, table, patient_id=patient_id, value=value)
        for row_id, patient_id, value in found
    }
    # Said again since, and stored as a row of its own: both stay, the older one under a hash that nothing else has.
    column = table.c[attribute.column]
    told = select(column).where(table.c.tenant_id == session.tenant_id, column.in_(hashes.values()))
    again = {*session.execute(told).scalars()}
    for row_id, patient_id, value in found:
        if hashes[row_id] in again:
            hashes[row_id] = attribute.digest(session, table, patient_id=patient_id, value=f"{value}|{row_id}")
    return hashes
