"""Runs migrations as the login role `portal_migrate`, which becomes the owner for the run."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

VERSION_TABLE = {"version_table": "alembic_version", "version_table_schema": "public"}


def print_sql() -> None:
    """`alembic upgrade head --sql`: what a reviewer and squawk read."""
    context.configure(dialect_name="postgresql", literal_binds=True, **VERSION_TABLE)
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        # A migration that must wait for a busy table gives up rather than queue everybody behind it.
        connection.execute(text("SET ROLE portal_owner"))
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True, **VERSION_TABLE)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    print_sql()
else:
    run()
