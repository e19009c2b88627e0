"""A process is kept alive, and ends with all that it has started."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.children import Child
from deploy.processes import wait_until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    " print(child.pid, flush=True); time.sleep(600)"
)


class Nursery:
    """Starts children and hears what they say."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.heard: list[str] = []
        self._children: list[Child] = []
        self._lock = threading.Lock()

    def start(self, script: str) -> Child:
        command = [sys.executable, "-c", script]
        root = Path(__file__).parents[2]
        child = Child("sleeper", command, environment=os.environ, cwd=root, log_dir=self.place, say=self._hear)
        child.start()
        self._children.append(child)
        return child

    def hears(self, word: str) -> bool:
        return wait_until(lambda: any(word in line for line in self.heard), timeout=10)

    def end(self) -> None:
        for child in self._children:
            child.ask_to_end()
            child.make_sure(time.monotonic() + 5)

    def _hear(self, name: str, line: str) -> None:
        with self._lock:
            self.heard.append(line)


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path)
    yield nursery
    nursery.end()


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_killed_process_is_started_again_and_it_is_said(nursery: Nursery) -> None:
    child = nursery.start(SLEEPER)
    first = child.send(signal.SIGKILL)
    assert child.pid != first
    assert nursery.hears("has ended (SIGKILL); starts again in 0.5 seconds")


def test_pauses_grow_while_it_cannot_stay(nursery: Nursery) -> None:
    nursery.start("raise SystemExit(3)")
    assert nursery.hears("has ended (exit code 3); starts again in 0.5 seconds")
    assert nursery.hears("starts again in 1 seconds")


def test_what_it_prints_is_passed_on_and_kept(nursery: Nursery, tmp_path: Path) -> None:
    nursery.start(SLEEPER)
    assert nursery.hears("up")
    assert (tmp_path / "sleeper.log").read_text() == "up\n"


def test_a_halted_process_stays_away_until_it_is_resumed(nursery: Nursery) -> None:
    child = nursery.start(SLEEPER)
    first = child.pid
    child.halt()
    assert not _runs(first)
    child.resume()
    assert child.pid != first
    assert nursery.hears("up")


def test_what_it_has_started_ends_with_it(nursery: Nursery) -> None:
    child = nursery.start(PARENT)
    assert wait_until(lambda: bool(nursery.heard), timeout=10)
    grandchild = int(nursery.heard[0])
    child.ask_to_end()
    child.make_sure(time.monotonic() + 5)
    assert not _runs(grandchild)


def test_what_a_killed_process_has_left_behind_ends_with_the_rest(nursery: Nursery) -> None:
    child = nursery.start(PARENT)
    assert wait_until(lambda: bool(nursery.heard), timeout=10)
    orphan = int(nursery.heard[0])
    child.send(signal.SIGKILL)
    assert _runs(orphan)  # as a worker's horse lives on
    child.ask_to_end()
    child.make_sure(time.monotonic() + 5)
    assert not _runs(orphan)
