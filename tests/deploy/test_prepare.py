"""The cluster, its roles and its databases, on the embedded PostgreSQL."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.postgres import RunningPostgres, remove_cluster, start_postgres
from deploy.prepare import (
    LOGIN_ROLES,
    UnableToPrepare,
    clone_database,
    database_name,
    drop_database,
    keep_passwords,
    prepare_database,
)
from deploy.processes import alive, wait_until

PASSWORDS = {role.name: f"{role.name}-secret" for role in LOGIN_ROLES}


@pytest.fixture(scope="module")
def postgres() -> Iterator[RunningPostgres]:
    place = Path(tempfile.mkdtemp(prefix="cluster-"))
    running = start_postgres(place / "postgres", durable=False)
    yield running
    running.stop("immediate")
    remove_cluster(place / "postgres")
    place.rmdir()


@pytest.fixture(scope="module")
def urls(postgres: RunningPostgres) -> dict[str, str]:
    return prepare_database(postgres.admin_url, "portal", PASSWORDS)


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_the_embedded_server_is_the_one_that_runs(postgres: RunningPostgres) -> None:
    with _connect(postgres.admin_url) as connection:
        assert connection.info.server_version // 10000 == 18


def test_a_cluster_that_runs_is_reused(postgres: RunningPostgres) -> None:
    again = start_postgres(postgres.data_dir)
    assert (again.pid, again.admin_url) == (postgres.pid, postgres.admin_url)


def test_nobody_comes_in_without_a_password(postgres: RunningPostgres) -> None:
    with pytest.raises(psycopg.OperationalError):
        _connect(postgres.url("postgres", "postgres", "wrong"))


def test_preparing_twice_is_the_same_as_once(postgres: RunningPostgres, urls: dict[str, str]) -> None:
    assert prepare_database(postgres.admin_url, "portal", PASSWORDS) == urls


def test_each_role_logs_in_as_itself(urls: dict[str, str]) -> None:
    for role, url in urls.items():
        with _connect(url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (role,)


def test_only_the_role_for_migrations_becomes_the_owner(urls: dict[str, str]) -> None:
    for role, url in urls.items():
        with _connect(url) as connection:
            if role == "portal_migrate":
                connection.execute("SET ROLE portal_owner")
                connection.execute("CREATE SCHEMA kept")
                connection.execute("CREATE TABLE kept.thing (id int)")
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute("SET ROLE portal_owner")


def test_no_role_but_the_backups_passes_row_security(postgres: RunningPostgres, urls: dict[str, str]) -> None:
    with _connect(postgres.admin_url) as connection:
        rows = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'portal%' AND (rolbypassrls OR rolsuper OR rolcreaterole)"
        ).fetchall()
    assert rows == [("portal_backup",)]


def test_the_backup_role_cannot_write(urls: dict[str, str]) -> None:
    with (
        _connect(urls["portal_backup"]) as connection,
        pytest.raises((psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege)),
    ):
        connection.execute("CREATE TABLE public.thing (id int)")


def test_a_clone_has_the_template_tables_and_its_owner(postgres: RunningPostgres, urls: dict[str, str]) -> None:
    with _connect(urls["portal_migrate"]) as connection:
        connection.execute("SET ROLE portal_owner")
        connection.execute("CREATE TABLE public.copied (id int)")
    clone_database(postgres.admin_url, "portal", "portal_copy")
    with _connect(postgres.url("portal_migrate", "portal_copy", PASSWORDS["portal_migrate"])) as connection:
        connection.execute("SET ROLE portal_owner")
        connection.execute("ALTER TABLE public.copied ADD COLUMN more int")
    drop_database(postgres.admin_url, "portal_copy")


def test_an_ordinary_role_is_told_that_it_cannot_prepare(postgres: RunningPostgres, urls: dict[str, str]) -> None:
    with pytest.raises(UnableToPrepare, match="may create roles"):
        prepare_database(urls["portal_web"], "elsewhere", PASSWORDS)


def test_the_database_is_the_one_that_the_address_names() -> None:
    assert database_name("postgresql://admin@server/clinic") == "clinic"
    assert database_name("postgresql://admin@server/postgres") == "portal"


def test_passwords_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "var" / "roles.json"
    first = keep_passwords(file)
    assert keep_passwords(file) == first
    assert len(set(first.values())) == len(LOGIN_ROLES)
    assert file.stat().st_mode & 0o077 == 0


def test_a_tethered_cluster_ends_with_the_process_that_started_it() -> None:
    place = Path(tempfile.mkdtemp(prefix="cluster-"))
    script = (
        "import os, signal, sys; from pathlib import Path; from deploy.postgres import start_postgres;"
        " print(start_postgres(Path(sys.argv[1]), durable=False, tether=True).pid, flush=True);"
        " os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(place / "postgres")], cwd=root, check=False, capture_output=True, text=True
    )
    try:
        assert done.returncode == -signal.SIGKILL, done.stderr
        pid = int(done.stdout)
        assert wait_until(lambda: not alive(pid), timeout=10)
    finally:
        remove_cluster(place / "postgres")
        place.rmdir()
