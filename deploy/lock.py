"""One portal a var directory at a time. The lock is the kernel's, so that no crash leaves it behind."""

import fcntl
import os
from pathlib import Path
from typing import TextIO


class AlreadyRunning(RuntimeError):
    """Another Stack uses this var directory."""


def lock(var: Path) -> TextIO:
    """Hold this var directory until the returned file is closed or the process ends; raises AlreadyRunning."""
    var.mkdir(parents=True, exist_ok=True)
    held = (var / "lock").open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        pid = held.read().strip()
        held.close()
        raise AlreadyRunning(f"The portal already runs from {var} (process {pid}); end that one first.") from None
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held
