"""What audit needs from outside: a second place for checkpoints, out of reach of the database's owner."""

from typing import Protocol
from uuid import UUID


class CheckpointConflict(RuntimeError):
    """The second place holds another checkpoint under this number: the log was forked or rolled back."""


class CheckpointStore(Protocol):
    """Keeps notes by clinic and number; what it has once taken it never changes."""

    def keep(self, *, tenant_id: UUID, number: int, note: str) -> None:
        """Keep a note; again with the same text does nothing, with another raises CheckpointConflict."""

    def all_of(self, tenant_id: UUID) -> dict[int, str]:
        """Every note kept of a clinic, by number."""
