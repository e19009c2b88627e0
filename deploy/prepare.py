"""Makes the login roles and the database, migrates it, and seeds the demo. Doing it again changes nothing.

Owns who may log in and how long each may wait; what a role may see is granted by the migrations, table by table. No
process of the portal runs as a role that owns a table, and none runs as the administrator.

    DATABASE_URL=postgresql://administrator@server/portal python -m deploy.prepare [--var var]
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

ROOT = Path(__file__).parent.parent
OWNER = "portal_owner"
EXTENSIONS = ("btree_gist", "pg_trgm")  # ranges that exclude each other; search by parts of a name
DEFAULT_DATABASE = "portal"
MAINTENANCE_DATABASES = ("", "postgres", "template1", "defaultdb")
LOCK = 7_012_018  # an arbitrary number: two preparations of one cluster wait for each other


@dataclass(frozen=True, kw_only=True)
class LoginRole:
    """How a process logs in."""

    name: str
    purpose: str
    attributes: str = ""
    settings: Mapping[str, str]


LOGIN_ROLES = (
    LoginRole(
        name="portal_web",
        purpose="pages: a person waits, so nothing may take long",
        settings={"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"},
    ),
    LoginRole(
        name="portal_worker",
        purpose="jobs, the scheduler and the command line",
        settings={"statement_timeout": "5min", "lock_timeout": "15s", "idle_in_transaction_session_timeout": "5min"},
    ),
    LoginRole(
        name="portal_relay",
        purpose="moves events of all tenants from the outbox to the queue; sees no patient data",
        settings={"statement_timeout": "30s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"},
    ),
    LoginRole(
        name="portal_signaling",
        purpose="video sidecar: redeems tickets, writes its own events",
        settings={"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s"},
    ),
    LoginRole(
        name="portal_sequencer",
        purpose="brings audit leaves into the Merkle log and signs checkpoints; writes nothing else",
        settings={"statement_timeout": "60s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"},
    ),
    LoginRole(
        name="portal_retention",
        purpose="drops ranges of the audit record that are checkpointed and old enough; reads no leaf",
        settings={"statement_timeout": "10min", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"},
    ),
    LoginRole(
        name="portal_rotator",
        purpose="seals stored values, and anew under a fresh data key, and does nothing else; for `portal keys` only",
        attributes="CONNECTION LIMIT 4",
        settings={"statement_timeout": "60s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"},
    ),
    LoginRole(
        name="portal_compliance",
        purpose="for `portal compliance`: reads the catalog and states of rows, of a patient's row times only",
        attributes="CONNECTION LIMIT 4",
        settings={"statement_timeout": "60s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"},
    ),
    LoginRole(name="portal_migrate", purpose="becomes the owner for the time of a migration", settings={}),
    LoginRole(
        name="portal_backup",
        purpose="dumps: reads everything past row-level security, writes nothing, never in a running process",
        attributes="BYPASSRLS CONNECTION LIMIT 2",
        settings={"default_transaction_read_only": "on"},
    ),
)


class UnableToPrepare(RuntimeError):
    """The administrator's address does not allow what is needed; the message says what."""


def prepare_database(admin_url: str, database: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make roles, `database` and its extensions where they are absent; return each login role's address.

    `passwords` are by login role. `admin_url` is SQLAlchemy's, of a role that may create roles and databases.
    """
    try:
        with _connect(admin_url) as admin:
            admin.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            _make_roles(admin, passwords)
            known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
            if not known:
                _create_database(admin, database)
            with _connect(_address(admin_url, database=database)) as inside:
                _make_ready(inside, database)
    except (psycopg.errors.InsufficientPrivilege, psycopg.OperationalError) as error:
        raise UnableToPrepare(
            f"The administrator's DATABASE_URL does not allow the set-up: {str(error).strip()}. "
            "It must name a role that may create roles (one with BYPASSRLS among them) and databases."
        ) from error
    return {
        role.name: _address(admin_url, database=database, user=role.name, password=passwords[role.name])
        for role in LOGIN_ROLES
    }


def clone_database(admin_url: str, template: str, database: str) -> None:
    """A copy of `template`, to which nobody may be connected meanwhile. For tests: it takes a tenth of a second."""
    with _connect(admin_url) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        _create_database(admin, database, template=template)


def drop_database(admin_url: str, database: str) -> None:
    """Remove a database and whoever is connected to it."""
    with _connect(admin_url) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def keep_passwords(file: Path) -> dict[str, str]:
    """The login roles' passwords, made once and kept in a file that only its owner reads."""
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    missing = [role.name for role in LOGIN_ROLES if role.name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(24) for name in missing}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)
        file.write_text(json.dumps(known, indent=2))
    return known


def database_name(admin_url: str) -> str:
    """The database that the administrator's address names, unless it is one of the server's own."""
    named = make_url(admin_url).database or ""
    return DEFAULT_DATABASE if named in MAINTENANCE_DATABASES else named


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the schema up to date; `environment` names the role for migrations in DATABASE_URL."""
    _run([sys.executable, "-m", "alembic", "upgrade", "head"], environment)


def seal_stored(environment: Mapping[str, str]) -> None:
    """Seal what an older version stored in clear; `environment` names the rotator's role in DATABASE_URL."""
    _run([sys.executable, "-m", "portal.app.cli", "keys", "seal"], environment)


def seed_demo(environment: Mapping[str, str]) -> None:
    """Fill in the demo clinics, once; `environment` names the worker's role in DATABASE_URL."""
    _run([sys.executable, "-m", "portal.app.cli", "seed-demo"], environment)


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=dict(environment), cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise UnableToPrepare(f"{' '.join(command[1:])} failed:\n{done.stdout[-4000:]}{done.stderr[-8000:]}")


def _make_roles(admin: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    known = {name for (name,) in admin.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'portal%'").fetchall()}
    if OWNER not in known:
        admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(OWNER)))
    for role in LOGIN_ROLES:
        name = sql.Identifier(role.name)
        if role.name not in known:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT " + role.attributes).format(name))
        # Hashed here, so that the server's log never shows a password.
        secret = admin.pgconn.encrypt_password(passwords[role.name].encode(), role.name.encode(), b"scram-sha-256")
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(secret.decode())))
        admin.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(name, sql.Literal(role.purpose)))
        for setting, value in role.settings.items():
            admin.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
            )
    admin.execute("GRANT pg_read_all_data TO portal_backup WITH INHERIT TRUE")
    for member in (sql.Identifier("portal_migrate"), sql.SQL("CURRENT_USER")):
        admin.execute(sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(sql.Identifier(OWNER), member))


def _create_database(admin: psycopg.Connection, database: str, template: str = "template0") -> None:
    # UTF-8 and code point order everywhere: what a reader sorts by is the application's to decide.
    options = " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C' ENCODING 'UTF8'"
    statement = "CREATE DATABASE {} OWNER {} TEMPLATE {}" + (options if template == "template0" else "")
    admin.execute(sql.SQL(statement).format(sql.Identifier(database), sql.Identifier(OWNER), sql.Identifier(template)))


def _make_ready(inside: psycopg.Connection, database: str) -> None:
    for extension in EXTENSIONS:
        inside.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public").format(sql.Identifier(extension)))
    name = sql.Identifier(database)
    owner = sql.Identifier(OWNER)
    inside.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    inside.execute(sql.SQL("GRANT CREATE, CONNECT ON DATABASE {} TO {}").format(name, owner))
    inside.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    inside.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(owner))
    for role in LOGIN_ROLES:
        inside.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role.name)))


@contextmanager
def _connect(url: str) -> Iterator[psycopg.Connection]:
    address = make_url(url)
    named: dict[str, Any] = {**address.translate_connect_args(username="user", database="dbname"), **address.query}
    with psycopg.connect(**named, autocommit=True) as connection:
        yield connection


def _address(url: str, *, database: str, user: str | None = None, password: str | None = None) -> str:
    address = make_url(url).set(drivername="postgresql+psycopg", database=database)
    if user is not None:
        address = address.set(username=user, password=password)
    return address.render_as_string(hide_password=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.prepare", description="Roles, database, schema")
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="where roles.json is kept")
    arguments = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        parser.error("set DATABASE_URL to the administrator's address of PostgreSQL")
    admin_url = os.environ["DATABASE_URL"]
    passwords = keep_passwords(arguments.var / "roles.json")
    try:
        urls = prepare_database(admin_url, database_name(admin_url), passwords)
        migrate({**os.environ, "DATABASE_URL": urls["portal_migrate"]})
        if os.environ.get("DEMO", "").lower() in ("1", "true", "yes", "on"):
            seed_demo({**os.environ, "DATABASE_URL": urls["portal_worker"]})
    except UnableToPrepare as error:
        raise SystemExit(str(error)) from error
    print(f"The database {database_name(admin_url)} is ready; the roles' passwords are in {arguments.var}/roles.json")


if __name__ == "__main__":
    main()
