"""`python -m deploy.supervisor`, what `make run` ends in: the whole portal on this machine, and what a person reads.

It prints each process's lines with its name before them, then the addresses and the demo accounts, and on Ctrl-C ends
everything. What runs and in what order is `deploy.stack`'s.
"""

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import segno
from pydantic import ValidationError

from deploy.environment import BadPort, Ports, PortTaken, is_demo, machine_addresses
from deploy.lock import AlreadyRunning
from deploy.postgres import PostgresFailed
from deploy.prepare import ROOT, UnableToPrepare
from deploy.redis import RedisFailed
from deploy.sockets import SocketDirectoryTaken
from deploy.stack import NotReady, Stack

NAME_WIDTH = 10
# What a person can put right; anything else is a defect and shows its traceback.
ANTICIPATED = (
    AlreadyRunning,
    BadPort,
    NotReady,
    PermissionError,
    PortTaken,
    PostgresFailed,
    RedisFailed,
    SocketDirectoryTaken,
    UnableToPrepare,
    ValidationError,
)


class Interrupted(BaseException):
    """SIGTERM or Ctrl-C came."""


def main() -> int:
    """Run until it is interrupted; 1 when it could not start."""
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, _interrupt)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that is not UTF-8 gets a poor code, not a crash
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var")
    try:
        stack = Stack(var, ports=Ports.chosen(os.environ), environment=os.environ, say=_say)
        _say("portal", "starting PostgreSQL, Redis and the portal's processes")
        stack.start()
    except ANTICIPATED as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except Interrupted:
        return 0  # Stack.start has ended what it had started
    try:
        print(_welcome(stack), flush=True)
        threading.Event().wait()
    except Interrupted:
        pass
    finally:
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        _say("portal", "ending")
        stack.stop()
        _say("portal", f"has ended; data stays in {var}")
    return 0


def _interrupt(number: int, frame: object) -> None:
    raise Interrupted


_terminal = threading.Lock()


def _say(name: str, line: str) -> None:
    with _terminal:
        print(f"{name:<{NAME_WIDTH}}| {line}", flush=True)


def _welcome(stack: Stack) -> str:
    lines = ["", f"  The portal runs:  {stack.url}/", f"  With TLS:         {stack.tls_url}/"]
    if addresses := machine_addresses():
        phone = f"https://{addresses[0]}:{stack.ports.tls}/"
        lines += ["", f"  From a phone on the same network: {phone}", "  (it warns of our certificate once)", ""]
        lines.append(_qr(phone))
    if is_demo(os.environ):
        lines += ["", f"  Mail and SMS that the demo sends:  {stack.url}/dev/inbox", "", "  Demo accounts:"]
        lines += [f"    {line}" for line in _demo_accounts(stack)]
    return "\n".join([*lines, "", "  Ctrl-C ends it; data stays.", ""])


def _demo_accounts(stack: Stack) -> list[str]:
    try:
        return stack.run_command("demo-accounts").splitlines()
    except subprocess.CalledProcessError as error:
        return [f"(they could not be read: {(error.stderr or '').strip().splitlines()[-1:]})"]


def _qr(text: str) -> str:
    """Two rows of modules a line, light blocks on a dark terminal; cameras read the inverse as well."""
    rows = [[bool(dark) for dark in row] for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    blocks = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
    shown = (
        "".join(blocks[not upper, not lower] for upper, lower in zip(rows[at], rows[at + 1], strict=True))
        for at in range(0, len(rows), 2)
    )
    return "\n".join(f"    {line}" for line in shown)


if __name__ == "__main__":
    sys.exit(main())
