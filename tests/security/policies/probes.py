"""Probes: what each login may do to a table's rows as each principal that the table's policies name."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from psycopg import sql

from tests.security.policies.rows import NOBODY, ONESELF, OURS, SOMEBODY, THEIRS, Cursor, Table, of, values_of

COMMANDS = {"r": ("SELECT",), "a": ("INSERT",), "w": ("UPDATE",), "d": ("DELETE",)}
COMMANDS["*"] = ("SELECT", "INSERT", "UPDATE", "DELETE")
# One round trip for a principal. What was changed is undone at once; which constraint refused does not matter.
PROBE = """
CREATE FUNCTION public.probe(login text, tenant text, who text, roles text, why text, asks text[]) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE said text[] := '{}'; ask text; touched bigint;
BEGIN
  PERFORM set_config('app.tenant_id', tenant, true), set_config('app.user_id', who, true),
          set_config('app.roles', roles, true), set_config('app.purpose', why, true), set_config('role', login, true);
  FOREACH ask IN ARRAY asks LOOP
    BEGIN
      EXECUTE ask;
      GET DIAGNOSTICS touched = ROW_COUNT;
      RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = touched::text;
    EXCEPTION
      WHEN SQLSTATE 'ZZ001' THEN said := said || SQLERRM::text;
      WHEN insufficient_privilege THEN said := said || 'refused'::text;
    END;
  END LOOP;
  PERFORM set_config('role', 'none', true);
  RETURN said;
END $$
"""


@dataclass(frozen=True)
class Acting:
    """A login role, and the principal that it says it acts for."""

    login: str
    who: str
    role: str
    why: str


@dataclass(frozen=True)
class Policy:
    """A row of pg_policy."""

    table: str
    name: str
    command: str
    permissive: bool
    logins: tuple[str, ...]
    using: str | None
    check: str | None

    @property
    def said(self) -> str:
        return f"{self.using or ''} {self.check or ''}"

    @property
    def is_open(self) -> bool:
        """Holds for every row anyway."""
        return {self.using, self.check} <= {"true", None}

    def opened(self) -> str:
        """The statement that lets it hold for every row."""
        using = "" if self.command == "a" else " USING (true)"
        check = "" if self.command in "rd" else " WITH CHECK (true)"
        return f"ALTER POLICY {self.name} ON {self.table}{using}{check}"

    def dropped(self) -> str:
        return f"DROP POLICY {self.name} ON {self.table}"


def read_policies(cursor: Cursor) -> list[Policy]:
    rows = cursor.execute(
        "SELECT polrelid::regclass::text, polname, polcmd, polpermissive,"
        " ARRAY(SELECT rolname::text FROM pg_roles WHERE oid = ANY (polroles)),"
        " pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) FROM pg_policy ORDER BY 1, 2"
    ).fetchall()
    return [
        Policy(table, name, command.decode() if isinstance(command, bytes) else command, yes, tuple(to), using, check)
        for table, name, command, yes, to, using, check in rows
    ]


def _words(pattern: str, said: str) -> list[str]:
    return sorted({word for found in re.findall(pattern, said) for word in re.findall(r"'([^']+)'::text", found)})


def named_by(said: str, logins: list[str]) -> list[Acting]:
    """Whom an expression names, in each of their roles and for each of its purposes; and a stranger last."""
    roles = [role for role in _words(r"has_role\(VARIADIC ARRAY\[(.*?)\]", said) if role != "system"]
    reasons = _words(r"purpose\(\) AS purpose\) = (?:ANY \(ARRAY\[(?:.*?)\]\)|'[^']+'::text)", _shown(said))
    people = [
        Acting(login, str(who), role, why)
        for role, why, who, login in product(roles or ["visitor"], reasons or ["care"], (ONESELF, SOMEBODY), logins)
    ]
    jobs = [
        Acting(login, "", "system", why)
        for why, login in product(_words(r"is_system\(VARIADIC ARRAY\[(.*?)\]", said) or ["any"], logins)
    ]
    return people + jobs + [Acting(login, str(NOBODY), "visitor", "public") for login in logins]


def _shown(said: str) -> str:
    return " ".join(said.split())


@dataclass
class Prober:
    """Asks one table."""

    cursor: Cursor
    table: Table
    policies: list[Policy]
    _known: dict[tuple[Acting, tuple[str, ...]], list[str]] = field(default_factory=dict)

    def logins(self, policy: Policy) -> list[str]:
        """Who logs in and may do to the table what the policy is for."""
        wanted = ", ".join(COMMANDS[policy.command])
        rows = self.cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname ~ '^portal_' AND NOT rolbypassrls AND ("
            "has_any_column_privilege(rolname, %(table)s, 'SELECT') AND %(any)s LIKE '%%SELECT%%'"
            " OR has_any_column_privilege(rolname, %(table)s, 'INSERT') AND %(any)s LIKE '%%INSERT%%'"
            " OR has_any_column_privilege(rolname, %(table)s, 'UPDATE') AND %(any)s LIKE '%%UPDATE%%'"
            " OR has_table_privilege(rolname, %(table)s, 'DELETE') AND %(any)s LIKE '%%DELETE%%') ORDER BY 1",
            {"table": self.table.name, "any": wanted},
        ).fetchall()
        held = [name for (name,) in rows if name != "portal_migrate"]
        return [name for name in held if not policy.logins or name in policy.logins]

    def asks(self, commands: tuple[str, ...], login: str) -> list[str]:
        """The statements of a probe. Writes are asked row by row: one that is refused must not hide the others."""
        found: list[str] = []
        for command in commands:
            if command == "INSERT":
                found += self._inserts
            elif command == "UPDATE":
                column = self._changeable(login)
                # And once without reading: then the policy stands alone, without those for SELECT.
                found += [f"UPDATE {self.table.name} SET {column} = NULL"] if column else []
                values = [f"{column} = {column}"] if column else []
                values += [f"{owner} = kernel.user_id()" for owner in sorted(self.table.owners - {"id", "user_id"})]
                found += [f"UPDATE {self.table.name} SET {one} {where}" for one in values for where in self._places]
            else:
                found.append(f"{command} FROM {self.table.name}")
        return found

    @cached_property
    def _inserts(self) -> list[str]:
        both = [*self.table.rows, of(THEIRS, self.table.rows[0])]
        values = values_of(self.table).partition("%s")
        return [
            f"INSERT INTO {self.table.name} {values[0]}{sql.Literal(json.dumps(row)).as_string()}{values[2]}"
            for row in both
        ]

    @cached_property
    def _places(self) -> list[str]:
        ours = "" if "tenant_id" not in self.table.rows[0] else f" WHERE tenant_id = '{OURS}'"
        rows = self.cursor.execute(f"SELECT ctid::text FROM {self.table.name}{ours}").fetchall()
        return ["", *(f"WHERE ctid = '{place}'" for (place,) in rows)]

    def _changeable(self, login: str) -> str | None:
        row = self.cursor.execute(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND has_column_privilege(%s, attrelid, attnum, 'UPDATE') LIMIT 1",
            [self.table.name, login],
        ).fetchone()
        return str(row[0]) if row else None

    def _ask(self, acting: Acting, commands: tuple[str, ...]) -> list[str]:
        asks = self.asks(commands, acting.login)
        row = self.cursor.execute(
            "SELECT public.probe(%s, %s, %s, %s, %s, %s)",
            [acting.login, str(OURS), acting.who, acting.role, acting.why, asks],
        ).fetchone()
        assert row is not None
        return list(row[0])

    def notices(self, policy: Policy, statement: str) -> Acting | None:
        """The first principal for whom a change of the policy changes what they may do; None: nobody."""
        logins = self.logins(policy)
        said = " ".join(one.said for one in self.policies)
        commands = COMMANDS[policy.command]
        self.cursor.execute("SAVEPOINT changed")
        try:
            for acting in dict.fromkeys([*named_by(policy.said, logins), *named_by(said, logins)]):
                before = self._before(acting, commands)
                self.cursor.execute(statement)
                after = self._ask(acting, commands)
                self.cursor.execute("ROLLBACK TO SAVEPOINT changed")
                if before != after:
                    return acting
            return None
        finally:
            self.cursor.execute("ROLLBACK TO SAVEPOINT changed")

    def _before(self, acting: Acting, commands: tuple[str, ...]) -> list[str]:
        if (acting, commands) not in self._known:
            self._known[acting, commands] = self._ask(acting, commands)
        return self._known[acting, commands]

    def unnoticed(self, policy: Policy) -> list[str]:
        """Which changes nobody notices: it is taken away; a permissive one holds for every row.

        A permissive policy that says what a restrictive one for its logins says may hold for more: that one stands.
        """
        statements = {"taken away": policy.dropped()}
        twins = {one.using for one in self.policies if not one.permissive and one.logins == policy.logins}
        if policy.permissive and not policy.is_open and policy.using not in twins:
            statements["opened"] = policy.opened()
        return [what for what, statement in statements.items() if self.notices(policy, statement) is None]
