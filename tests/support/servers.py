"""PostgreSQL and Redis of a test run: started once by the run's first process, a template database cloned a worker."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from deploy.postgres import remove_cluster, start_postgres
from deploy.prepare import LOGIN_ROLES, clone_database, drop_database, migrate, prepare_database
from deploy.redis import start_redis

TEMPLATE = "portal_template"
PASSWORDS = {role.name: f"{role.name}-in-tests" for role in LOGIN_ROLES}


class Servers:
    """The run's servers; lives in the controlling process only."""

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
        self.postgres = start_postgres(self.folder / "postgres", durable=durable, tether=True)
        self.redis = start_redis(self.folder / "redis", tether=True)
        addresses = prepare_database(self.postgres.admin_url, TEMPLATE, PASSWORDS)
        migrate({**os.environ, "DATABASE_URL": addresses["portal_migrate"]})

    def stop(self) -> None:
        self.redis.stop()
        self.postgres.stop("immediate")
        remove_cluster(self.folder / "postgres")
        shutil.rmtree(self.folder, ignore_errors=True)


_servers: Servers | None = None


def configure(config: pytest.Config) -> None:
    """In the controlling process: start the servers, unless only collecting."""
    global _servers
    if hasattr(config, "workerinput") or config.option.collectonly or config.option.help:
        return
    _servers = Servers()
    config.stash[_addresses] = {"admin": _servers.postgres.admin_url, "redis": _servers.redis.url}


_addresses = pytest.StashKey[dict[str, str]]()


def tell_worker(node: Any) -> None:
    """Hand the addresses to an xdist worker."""
    node.workerinput["portal_servers"] = node.config.stash[_addresses]


def unconfigure(config: pytest.Config) -> None:
    """Stop what `configure` started."""
    global _servers
    if _servers is not None:
        _servers.stop()
        _servers = None


def _known(config: pytest.Config) -> tuple[dict[str, str], str]:
    given = getattr(config, "workerinput", None)
    if given:
        return given["portal_servers"], given["workerid"]
    return config.stash[_addresses], "main"


@contextmanager
def worker_database(config: pytest.Config) -> Iterator[dict[str, str]]:
    """A copy of the template for this worker; addresses by login role."""
    servers, worker = _known(config)
    name = f"test_{worker}"
    drop_database(servers["admin"], name)
    clone_database(servers["admin"], TEMPLATE, name)
    addresses = prepare_database(servers["admin"], name, PASSWORDS)
    yield {**addresses, "admin": servers["admin"], "database": name}


@contextmanager
def superuser(urls: dict[str, str]) -> Iterator[psycopg.Connection]:
    """This worker's database past every policy; each statement is its own transaction."""
    address = make_url(urls["admin"]).set(drivername="postgresql", database=urls["database"])
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def worker_redis(config: pytest.Config) -> str:
    """This worker's Redis database."""
    servers, worker = _known(config)
    number = int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 0
    separator = "&" if "?" in servers["redis"] else "?"
    return f"{servers['redis']}{separator}db={number}"
