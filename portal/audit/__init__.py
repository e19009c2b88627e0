"""The append-only record of who saw and changed what.

Owns `leaf`: one row a transaction and patient, written by the session itself before commit. Holds ids and model
names, never patient data. The Merkle log over the leaves is a later room of this context.
"""

from portal.audit.operations import append_leaves, record_denial, record_event

__all__ = ["append_leaves", "record_denial", "record_event"]
