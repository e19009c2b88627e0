"""Rows of every kind in every table, made from the catalog alone, so that a table of tomorrow has them, too.

Each table gets a plain row and one more for each value that a rule could ask for: each word of a CHECK's list or of a
policy, a boolean either way, a date that is set, an owner who is somebody else, another parent. Two tenants have the
same rows with the same ids, so that only the tenant tells them apart. All constraints and triggers are gone meanwhile
(the transaction is rolled back): what is asked here is row-level security and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg.types.json import Jsonb

Cursor = psycopg.Cursor[tuple[Any, ...]]
Row = dict[str, Any]

SPACE = UUID(int=1)
OURS, THEIRS = uuid5(SPACE, "our tenant"), uuid5(SPACE, "another tenant")
#: Owns rows and holds grants; owns rows, too; is named by no row.
ONESELF, SOMEBODY, NOBODY = (uuid5(SPACE, who) for who in ("oneself", "somebody", "nobody"))
SCHEMAS = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ '^pg_temp'"
PLAIN = {"text": "x", "citext": "x", "bool": False, "bytea": "\\x00", "jsonb": {}, "json": {}, "inet": "127.0.0.1"}
PLAIN |= dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), 1)
PLAIN |= {"timestamptz": "2020-01-01T00:00:00Z", "date": "2020-01-01", "time": "08:00", "interval": "1 hour"}
LATER = {"timestamptz": "2999-01-01T00:00:00Z", "date": "2999-01-01"}
# Where a rule asks for several values at once, which no row has that differs in one.
TOGETHER: dict[str, list[Row]] = {
    "patients.access_grant": [
        {"basis": "appointment", "until": LATER["timestamptz"]},
        {"basis": "proxy", "user_id": str(uuid5(SPACE, "no clinician"))},
        {"basis": "break-glass", "reason": str(uuid5(SPACE, "break_glass_id")), "until": PLAIN["timestamptz"]},
        {"basis": "thread", "until": LATER["timestamptz"]},
        {"basis": "proxy", "reason": "invited", "scope": ["health"], "until": LATER["timestamptz"]},
    ],
    "patients.proxy_invitation": [
        {"used_at": PLAIN["timestamptz"], "parts": ["health"], "acts_until": LATER["timestamptz"]}
    ],
    # Of the account that `account_id` names: a moment ago, by a clock that no test outlives.
    "identity.staff_invitation": [
        {"used_by": str(ONESELF), "used_at": LATER["timestamptz"], "roles": ["front_desk", "clinician", "patient"]}
    ],
    "identity.role_change": [{"account_id": str(SOMEBODY), "kind": "roles"}],
}


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    must: bool


@dataclass
class Table:
    """What the catalog says of a table, and the rows made for it."""

    name: str
    columns: list[Column] = field(default_factory=list)
    parents: dict[str, tuple[str, str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    said: str = ""
    rows: list[Row] = field(default_factory=list)

    @cached_property
    def owners(self) -> set[str]:
        """Columns that a policy compares with whoever acts."""
        acting = r"(\w+) (?:=|<>) \( ?SELECT kernel\.user_id\(\)"
        named = {*re.findall(acting, self.said), "user_id", "account_id"}
        return {column.name for column in self.columns if column.name in named}

    def row(self, number: int, tenant: UUID, tables: dict[str, "Table"]) -> Row:
        """The plain row with this number's id."""
        made: Row = {}
        for column in self.columns:
            parent = self.parents.get(column.name)
            if column.name == "tenant_id" or (column.name == "id" and self.name == "tenancy.organisation"):
                made[column.name] = str(tenant)
            elif column.name in self.owners:
                made[column.name] = str(ONESELF)
            elif column.name == "id":
                made[column.name] = str(uuid5(SPACE, f"{self.name.rpartition('.')[2]}_id{number or ''}"))
            elif parent and (rows := tables[parent[0]].rows):
                made[column.name] = rows[0].get(parent[1])
            elif not column.must:
                made[column.name] = None
            else:
                made[column.name] = self.plain(column)
        return made

    def plain(self, column: Column) -> Any:
        if words := self.words.get(column.name):
            return [words[0]] if column.kind.startswith("_") else words[0]
        if column.kind == "uuid":
            return str(uuid5(SPACE, column.name))
        return "{}" if column.kind.startswith("_") else PLAIN.get(column.kind, "empty")

    def variants(self, tables: dict[str, "Table"]) -> Iterator[tuple[str, Any]]:
        """(column, value) of everything that a rule could tell apart."""
        for column in self.columns:
            parent = self.parents.get(column.name)
            if column.name in self.owners:
                yield column.name, str(SOMEBODY)
            elif parent:
                # Which parent it is matters where a policy looks at it.
                asked = tables[parent[0]].rows[1:] if f"FROM {parent[0]} " in self.said else ()
                yield from ((column.name, row.get(parent[1])) for row in asked)
            elif column.name in self.words:
                yield from ((column.name, word) for word in self.words[column.name] if not column.kind.startswith("_"))
            elif column.kind == "bool":
                yield column.name, True
            if not column.must and (parent or column.name in self.owners):
                yield column.name, None
            elif not column.must and column.kind in LATER:
                yield column.name, LATER[column.kind]
            elif not column.must and column.name in self.said:
                yield column.name, self.plain(column)

    def fill(self, tables: dict[str, "Table"]) -> None:
        """Make the rows of one tenant; the other's are the same but for the tenant."""
        self.rows = [self.row(0, OURS, tables)]
        different = [*({column: value} for column, value in self.variants(tables)), *TOGETHER.get(self.name, ())]
        for number, values in enumerate(different, 1):
            row = {**self.row(number, OURS, tables), **values}
            if row not in self.rows:
                self.rows.append(row)


def read_tables(cursor: Cursor) -> dict[str, Table]:
    """Every table under row-level security."""
    tables = {
        name: Table(name)
        for (name,) in cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND NOT c.relispartition AND {SCHEMAS} ORDER BY 1"
        ).fetchall()
    }
    for name, column, kind, must in cursor.execute(
        "SELECT a.attrelid::regclass::text, a.attname, t.typname, a.attnotnull FROM pg_attribute a"
        " JOIN pg_type t ON t.oid = a.atttypid WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
    ).fetchall():
        if name in tables:
            tables[name].columns.append(Column(column, kind, must))
    for name, said in cursor.execute(
        "SELECT polrelid::regclass::text, string_agg(coalesce(pg_get_expr(polqual, polrelid), '') || ' '"
        " || coalesce(pg_get_expr(polwithcheck, polrelid), ''), ' ') FROM pg_policy GROUP BY 1"
    ).fetchall():
        tables[name].said = said
    _read_parents(cursor, tables)
    _read_words(cursor, tables)
    return tables


def _read_parents(cursor: Cursor, tables: dict[str, Table]) -> None:
    rows = cursor.execute(
        "SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, f.attname FROM pg_constraint c,"
        " unnest(c.conkey, c.confkey) AS k (here, there)"
        " JOIN LATERAL (SELECT 1) AS one ON true JOIN pg_attribute a ON true JOIN pg_attribute f ON true"
        " WHERE c.contype = 'f' AND a.attrelid = c.conrelid AND a.attnum = k.here"
        " AND f.attrelid = c.confrelid AND f.attnum = k.there"
    ).fetchall()
    for name, column, parent, key in rows:
        if name in tables and parent in tables and column != "tenant_id" and parent != name:
            tables[name].parents[column] = (parent, key)


def _read_words(cursor: Cursor, tables: dict[str, Table]) -> None:
    """The words that a CHECK or a policy compares a column with."""
    checks = cursor.execute(
        "SELECT conrelid::regclass::text, pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE contype = 'c'"
    ).fetchall()
    for name, said in [*checks, *((table.name, table.said) for table in tables.values())]:
        for column in tables[name].columns if name in tables else ():
            words = tables[name].words.setdefault(column.name, [])
            for asked in re.findall(rf"\b{column.name} (?:= ANY \(ARRAY\[([^\]]*)\]|(?:=|<>) ('[^']*'))", said):
                words += [word for word in re.findall(r"'([^']*)'", "".join(asked)) if word not in words]
    for table in tables.values():
        table.words = {column: words for column, words in table.words.items() if words}


def plant(cursor: Cursor, tables: dict[str, Table]) -> None:
    """Take away all that is not row-level security, and put the rows of both tenants in."""
    cursor.execute("SET LOCAL session_replication_role = replica")
    for name, constraint in cursor.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint c JOIN pg_namespace n"
        f" ON n.oid = c.connamespace WHERE contype IN ('c', 'f', 'n', 'p', 'u', 'x') AND conrelid <> 0 AND {SCHEMAS}"
        " ORDER BY contype = 'n', contype = 'p', contype = 'u'"
    ).fetchall():
        cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {constraint} CASCADE")
    for (name,) in cursor.execute(
        "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.indisunique AND {SCHEMAS}"
    ).fetchall():
        cursor.execute(f"DROP INDEX {name}")
    done: set[str] = set()
    while waiting := [table for name, table in tables.items() if name not in done]:
        ready = [t for t in waiting if {parent for parent, _ in t.parents.values()} <= done] or waiting[:1]
        for table in ready:
            cursor.execute(f"DELETE FROM {table.name}")
            table.fill(tables)
            for row in table.rows:
                for tenant in (OURS, THEIRS):
                    cursor.execute(f"INSERT INTO {table.name} {values_of(table)}", [Jsonb(of(tenant, row))])
            done.add(table.name)


def of(tenant: UUID, row: Row) -> Row:
    """The same row in a tenant."""
    return {column: str(tenant) if value == str(OURS) else value for column, value in row.items()}


def values_of(table: Table) -> str:
    """`INSERT INTO …` goes on with this: the row is a JSON parameter."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"({names}) SELECT {names} FROM jsonb_populate_record(NULL::{table.name}, %s)"
