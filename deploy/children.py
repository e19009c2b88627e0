"""One process that is kept alive: started, its output passed on, started again with back-off when it dies, ended.

Knows nothing of what the process does. Each child leads a process group of its own, so that ending it ends whatever it
has started, and Ctrl-C at the terminal reaches the supervisor alone.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from deploy.processes import wait_until
from deploy.tethered import tethered

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0  # who has lived so long starts again at once
LARGEST_LOG = 20_000_000

Say = Callable[[str, str], None]


class Child(threading.Thread):
    """A process by name; `say(name, line)` gets each line that it prints, and what happens to it."""

    def __init__(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], cwd: Path, log_dir: Path, say: Say
    ) -> None:
        super().__init__(name=f"child {name}", daemon=True)
        self.label = name
        self.starts = 0
        self._command = tuple(command)
        self._environment = dict(environment)
        self._cwd = cwd
        self._log = _log_file(log_dir, name)
        self._say = say
        self._groups: list[int] = []
        self._ending = threading.Event()
        self._wanted = threading.Event()
        self._wanted.set()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Number of the living process; waits for one that is being started again."""
        if not wait_until(lambda: self._living() is not None, timeout=LONGEST_PAUSE + 5):
            raise ProcessLookupError(f"{self.label} does not run")
        return self._living() or 0

    def run(self) -> None:
        """Start, wait, start again; all from this thread, since the tether is to the thread that starts."""
        pause = FIRST_PAUSE
        while not self._ending.is_set():
            self._wanted.wait()
            if self._ending.is_set():
                break
            began = time.monotonic()
            code = self._live_once()
            if self._ending.is_set() or not self._wanted.is_set():
                continue
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._say(self.label, f"has ended ({_explained(code)}); starts again in {pause:g} seconds")
            self._ending.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def send(self, how: signal.Signals) -> int:
        """Signal the process itself, not what it has started; return its number. After SIGKILL it is gone."""
        process = self._process if self.pid else None
        assert process is not None
        process.send_signal(how)
        if how is signal.SIGKILL:
            wait_until(lambda: process.returncode is not None, timeout=5)
        return process.pid

    def halt(self) -> None:
        """End it and keep it ended until `resume`."""
        self._wanted.clear()
        self._end_groups(signal.SIGTERM)
        if not wait_until(lambda: self._living() is None, timeout=15):
            self._end_groups(signal.SIGKILL)

    def resume(self) -> None:
        self._wanted.set()

    def ask_to_end(self) -> None:
        """The first of two steps, so that all are asked before any is waited for."""
        self._ending.set()
        self._wanted.set()
        self._end_groups(signal.SIGTERM)

    def make_sure(self, deadline: float) -> None:
        """The second step: until `deadline` (time.monotonic) it may end by itself, then it is killed."""
        remaining = max(0.0, deadline - time.monotonic())
        if not wait_until(lambda: not any(_group_lives(group) for group in self._groups), timeout=remaining):
            self._say(self.label, "did not end in time and is killed")
        self._end_groups(signal.SIGKILL)
        self.join(timeout=5)

    def _live_once(self) -> int:
        self._groups = [group for group in self._groups if _group_lives(group)]
        process = subprocess.Popen(
            tethered(self._command),
            env=self._environment,
            cwd=self._cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._process = process
        self._groups.append(process.pid)
        self.starts += 1
        if self._ending.is_set() or not self._wanted.is_set():  # asked to end between the check and the start
            self._end_groups(signal.SIGTERM)
        # Read elsewhere: what the process has started may hold its output open longer than it lives.
        threading.Thread(target=self._pass_on, args=(process,), daemon=True).start()
        return process.wait()

    def _pass_on(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout, self._log.open("ab") as log:
            for line in process.stdout:
                log.write(line)
                log.flush()
                self._say(self.label, line.decode(errors="replace").rstrip())

    def _living(self) -> int | None:
        process = self._process
        # Not asked of the kernel: the thread that waits for the process must be the one that collects its end.
        return process.pid if process is not None and process.returncode is None else None

    def _end_groups(self, how: signal.Signals) -> None:
        for group in self._groups:
            with suppress(ProcessLookupError, PermissionError):  # macOS says "not permitted" of a group of zombies
                os.killpg(group, how)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _explained(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _log_file(log_dir: Path, name: str) -> Path:
    log_dir.mkdir(parents=True, exist_ok=True)
    file = log_dir / f"{name}.log"
    if file.exists() and file.stat().st_size > LARGEST_LOG:
        file.replace(file.with_suffix(".log.1"))
    return file
