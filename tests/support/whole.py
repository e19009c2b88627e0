"""The whole portal as `make run` starts it, on free ports: every process, the demo's clinics, real partners."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.stack import Stack

FIXTURE = "stack"
#: What is lost in Redis is missed after two seconds.
HASTY = {"SWEEP_SECONDS": "2", "JOB_RETRY_SECONDS": "1"}


@contextmanager
def whole_portal() -> Iterator[Stack]:
    """Commits survive a crash of PostgreSQL, as where people work. Nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="portal-whole-") as folder:
        var = Path(folder) / "var"
        stack = Stack(var, environment=HASTY)
        stack.start()
        try:
            yield stack
        finally:
            stack.discard()
        assert not processes_around(var)
        assert list(var.iterdir()) == []


def processes_around(var: Path) -> list[str]:
    """Commands of what still runs with this folder in its environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(var) in (process / "environ").read_text(errors="replace"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has ended meanwhile, or is not ours to look at
            continue
    return found


def first_of_all(items: list[pytest.Item]) -> None:
    """Who tests the whole portal goes first: the first worker gets them all, and starts it once."""
    items.sort(key=lambda item: FIXTURE not in getattr(item, "fixturenames", ()))
