"""Second places for the audit's checkpoints."""

from portal.integrations.checkpoints.files import FileCheckpointStore

__all__ = ["FileCheckpointStore"]
