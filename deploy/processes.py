"""Whether a process lives, and how it is ended, by its number. Knows nothing of what the process is."""

import os
import signal
import time
from collections.abc import Callable


def alive(pid: int) -> bool:
    """Whether a process runs; one of our own that has ended is collected, since a zombie still has its number."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass  # somebody else's child, or collected already
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(pid: int, how: signal.Signals = signal.SIGTERM, *, timeout: float) -> bool:
    """Signal a process and wait; False when it still lives after `timeout` seconds."""
    if alive(pid):
        os.kill(pid, how)
    return wait_until(lambda: not alive(pid), timeout=timeout)


def wait_until(true: Callable[[], bool], *, timeout: float, every: float = 0.02) -> bool:
    """Ask until it is true; False when the time is up."""
    deadline = time.monotonic() + timeout
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
