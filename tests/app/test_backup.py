"""`portal backup`, as whoever runs an installation types it: without settings, through pipes, and after a bad copy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BARE = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}


def backup(*words: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "portal.app.cli", "backup", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=BARE, input=given, capture_output=True, check=False)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "backup.key"
    assert backup("keygen", file).returncode == 0
    return file


def test_a_dump_goes_through_a_pipe_and_comes_back(key: Path, tmp_path: Path) -> None:
    sealed, content = tmp_path / "dump.sealed", os.urandom(3_000_000)
    assert key.stat().st_mode & 0o077 == 0
    assert backup("seal", "-", "--to", f"{key}.pub", "--out", sealed, given=content).returncode == 0
    assert content[:64] not in sealed.read_bytes() and sealed.stat().st_mode & 0o077 == 0
    assert backup("open", sealed, "--key", key, "--out", "-").stdout == content


def test_what_does_not_open_whole_leaves_no_file(key: Path, tmp_path: Path) -> None:
    sealed, out = tmp_path / "dump.sealed", tmp_path / "dump"
    backup("seal", "-", "--to", f"{key}.pub", "--out", sealed, given=os.urandom(3_000_000))
    sealed.write_bytes(sealed.read_bytes()[:-1])
    done = backup("open", sealed, "--key", key, "--out", out)
    assert done.returncode == 1 and b"does not open" in done.stderr and b"Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [sealed]


def test_another_key_and_a_key_of_the_wrong_kind_are_told_apart(key: Path, tmp_path: Path) -> None:
    other, sealed = tmp_path / "other.key", tmp_path / "dump.sealed"
    backup("keygen", other)
    backup("seal", "-", "--to", f"{other}.pub", "--out", sealed, given=b"record")
    assert backup("open", sealed, "--key", key, "--out", "-").returncode == 1
    assert backup("open", sealed, "--key", f"{key}.pub", "--out", "-").returncode == 2
    assert backup("seal", sealed, "--to", key, "--out", "-").returncode == 2


def test_keys_are_never_written_over(key: Path) -> None:
    before = key.read_text()
    assert backup("keygen", key).returncode == 2 and key.read_text() == before
