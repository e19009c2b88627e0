"""Everything that the card gateway knows, in one SQLite file, so that a restart loses nothing.

Owns storage; what the objects mean is the gateway's.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (id TEXT PRIMARY KEY, body TEXT NOT NULL, expires_at REAL);
CREATE INDEX IF NOT EXISTS object_expires_at ON object (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, body TEXT NOT NULL, due_at REAL, attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS delivery_due_at ON delivery (due_at) WHERE due_at IS NOT NULL;
"""

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was answered to an idempotency key."""

    fingerprint: str
    status: int
    body: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A webhook on its way; `body` is the exact text."""

    id: int
    body: str
    attempts: int


def new_id(prefix: str) -> str:
    """An id as Stripe's look."""
    return f"{prefix}_{secrets.token_hex(12)}"


class Store:
    """One connection, used from one thread."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = sqlite3.connect(directory / "cards.sqlite3", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; a second process waits."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def get(self, object_id: str) -> Object | None:
        row = self._connection.execute("SELECT body FROM object WHERE id = ?", (object_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, value: Object, *, expires_at: float | None = None) -> None:
        """Store an object under its id; `expires_at` puts it on the list of `expired`."""
        self._connection.execute(
            "INSERT OR REPLACE INTO object VALUES (?, ?, ?)", (value["id"], json.dumps(value), expires_at)
        )

    def expired(self, now: float) -> list[Object]:
        rows = self._connection.execute("SELECT body FROM object WHERE expires_at <= ?", (now,))
        return [json.loads(row[0]) for row in rows]

    def answer(self, key: str) -> Answer | None:
        row = self._connection.execute("SELECT fingerprint, status, body FROM answer WHERE key = ?", (key,)).fetchone()
        return Answer(fingerprint=row[0], status=row[1], body=row[2]) if row else None

    def keep_answer(self, key: str, answer: Answer) -> None:
        self._connection.execute(
            "INSERT INTO answer VALUES (?, ?, ?, ?)", (key, answer.fingerprint, answer.status, answer.body)
        )

    def add_delivery(self, body: str, *, due_at: float) -> int:
        row = self._connection.execute(
            "INSERT INTO delivery (body, due_at) VALUES (?, ?) RETURNING id", (body, due_at)
        ).fetchone()
        return int(row[0])

    def due_deliveries(self, now: float) -> list[Delivery]:
        rows = self._connection.execute(
            "SELECT id, body, attempts FROM delivery WHERE due_at <= ? ORDER BY due_at, id LIMIT 20", (now,)
        )
        return [Delivery(id=row[0], body=row[1], attempts=row[2]) for row in rows]

    def delivery(self, delivery_id: int) -> Delivery:
        row = self._connection.execute(
            "SELECT id, body, attempts FROM delivery WHERE id = ?", (delivery_id,)
        ).fetchone()
        return Delivery(id=row[0], body=row[1], attempts=row[2])

    def next_due(self) -> float | None:
        """When the next thing happens by itself: a delivery, or a checkout that closes."""
        row = self._connection.execute(
            "SELECT min(at) FROM (SELECT min(due_at) AS at FROM delivery UNION SELECT min(expires_at) FROM object)"
        ).fetchone()
        return float(row[0]) if row[0] is not None else None

    def settle_delivery(self, delivery_id: int, *, again_at: float | None) -> None:
        """Note an attempt; None: taken, or given up."""
        self._connection.execute(
            "UPDATE delivery SET attempts = attempts + 1, due_at = ? WHERE id = ?", (again_at, delivery_id)
        )
