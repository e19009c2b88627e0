"""Everything that the portal needs on one machine, as one object: for `make run`, browser tests and benchmarks.

Owns which processes there are, as which role each runs, and in what order they start and end. One Stack a var
directory at a time. What a person reads when it runs is `deploy.supervisor`'s.
"""

import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from deploy.children import Child, Say
from deploy.environment import (
    SEQUENCERS_OWN,
    Ports,
    audit_key_file,
    base_environment,
    is_demo,
    machine_addresses,
    partner_environment,
    portal_environment,
    require_free,
)
from deploy.lock import lock
from deploy.postgres import RunningPostgres, start_postgres
from deploy.prepare import ROOT, database_name, keep_passwords, migrate, prepare_database, seal_stored, seed_demo
from deploy.probe import answers
from deploy.programs import PROGRAMS, Program, command_role, python
from deploy.redis import RunningRedis, start_redis
from deploy.reset import reset
from deploy.sockets import socket_directory

READY_SECONDS = 90
ENDING_SECONDS = 20
STARTS_BEFORE_GIVING_UP = 3


def _silently(name: str, line: str) -> None:
    """The log files have it."""


class NotReady(RuntimeError):
    """The portal did not answer in time, or its web process ends again and again; the message has its last lines."""


class Stack:
    """`with Stack(var_dir) as stack: …` runs the whole portal on free ports and ends it.

    `environment` overrides any setting, for all processes. `programs` names those to start (all by default).
    `durable=False` lets PostgreSQL skip flushing to disk: for tests. PostgreSQL and Redis end with the thread that
    starts them, so start and restart them from one that stays.
    """

    def __init__(
        self,
        var_dir: Path,
        *,
        ports: Ports | None = None,
        environment: Mapping[str, str] | None = None,
        programs: frozenset[str] | None = None,
        durable: bool = True,
        say: Say | None = None,
    ) -> None:
        self.var = var_dir.absolute()
        self.ports = ports or Ports.free()
        self.url = f"http://localhost:{self.ports.web}"
        self.tls_url = f"https://localhost:{self.ports.tls}"
        self.database_urls: dict[str, str] = {}
        self.redis_url = ""
        self._given = {**base_environment(), **(environment or {})}
        self._programs = programs
        self._durable = durable
        self._say: Say = say or _silently
        self._postgres: RunningPostgres | None = None
        self._redis: RunningRedis | None = None
        self._children: dict[str, Child] = {}
        self._lock: TextIO | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and return when the portal answers; on failure nothing is left running."""
        self._lock = lock(self.var)
        try:
            require_free(self.ports)
            self._start_stores()
            self._prepare()
            self._start_programs()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the processes, then Redis, then PostgreSQL. Data stays."""
        for child in self._children.values():
            child.ask_to_end()
        deadline = time.monotonic() + ENDING_SECONDS
        for child in self._children.values():
            child.make_sure(deadline)
        self._children.clear()
        if self._redis is not None:
            self._redis.stop()
            self._redis = None
        if self._postgres is not None:
            self._postgres.stop()
            self._postgres = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def discard(self) -> None:
        """Stop, and delete all that was kept; for tests."""
        self.stop()
        reset(self.var)

    def pid(self, name: str) -> int:
        """Number of the living process of that name; waits for one that is just being started again."""
        return self._children[name].pid

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> int:
        """Signal that process alone, not what it has started; return its number. It is started again by itself."""
        return self._children[name].send(how)

    def halt(self, name: str) -> None:
        """End that process and keep it ended until `resume`."""
        self._children[name].halt()

    def resume(self, name: str) -> None:
        self._children[name].resume()

    def restart_postgres(self) -> None:
        """Stop PostgreSQL as a failing-over server would, and start it again at the same address."""
        if self._postgres is None:
            raise RuntimeError("PostgreSQL was given by DATABASE_URL and is not ours to restart")
        self._postgres.stop("immediate")
        self._postgres = self._own_postgres()

    def restart_redis(self) -> None:
        """Stop Redis and start it again at the same address: it comes back empty."""
        if self._redis is None:
            raise RuntimeError("Redis was given by REDIS_URL and is not ours to restart")
        self._redis.stop()
        self._redis = self._own_redis()

    def environment(self, role: str) -> dict[str, str]:
        """Environment of a process of the portal that logs in as `role`, for commands and tests."""
        return {**self._common, "DATABASE_URL": self.database_urls[role]}

    def run_command(self, *arguments: str) -> str:
        """What `python -m portal.app.cli …` prints, run as its command's role; raises CalledProcessError."""
        command = python("portal.app.cli", *arguments)
        environment = self.environment(command_role(arguments))
        return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    def log(self, name: str, lines: int = 20) -> str:
        """The last lines that a process has printed."""
        file = self.var / "log" / f"{name}.log"
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""

    def _start_stores(self) -> None:
        if "REDIS_URL" in self._given:
            self.redis_url = self._given["REDIS_URL"]
        else:
            self._redis = self._own_redis()
            self.redis_url = self._redis.url
        if "DATABASE_URL" in self._given:
            self._admin_url = self._given["DATABASE_URL"]
        else:
            self._postgres = self._own_postgres()
            self._admin_url = self._postgres.admin_url

    def _own_postgres(self) -> RunningPostgres:
        log_file = self.var / "log" / "postgres.log"
        return start_postgres(self.var / "postgres", durable=self._durable, tether=True, log_file=log_file)

    def _own_redis(self) -> RunningRedis:
        return start_redis(self.var / "redis", tether=True, log_file=self.var / "log" / "redis.log")

    def _prepare(self) -> None:
        self._common = portal_environment(
            self.var,
            ports=self.ports,
            redis_url=self.redis_url,
            given=self._given,
            addresses=machine_addresses(),
        )
        self._partners = partner_environment(self.var, ports=self.ports, given=self._given)
        self._socket = socket_directory(self.var / "run") / "web.sock"
        passwords = keep_passwords(self.var / "roles.json")
        self.database_urls = prepare_database(self._admin_url, database_name(self._admin_url), passwords)
        migrate(self.environment("portal_migrate"))
        seal_stored(self.environment("portal_rotator"))
        if is_demo(self._given):
            seed_demo(self.environment("portal_worker"))

    def _start_programs(self) -> None:
        for program in PROGRAMS:
            if self._programs is not None and program.name not in self._programs:
                continue
            if program.partner and not is_demo(self._given):
                continue
            child = Child(
                program.name,
                program.command,
                environment=self._environment_of(program),
                cwd=ROOT,
                log_dir=self.var / "log",
                say=self._say,
            )
            self._children[program.name] = child
            child.start()

    def _environment_of(self, program: Program) -> dict[str, str]:
        if program.partner:
            return self._partners
        if program.role is not None:
            extra = {"BIND": f"unix:{self._socket}"} if program.name == "web" else {}
            if program.name == "sequencer":  # the one process that may sign
                own = {name: self._given[name] for name in SEQUENCERS_OWN if self._given.get(name)}
                extra = {"AUDIT_KEY_FILE": own.get("AUDIT_KEY_FILE") or str(audit_key_file(self.var))} | own
            return {**self.environment(program.role), **extra}
        around = {name: value for name, value in self._given.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        return around | {
            "PORT": str(self.ports.web),
            "TLS_PORT": str(self.ports.tls),
            "SIGNALING_PORT": str(self.ports.signaling),
            "CARDS_PORT": str(self.ports.cards),
            "WEB_SOCKET": str(self._socket),
            "TLS_DIR": str(self.var / "tls"),
            "PYTHONUNBUFFERED": "1",
        }

    def _wait_until_ready(self) -> None:
        if not {"web", "front"} <= self._children.keys():
            return
        deadline = time.monotonic() + READY_SECONDS
        wanted = [f"{self.url}/healthz"]
        if "signaling" in self._children:
            wanted.append(f"http://127.0.0.1:{self.ports.signaling}/healthz")
        while not all(answers(url) for url in wanted):
            if time.monotonic() > deadline or self._children["web"].starts > STARTS_BEFORE_GIVING_UP:
                raise NotReady(f"The portal did not start. The web process says:\n\n{self.log('web')}")
            time.sleep(0.1)
