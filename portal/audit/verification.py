"""Whether the record is what was signed. Finds and names what whoever owns the database has changed.

Reads the log from its oldest kept entry to its end, one checkpoint's range at a time. What it cannot see: leaves taken
away before they were sequenced, and, without a second place, a log that was rolled back whole to an older checkpoint.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from portal.audit.merkle import Frontier, leaf_hash
from portal.audit.models import Entry, Leaf, Retention, StoredCheckpoint, Waiting
from portal.audit.notes import BadNote, Checkpoint, VerifierKey, note_hash, read_note
from portal.audit.ports import CheckpointStore
from portal.audit.records import record_bytes
from portal.kernel.db import PortalSession


class Kind(StrEnum):
    """What was done to the log."""

    EDITED = "edited"
    DELETED = "deleted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    UNLOGGED = "unlogged"
    UNSIGNED = "unsigned"
    FORKED = "forked"
    ROLLED_BACK = "rolled back"
    MISSING_CHECKPOINT = "missing checkpoint"
    FORGED_CHECKPOINT = "forged checkpoint"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One trouble, and where."""

    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


@dataclass(kw_only=True)
class Report:
    """What was verified: positions from `start` up to `size`, under the checkpoints up to number `checkpoint`."""

    start: int = 0
    size: int = 0
    checkpoint: int = 0
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)

    def find(self, kind: Kind, what: str) -> None:
        self.findings.append(Finding(kind=kind, what=what))


@dataclass(frozen=True, kw_only=True)
class _Line:
    """An entry and its leaf's hash as it is now; None where the leaf is gone."""

    position: int
    leaf_id: UUID
    hash: bytes
    actual: bytes | None


def retention_years(session: PortalSession, *, jurisdiction: str) -> int:
    """For how many years a jurisdiction (ISO 3166-2) keeps the record."""
    fitting = (jurisdiction, jurisdiction.split("-")[0], "*")
    years = select(Retention.years).where(Retention.jurisdiction.in_(fitting))
    return session.scalars(years.order_by(func.length(Retention.jurisdiction).desc()).limit(1)).one()


def verify_log(
    session: PortalSession, *, key: VerifierKey, years: int, now: datetime, store: CheckpointStore | None = None
) -> Report:
    """Verify the tenant's log, in a session that has asked nothing yet.

    `store`: the second place; `years`: how long leaves are kept. The sequencer may go on meanwhile: all is read as of
    one moment, and the second place before it (all that it has must be in the database) and after it (it must have all
    that was exported).
    """
    before = store.all_of(session.tenant_id) if store else {}
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    report = Report()
    stored = session.scalars(select(StoredCheckpoint).order_by(StoredCheckpoint.number)).all()
    sound = _check_chain(report, stored, key=key, tenant_id=session.tenant_id)
    if store is not None:
        _compare(report, stored, before, key=key)
        _find_lost(report, stored, store.all_of(session.tenant_id))
    if sound:
        _check_leaves(session, report, stored, sound, oldest=_years_before(now, years))
    _check_unlogged(session, report)
    return report


def _check_chain(
    report: Report, stored: Sequence[StoredCheckpoint], *, key: VerifierKey, tenant_id: UUID
) -> list[StoredCheckpoint]:
    """Signatures and the chain; returns the checkpoints that can be relied on."""
    sound: list[StoredCheckpoint] = []
    expected, size, previous = 1, 0, None
    for row in stored:
        for number in range(expected, row.number):
            report.find(Kind.MISSING_CHECKPOINT, f"checkpoint {number} is not in the database")
        follows = row.number == expected
        expected = row.number + 1
        try:
            signed = read_note(row.note, key=key)
        except BadNote as error:
            report.find(Kind.FORGED_CHECKPOINT, f"checkpoint {row.number}: {error}")
        else:
            if _states(signed) != (tenant_id, row.number, row.size, row.root):
                report.find(Kind.FORGED_CHECKPOINT, f"checkpoint {row.number}: its row is not what its note states")
            elif follows and (signed.previous != previous or row.size <= size):
                report.find(Kind.FORGED_CHECKPOINT, f"checkpoint {row.number} does not follow the one before")
            else:
                sound.append(row)
        size, previous = row.size, note_hash(row.note)
    return sound


def _states(signed: Checkpoint) -> tuple[UUID, int, int, bytes]:
    return signed.tenant_id, signed.number, signed.size, signed.root


def _compare(report: Report, stored: Sequence[StoredCheckpoint], kept: Mapping[int, str], *, key: VerifierKey) -> None:
    """What the second place holds against the database's own."""
    ours = {row.number: row for row in stored}
    newest = max(ours, default=0)
    for number, note in sorted(kept.items()):
        try:
            signed = read_note(note, key=key)
        except BadNote as error:
            report.find(Kind.FORGED_CHECKPOINT, f"checkpoint {number} of the second place: {error}")
            continue
        if number > newest:
            report.find(
                Kind.ROLLED_BACK,
                f"checkpoint {number} (size {signed.size}) was exported; the database ends at {newest}",
            )
        elif number in ours and ours[number].note != note:
            report.find(Kind.FORKED, f"checkpoint {number} in the database is not the one that was exported")


def _find_lost(report: Report, stored: Sequence[StoredCheckpoint], kept: Mapping[int, str]) -> None:
    for row in stored:
        if row.exported_at is not None and row.number not in kept:
            report.find(Kind.MISSING_CHECKPOINT, f"checkpoint {row.number} was exported; the second place lacks it")


def _check_leaves(
    session: PortalSession,
    report: Report,
    stored: Sequence[StoredCheckpoint],
    sound: Sequence[StoredCheckpoint],
    *,
    oldest: datetime,
) -> None:
    first = session.scalar(select(func.min(Entry.position)))
    base = next((row for row in sound if row.size == first), None)
    tree = Frontier()
    if first and base is not None and _resumes(base) and read_at(base) < oldest:
        tree = Frontier(base.size, base.peaks)
        report.start = base.size
    for row in sound:
        if row.size > report.start:
            tree = _check_range(session, report, tree, row, is_last=row is stored[-1])
            report.size, report.checkpoint = row.size, row.number
    signed = stored[-1].size
    beyond = session.scalar(select(func.count()).select_from(Entry).where(Entry.position >= signed)) or 0
    if beyond:
        report.find(Kind.UNSIGNED, f"{beyond} entries from position {signed} are under no checkpoint")


def read_at(row: StoredCheckpoint) -> datetime:
    """When a checkpoint was made, as its signed text says: the column could be altered."""
    line = next(line for line in row.note.splitlines() if line.startswith("time "))
    return datetime.strptime(line.removeprefix("time "), "%Y-%m-%dT%H:%M:%S.%f%z")


def _resumes(row: StoredCheckpoint) -> bool:
    """Whether the stored subtrees are those of the signed root."""
    return row.size.bit_count() == len(row.peaks) and Frontier(row.size, row.peaks).root() == row.root


def _check_range(
    session: PortalSession, report: Report, tree: Frontier, row: StoredCheckpoint, *, is_last: bool
) -> Frontier:
    """The entries that `row` added to `tree`; returns the tree after it, as signed where that is known."""
    lines = _lines(session, tree.size, row.size)
    before = len(report.findings)
    missing = sorted(set(range(tree.size, row.size)) - {line.position for line in lines})
    if missing and is_last and missing == list(range(missing[0], row.size)):
        report.find(Kind.TRUNCATED, f"the log ends at position {missing[0]}; {row.size} were signed")
    else:
        for position in missing:
            report.find(Kind.DELETED, f"the record at position {position}")
    _check_hashes(report, lines)
    after = Frontier(tree.size, tree.peaks)
    for line in lines:
        after.append(line.hash)
    if after.size == row.size and after.root() == row.root:
        return after
    if len(report.findings) == before:
        _name_mismatch(report, tree, lines, row)
    return Frontier(row.size, row.peaks) if _resumes(row) else after


def _lines(session: PortalSession, start: int, end: int) -> list[_Line]:
    rows = session.execute(
        select(Entry.position, Entry.leaf_id, Entry.hash, *Leaf.__table__.columns)
        .outerjoin(Leaf, (Leaf.tenant_id == Entry.tenant_id) & (Leaf.id == Entry.leaf_id))
        .where(Entry.position >= start, Entry.position < end)
        .order_by(Entry.position)
    ).mappings()
    return [
        _Line(
            position=row["position"],
            leaf_id=row["leaf_id"],
            hash=row["hash"],
            actual=leaf_hash(record_bytes(dict(row))) if row["id"] else None,
        )
        for row in rows
    ]


def _check_hashes(report: Report, lines: Sequence[_Line]) -> None:
    """Each leaf against its entry. A leaf whose hash stands at another place was moved, not edited."""
    places = {line.hash: line.position for line in lines}
    for line in lines:
        where = f"record {line.leaf_id} at position {line.position}"
        if line.actual is None:
            report.find(Kind.DELETED, where)
        elif line.actual != line.hash:
            if line.actual in places:
                report.find(Kind.REORDERED, f"{where}; its place is {places[line.actual]}")
            else:
                report.find(Kind.EDITED, where)


def _name_mismatch(report: Report, tree: Frontier, lines: Sequence[_Line], row: StoredCheckpoint) -> None:
    """Entries agree with their leaves and not with the signed root: both were changed together."""
    in_order = sorted(lines, key=lambda line: line.leaf_id)
    restored = Frontier(tree.size, tree.peaks)
    for line in in_order:
        restored.append(line.hash)
    if restored.root() == row.root:
        moved = [line.position for line, right in zip(lines, in_order, strict=True) if line is not right]
        report.find(Kind.REORDERED, f"the records at positions {', '.join(map(str, moved))}")
    else:
        report.find(
            Kind.EDITED,
            f"a record from position {tree.size} to {row.size - 1}, together with its entry: "
            f"the range is not what checkpoint {row.number} signed",
        )


def _check_unlogged(session: PortalSession, report: Report) -> None:
    """Leaves that are neither in the log nor waiting for it."""
    logged = select(Entry.leaf_id).where(Entry.tenant_id == Leaf.tenant_id, Entry.leaf_id == Leaf.id).exists()
    awaited = select(Waiting.leaf_id).where(Waiting.tenant_id == Leaf.tenant_id, Waiting.leaf_id == Leaf.id).exists()
    for leaf_id in session.scalars(select(Leaf.id).where(~logged, ~awaited).order_by(Leaf.id)):
        report.find(Kind.UNLOGGED, f"record {leaf_id} is in no log")
    report.waiting = session.scalar(select(func.count()).select_from(Waiting)) or 0


def _years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # the 29th of February
        return now.replace(year=now.year - years, day=28)
