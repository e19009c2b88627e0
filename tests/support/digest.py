"""What a database holds, table by table, so that two moments can be compared."""

from typing import Any

import psycopg

# Written about requests that are refused, and when a session was last used: neither is an effect of the request.
REFUSALS = {
    "audit.leaf": "WHERE action <> 'denied'",
    "audit.waiting": "WHERE leaf_id NOT IN (SELECT id FROM audit.leaf WHERE action = 'denied')",
}
LAST_USED = {"identity.login_session": "last_seen_at"}


def digest_of(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, str]]:
    """(rows, hash of their contents) of each table."""
    tables = connection.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    ).fetchall()
    found = {}
    for (name,) in tables:
        without = LAST_USED.get(name, "")
        row = connection.execute(
            "SELECT count(*), coalesce(md5(string_agg(row, '' ORDER BY row)), '') FROM"
            f" (SELECT (to_jsonb(t) - '{without}')::text AS row FROM {name} AS t {REFUSALS.get(name, '')}) AS rows"
        ).fetchone()
        assert row is not None
        found[name] = (int(row[0]), str(row[1]))
    return found


def changed(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> list[str]:
    """Names of the tables that are not as they were."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
