"""The append-only record of who saw and changed what.

Owns `leaf`: one row a transaction and patient, written by the session itself before commit. Holds ids and model
names, never patient data. Owns the Merkle log over the leaves too: their sequence, signed checkpoints, verification
and proofs. The log is written by the sequencer's process alone, and shortened by retention alone. And alerts: what is
unusual in it, as far as the record itself says so.
"""

from portal.audit.access import Permission
from portal.audit.alerts import OPEN_ALERTS, OwnAlert, alert_by_id, find_alerts, mark_seen
from portal.audit.models import Alert, Leaf
from portal.audit.notes import BadNote, Signer, VerifierKey, notes_in
from portal.audit.operations import append_leaves, record_denial, record_event
from portal.audit.ports import CheckpointConflict, CheckpointStore
from portal.audit.proofs import BadProof, UnableToProve, check_proof, prove_growth, prove_record
from portal.audit.queries import (
    EXPORTED,
    FoundLeaves,
    Look,
    Looks,
    TooManyLeaves,
    Wanted,
    export_leaves,
    find_leaves,
    looks_at,
    who_touched,
)
from portal.audit.records import record_fields
from portal.audit.rules import Anomaly, Thresholds, close_looks, mass_reads, odd_hours
from portal.audit.sequencing import (
    BATCH,
    drop_old_records,
    mark_exported,
    newest_checkpoint,
    sequence_leaves,
    unexported,
)
from portal.audit.verification import Finding, Kind, Report, retention_years, verify_log
from portal.audit.watching import Stretch, begin_watch, change_thresholds, end_watch, thresholds

__all__ = [
    "BATCH",
    "EXPORTED",
    "OPEN_ALERTS",
    "Alert",
    "Anomaly",
    "BadNote",
    "BadProof",
    "CheckpointConflict",
    "CheckpointStore",
    "Finding",
    "FoundLeaves",
    "Kind",
    "Leaf",
    "Look",
    "Looks",
    "OwnAlert",
    "Permission",
    "Report",
    "Signer",
    "Stretch",
    "Thresholds",
    "TooManyLeaves",
    "UnableToProve",
    "VerifierKey",
    "Wanted",
    "alert_by_id",
    "append_leaves",
    "begin_watch",
    "change_thresholds",
    "check_proof",
    "close_looks",
    "drop_old_records",
    "end_watch",
    "export_leaves",
    "find_alerts",
    "find_leaves",
    "looks_at",
    "mark_exported",
    "mark_seen",
    "mass_reads",
    "newest_checkpoint",
    "notes_in",
    "odd_hours",
    "prove_growth",
    "prove_record",
    "record_denial",
    "record_event",
    "record_fields",
    "retention_years",
    "sequence_leaves",
    "thresholds",
    "unexported",
    "verify_log",
    "who_touched",
]
