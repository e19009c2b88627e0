"""The append-only record of who saw and changed what.

Owns `leaf`: one row a transaction and patient, written by the session itself before commit. Holds ids and model
names, never patient data. Owns the Merkle log over the leaves too: their sequence, signed checkpoints, verification
and proofs. The log is written by the sequencer's process alone, and shortened by retention alone.
"""

from portal.audit.access import Permission
from portal.audit.models import Leaf
from portal.audit.notes import BadNote, Signer, VerifierKey
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
)
from portal.audit.records import record_fields
from portal.audit.sequencing import BATCH, drop_old_records, export_checkpoints, sequence_leaves
from portal.audit.verification import Finding, Kind, Report, retention_years, verify_log

__all__ = [
    "BATCH",
    "EXPORTED",
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
    "Permission",
    "Report",
    "Signer",
    "TooManyLeaves",
    "UnableToProve",
    "VerifierKey",
    "Wanted",
    "append_leaves",
    "check_proof",
    "drop_old_records",
    "export_checkpoints",
    "export_leaves",
    "find_leaves",
    "looks_at",
    "prove_growth",
    "prove_record",
    "record_denial",
    "record_event",
    "record_fields",
    "retention_years",
    "sequence_leaves",
    "verify_log",
]
