"""Starts a command that the kernel ends when the thread that started it ends, however that came about.

So a supervisor or a test run that is killed outright leaves nothing behind that holds a port or a database. Linux only;
elsewhere the command just starts. `tethered` makes the command line and what Popen needs beside it; run as a script,
this file becomes the command. It knows nothing of what it starts.
"""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str], *, how: signal.Signals = signal.SIGTERM, user: str | None = None) -> list[str]:
    """`command`, to be started by the caller: it gets `how` when the starting thread ends; run as `user` if given."""
    # Isolated and without site-packages, since it does next to nothing and should take next to no time.
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), how.name, user or "", *command]


def become(parent: int, how: signal.Signals, user: str, command: list[str]) -> None:
    """Replace this process by the command."""
    if user:
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:  # it ended before the line above
            raise SystemExit(1)
    os.execvp(command[0], command)  # noqa: S606  # becoming the command is the point


if __name__ == "__main__":
    become(int(sys.argv[1]), signal.Signals[sys.argv[2]], sys.argv[3], sys.argv[4:])
