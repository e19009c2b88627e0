"""From leaves to a log: positions, hashes, signed checkpoints, and their copies in a second place.

A batch is one transaction: entries, checkpoint and the end of waiting come together or not at all, so that a crash
leaves nothing half done. Which transaction committed first does not matter: what waits gets the next positions. Within
a batch the order is that of the ids, so that a later change of the order shows.
"""

from datetime import datetime

from sqlalchemy import delete, func, insert, select

from portal.audit.merkle import Frontier, leaf_hash
from portal.audit.models import Entry, Leaf, StoredCheckpoint, Waiting
from portal.audit.notes import Checkpoint, Signer, note_hash
from portal.audit.ports import CheckpointStore
from portal.audit.records import record_bytes
from portal.kernel.db import PortalSession

BATCH = 5_000


def sequence_leaves(session: PortalSession, *, signer: Signer, now: datetime, limit: int = BATCH) -> int:
    """Bring waiting leaves into the tenant's log under one new checkpoint; returns how many.

    Nothing is done while another sequencer is at this tenant.
    """
    # Held to the end of the transaction; the primary key (tenant, position) stands behind it.
    key = func.hashtextextended(f"audit.sequencer:{session.tenant_id}", 0)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(key))):
        return 0
    leaves = session.execute(
        select(*Leaf.__table__.columns)
        .join(Waiting, (Waiting.tenant_id == Leaf.tenant_id) & (Waiting.leaf_id == Leaf.id))
        .order_by(Leaf.id)
        .limit(limit)
    ).mappings()
    last = newest_checkpoint(session)
    tree = Frontier(last.size, last.peaks) if last else Frontier()
    entries = []
    for leaf in leaves:
        hashed = leaf_hash(record_bytes(dict(leaf)))
        entries.append({"tenant_id": session.tenant_id, "position": tree.size, "leaf_id": leaf["id"], "hash": hashed})
        tree.append(hashed)
    if not entries:
        return 0
    session.execute(insert(Entry), entries)
    session.execute(delete(Waiting).where(Waiting.leaf_id.in_([entry["leaf_id"] for entry in entries])))
    _sign(session, tree, last, signer=signer, now=now)
    return len(entries)


def export_checkpoints(session: PortalSession, *, store: CheckpointStore, now: datetime) -> int:
    """Copy what the second place does not have yet, oldest first; returns how many. Raises CheckpointConflict.

    A crash between copy and commit copies again, which the store takes for the same.
    """
    waiting = session.scalars(
        select(StoredCheckpoint).where(StoredCheckpoint.exported_at.is_(None)).order_by(StoredCheckpoint.number)
    ).all()
    for checkpoint in waiting:
        store.keep(tenant_id=session.tenant_id, number=checkpoint.number, note=checkpoint.note)
        checkpoint.exported_at = now
    session.flush()
    return len(waiting)


def drop_old_records(session: PortalSession, *, years: int, now: datetime) -> int:
    """Drop the whole checkpointed range that is older than `years`; returns how many records. As portal_retention."""
    try:
        until = now.replace(year=now.year - years)
    except ValueError:  # the 29th of February
        until = now.replace(year=now.year - years, day=28)
    size = session.scalar(
        select(func.max(StoredCheckpoint.size)).where(
            StoredCheckpoint.made_at < until, StoredCheckpoint.exported_at.is_not(None)
        )
    )
    return session.scalar(select(func.audit.drop_before(size))) or 0 if size else 0


def newest_checkpoint(session: PortalSession) -> StoredCheckpoint | None:
    return session.scalar(select(StoredCheckpoint).order_by(StoredCheckpoint.number.desc()).limit(1))


def _sign(
    session: PortalSession, tree: Frontier, last: StoredCheckpoint | None, *, signer: Signer, now: datetime
) -> None:
    checkpoint = Checkpoint(
        tenant_id=session.tenant_id,
        number=last.number + 1 if last else 1,
        size=tree.size,
        root=tree.root(),
        previous=note_hash(last.note) if last else None,
        made_at=now,
    )
    session.add(
        StoredCheckpoint(
            tenant_id=session.tenant_id,
            number=checkpoint.number,
            size=checkpoint.size,
            root=checkpoint.root,
            peaks=list(tree.peaks),
            note=signer.sign(checkpoint),
            made_at=now,
        )
    )
    session.flush()
