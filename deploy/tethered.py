"""`python -m deploy.tethered COMMAND…` becomes COMMAND, which the kernel then ends when its parent dies.

So a supervisor that is killed outright leaves nothing behind that holds a port. Linux only; elsewhere it just starts
the command. It knows nothing of what it starts.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent = int(os.environ.pop("TETHERED_TO", os.getppid()))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            raise SystemExit(1)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  # becoming the command is the point


if __name__ == "__main__":
    main()
