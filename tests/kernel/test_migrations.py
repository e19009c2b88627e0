"""Migrations: numbered, one head, down and up again, and the models say what the tables are."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import deploy.prepare as prepare
from portal.app.registry import CONTEXTS, modules
from portal.kernel import events, video
from portal.kernel.db import Base
from tests.support.servers import PASSWORDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def scratch(urls: dict[str, str]) -> Iterator[dict[str, str]]:
    """A database of its own, migrated."""
    name = f"{urls['database']}_scratch"
    prepare.drop_database(urls["admin"], name)
    prepare.clone_database(urls["admin"], "portal_template", name)
    yield prepare.prepare_database(urls["admin"], name, PASSWORDS)
    prepare.drop_database(urls["admin"], name)


def test_migrations_are_numbered_in_one_line() -> None:
    scripts = ScriptDirectory.from_config(Config(str(ROOT / "alembic.ini")))
    assert len(scripts.get_heads()) == 1
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]
    for script in scripts.walk_revisions():
        assert re.match(rf"{script.revision}_[a-z_]+\.py", Path(script.path).name)


def test_every_migration_goes_down_and_up_again(scratch: dict[str, str]) -> None:
    environment = {**os.environ, "DATABASE_URL": scratch["portal_migrate"]}
    for target in (["downgrade", "base"], ["upgrade", "head"]):
        prepare._run([prepare.sys.executable, "-m", "alembic", *target], environment)
    engine = create_engine(scratch["portal_migrate"])
    with engine.connect() as connection:
        connection.execute(text("SET ROLE portal_owner"))
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    engine.dispose()


# SQLAlchemy 2.1.9 does not know what it reflects of a check that is NOT VALID.
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
def test_models_and_tables_are_the_same(scratch: dict[str, str]) -> None:
    modules("models")
    assert events.Task.__table__.schema == video.VideoTicket.__table__.schema == "kernel"
    ours = {"kernel", *CONTEXTS}
    engine = create_engine(scratch["portal_migrate"])
    with engine.connect() as connection:
        connection.execute(text("SET ROLE portal_owner"))
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _parents: kind != "schema" or name in ours,
                # Constraints and indexes are the migrations' own: SQL says more than a model can.
                "include_object": lambda thing, _name, kind, _reflected, _other: kind in {"table", "column"},
                "compare_type": False,
                "compare_server_default": False,
            },
        )
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    flat = [change for entry in differences for change in (entry if isinstance(entry, list) else [entry])]
    assert [change for change in flat if _matters(change)] == []


def _matters(change: tuple[Any, ...]) -> bool:
    """A table or column that one side lacks. The door writes kernel.submission in SQL, so it has no model."""
    if change[0] == "remove_table":
        return str(change[1].fullname) != "kernel.submission"
    return change[0] in {"add_table", "add_column", "remove_column"}
