"""Where unix sockets lie: their paths may have only about a hundred bytes."""

import os
from hashlib import sha256
from pathlib import Path

# A socket's path has 107 bytes on Linux and 103 on macOS, the file's own name included.
LONGEST_DIRECTORY = 85


class SocketDirectoryTaken(RuntimeError):
    """Somebody else has made a directory of this name first."""


def socket_directory(preferred: Path, *, owner: int | None = None, mode: int = 0o700) -> Path:
    """`preferred`, or when its path is too long one under /tmp that always stands for it; made when it is absent."""
    path = preferred.absolute()
    if len(os.fsencode(path)) > LONGEST_DIRECTORY:
        path = Path("/tmp") / f"telemedicine-{sha256(os.fsencode(path)).hexdigest()[:16]}"
    path.mkdir(parents=True, exist_ok=True, mode=mode)
    owner = os.geteuid() if owner is None else owner
    if path.is_symlink() or path.stat().st_uid not in (os.geteuid(), owner):
        raise SocketDirectoryTaken(f"{path} belongs to somebody else; remove it")
    path.chmod(mode)
    os.chown(path, owner, -1)
    return path
