"""What whoever owns the database can do to the record, each found and named."""

from collections.abc import Callable
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from portal.audit import Kind, Signer
from portal.audit.merkle import leaf_hash
from portal.audit.models import Entry, Leaf, StoredCheckpoint
from portal.audit.notes import Checkpoint, note_hash, read_note
from portal.audit.records import record_bytes
from tests.audit.conftest import Log

AsOwner = Callable[..., None]


def leaf_at(log: Log, position: int) -> str:
    with log.web.session(log.clinic.system("audit")) as session:
        return str(session.scalar(select(Entry.leaf_id).where(Entry.position == position)))


def test_an_untouched_log_passes(log: Log) -> None:
    report = log.verify()
    assert report.findings == []
    assert (report.start, report.size, report.checkpoint, report.waiting) == (0, 12, 3, 0)


def test_an_edited_record_is_named(log: Log, as_owner: AsOwner) -> None:
    leaf = leaf_at(log, 5)
    as_owner("UPDATE audit.leaf SET user_id = gen_random_uuid() WHERE tenant_id = %(t)s AND id = %(leaf)s", leaf=leaf)
    assert [str(finding) for finding in log.verify().findings] == [f"edited: record {leaf} at position 5"]


def test_a_record_edited_together_with_its_entry_is_placed_between_two_checkpoints(log: Log, as_owner: AsOwner) -> None:
    leaf = leaf_at(log, 5)
    as_owner("UPDATE audit.leaf SET purpose = 'research' WHERE tenant_id = %(t)s AND id = %(leaf)s", leaf=leaf)
    with log.web.session(log.clinic.system("audit")) as session:
        altered = session.execute(select(*Leaf.__table__.columns).where(Leaf.id == leaf)).mappings().one()
    hashed = leaf_hash(record_bytes(altered))
    as_owner("UPDATE audit.entry SET hash = %(h)s WHERE tenant_id = %(t)s AND position = 5", h=hashed)
    (finding,) = log.verify().findings
    assert finding.kind == Kind.EDITED
    assert "from position 4 to 7" in finding.what
    assert "checkpoint 2" in finding.what


def test_a_deleted_record_is_named(log: Log, as_owner: AsOwner) -> None:
    leaf = leaf_at(log, 2)
    as_owner("DELETE FROM audit.leaf WHERE tenant_id = %(t)s AND id = %(leaf)s", leaf=leaf)
    assert [str(finding) for finding in log.verify().findings] == [f"deleted: record {leaf} at position 2"]


def test_a_record_deleted_with_its_entry_is_named_by_its_place(log: Log, as_owner: AsOwner) -> None:
    leaf = leaf_at(log, 2)
    as_owner("DELETE FROM audit.entry WHERE tenant_id = %(t)s AND position = 2")
    as_owner("DELETE FROM audit.leaf WHERE tenant_id = %(t)s AND id = %(leaf)s", leaf=leaf)
    assert [str(finding) for finding in log.verify().findings] == ["deleted: the record at position 2"]


def test_the_first_records_cannot_be_dropped_before_their_time(log: Log, as_owner: AsOwner) -> None:
    as_owner(
        "DELETE FROM audit.leaf WHERE id IN (SELECT leaf_id FROM audit.entry WHERE tenant_id = %(t)s AND position < 4)"
    )
    as_owner("DELETE FROM audit.entry WHERE tenant_id = %(t)s AND position < 4")
    assert log.kinds() == {"deleted"}


def test_records_that_were_exchanged_are_named(log: Log, as_owner: AsOwner) -> None:
    one, two = leaf_at(log, 5), leaf_at(log, 6)
    swap = "UPDATE audit.entry SET leaf_id = %(new)s WHERE tenant_id = %(t)s AND position = %(p)s"
    as_owner(swap, new="00000000-0000-0000-0000-000000000001", p=5)
    as_owner(swap, new=one, p=6)
    as_owner(swap, new=two, p=5)
    findings = log.verify().findings
    assert {finding.kind for finding in findings} == {Kind.REORDERED}
    assert {one in finding.what or two in finding.what for finding in findings} == {True}


def test_entries_that_were_exchanged_whole_are_named(log: Log, as_owner: AsOwner) -> None:
    move = "UPDATE audit.entry SET position = %(new)s WHERE tenant_id = %(t)s AND position = %(old)s"
    for old, new in ((5, 99), (6, 5), (99, 6)):
        as_owner(move, old=old, new=new)
    assert [str(finding) for finding in log.verify().findings] == ["reordered: the records at positions 5, 6"]


def test_a_log_cut_at_its_end_is_named(log: Log, as_owner: AsOwner) -> None:
    as_owner(
        "DELETE FROM audit.leaf WHERE id IN (SELECT leaf_id FROM audit.entry WHERE tenant_id = %(t)s AND position > 9)"
    )
    as_owner("DELETE FROM audit.entry WHERE tenant_id = %(t)s AND position > 9")
    assert [str(finding) for finding in log.verify().findings] == [
        "truncated: the log ends at position 10; 12 were signed"
    ]


def test_a_log_cut_together_with_its_checkpoint_shows_in_the_second_place(log: Log, as_owner: AsOwner) -> None:
    _roll_back(as_owner)
    assert log.kinds() == {"rolled back"}
    assert log.kinds(second_place=False) == set(), "the second place is what tells"


def test_a_log_that_went_on_differently_is_a_fork(log: Log, as_owner: AsOwner) -> None:
    _roll_back(as_owner)
    log.record()
    log.sequence()
    assert log.kinds() == {"forked"}
    assert log.kinds(second_place=False) == set()


def test_a_record_put_past_the_sequencer_is_named(log: Log, as_owner: AsOwner) -> None:
    (leaf,) = log.record(1)
    as_owner("DELETE FROM audit.waiting WHERE tenant_id = %(t)s")
    assert [str(finding) for finding in log.verify().findings] == [f"unlogged: record {leaf['id']} is in no log"]


def test_entries_under_no_checkpoint_are_named(log: Log, as_owner: AsOwner) -> None:
    (leaf,) = log.record(1)
    as_owner("DELETE FROM audit.waiting WHERE tenant_id = %(t)s")
    hashed = leaf_hash(record_bytes(leaf))
    as_owner("INSERT INTO audit.entry VALUES (%(t)s, 12, %(leaf)s, %(h)s)", leaf=leaf["id"], h=hashed)
    assert log.kinds() == {"unsigned"}


def test_a_missing_checkpoint_is_named(log: Log, as_owner: AsOwner) -> None:
    as_owner("DELETE FROM audit.checkpoint WHERE tenant_id = %(t)s AND number = 2")
    assert [str(finding) for finding in log.verify().findings] == [
        "missing checkpoint: checkpoint 2 is not in the database"
    ]


def test_a_checkpoint_taken_from_the_second_place_is_named(log: Log) -> None:
    (log.store._folder / str(log.clinic.id) / "2.txt").unlink()
    assert [finding.kind for finding in log.verify().findings] == [Kind.MISSING_CHECKPOINT]


def test_a_checkpoint_signed_by_another_key_is_forged(log: Log, as_owner: AsOwner) -> None:
    with log.web.session(log.clinic.system("audit")) as session:
        row = session.get_one(StoredCheckpoint, (log.clinic.id, 3))
        forged = Signer(Ed25519PrivateKey.generate()).sign(read_note(row.note, key=log.signer.key))
    as_owner("UPDATE audit.checkpoint SET note = %(n)s WHERE tenant_id = %(t)s AND number = 3", n=forged)
    assert log.kinds(second_place=False) == {"forged checkpoint"}
    assert log.kinds() == {"forged checkpoint", "forked"}


def test_a_checkpoint_whose_row_says_otherwise_is_forged(log: Log, as_owner: AsOwner) -> None:
    as_owner("UPDATE audit.checkpoint SET root = sha256('x') WHERE tenant_id = %(t)s AND number = 2")
    assert "forged checkpoint" in log.kinds()


def test_a_well_signed_checkpoint_out_of_the_chain_is_forged(log: Log, as_owner: AsOwner) -> None:
    with log.web.session(log.clinic.system("audit")) as session:
        row = session.get_one(StoredCheckpoint, (log.clinic.id, 3))
        loose = Checkpoint(
            tenant_id=log.clinic.id, number=3, size=row.size, root=row.root,
            previous=note_hash("another"), made_at=row.made_at + timedelta(seconds=1),
        )  # fmt: skip
    as_owner(
        "UPDATE audit.checkpoint SET note = %(n)s WHERE tenant_id = %(t)s AND number = 3", n=log.signer.sign(loose)
    )
    assert "forged checkpoint" in log.kinds(second_place=False)
    assert "forked" in log.kinds()


def _roll_back(as_owner: AsOwner) -> None:
    """To the state of the second checkpoint, in every table."""
    as_owner(
        "DELETE FROM audit.leaf WHERE id IN (SELECT leaf_id FROM audit.entry WHERE tenant_id = %(t)s AND position > 7)"
    )
    as_owner("DELETE FROM audit.entry WHERE tenant_id = %(t)s AND position > 7")
    as_owner("DELETE FROM audit.checkpoint WHERE tenant_id = %(t)s AND number = 3")
