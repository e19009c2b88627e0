"""Checkpoints as files: a folder a clinic, a file a number. Meant for a mount that the database's machine lacks."""

import os
from pathlib import Path
from uuid import UUID

from portal.audit import CheckpointConflict


class FileCheckpointStore:
    """Keeps notes below `folder`; a file is complete or absent, and is never written over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, *, tenant_id: UUID, number: int, note: str) -> None:
        """See CheckpointStore."""
        place = self._folder / str(tenant_id)
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"{number}.txt"
        unfinished = place / f".{number}.{os.getpid()}"
        with unfinished.open("w") as text:
            text.write(note)
            text.flush()
            os.fsync(text.fileno())
        try:
            os.link(unfinished, file)  # unlike a rename it refuses to write over
        except FileExistsError:
            if file.read_text() != note:
                raise CheckpointConflict(f"{file} holds another checkpoint") from None
        finally:
            unfinished.unlink()

    def all_of(self, tenant_id: UUID) -> dict[int, str]:
        """See CheckpointStore."""
        files = (self._folder / str(tenant_id)).glob("[0-9]*.txt")
        return {int(file.stem): file.read_text() for file in files}

    def keep_key(self, key: str) -> None:
        """Lay the public key beside the notes, under its own id."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "key.pub").write_text(f"{key}\n")

    def key(self) -> str:
        """The public key's line; raises FileNotFoundError before a sequencer has run."""
        return (self._folder / "key.pub").read_text().strip()
