"""The words with which a migration secures its tables.

`secure` enables and forces row-level security, adds the restrictive tenant policy and the permissive policies given,
and grants what the running processes need. Nothing here is granted to anybody by default.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic import op

TENANT = "tenant_id = (SELECT kernel.tenant_id())"
RELAY = "current_user = 'portal_relay'"
ME = "(SELECT kernel.user_id())"


@dataclass(frozen=True)
class Policy:
    """A permissive policy: for a command, rows for which `when` holds (for INSERT: `when` is the check)."""

    command: str
    when: str
    check: str | None = None


def roles(*names: str) -> str:
    """The principal holds one of the roles."""
    return f"(SELECT kernel.has_role({', '.join(repr(name) for name in names)}))"


def system(*purposes: str) -> str:
    """Our own process, for one of the named purposes."""
    return f"(SELECT kernel.is_system({', '.join(repr(name) for name in purposes)}))"


def purpose(*purposes: str) -> str:
    """Whoever acts does so for one of the purposes that the endpoint declared."""
    return f"((SELECT kernel.purpose()) IN ({', '.join(repr(name) for name in purposes)}))"


def granted(patient: str = "patient_id", part: str | None = None) -> str:
    """The signed-in person has a grant on the row's patient that is in force and, from 0021 on, covers the part."""
    covered = f" AND (g.scope IS NULL OR '{part}' = ANY (g.scope))" if part else ""
    # The row's column stands outside the subquery: inside, its bare name would be the grant's own.
    return (
        f"({patient} IN (SELECT g.patient_id FROM patients.access_grant AS g"
        f" WHERE g.tenant_id = (SELECT kernel.tenant_id()) AND g.user_id = {ME}{covered}"
        " AND g.since <= (SELECT kernel.now()) AND (g.until IS NULL OR g.until > (SELECT kernel.now()))))"
    )


def either(*conditions: str) -> str:
    """One of the conditions holds."""
    return "(" + " OR ".join(conditions) + ")"


def both(*conditions: str) -> str:
    """All of the conditions hold."""
    return "(" + " AND ".join(conditions) + ")"


def read(when: str) -> Policy:
    return Policy("SELECT", when)


def add(when: str) -> Policy:
    return Policy("INSERT", when)


def change(when: str, check: str | None = None) -> Policy:
    return Policy("UPDATE", when, check)


def remove(when: str) -> Policy:
    return Policy("DELETE", when)


def create_schema(name: str, *, processes: Sequence[str] = ("portal_web", "portal_worker")) -> None:
    """Make a context's schema; the backup role may read all that comes to be in it."""
    op.execute(f"CREATE SCHEMA {name}")
    op.execute(f"GRANT USAGE ON SCHEMA {name} TO {', '.join((*processes, 'portal_backup'))}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT SELECT ON TABLES TO portal_backup")


def drop_schema(name: str) -> None:
    """Undo `create_schema` with everything in it."""
    op.execute(f"DROP SCHEMA {name} CASCADE")


def secure(
    table: str,
    policies: Iterable[Policy],
    *,
    grants: str = "SELECT, INSERT, UPDATE",
    processes: Sequence[str] = ("portal_web", "portal_worker"),
    relay: str | None = None,
) -> None:
    """Close a table and open it for exactly these policies. `relay`: what the relay may do across tenants."""
    tenant = f"({TENANT} OR {RELAY})" if relay else TENANT
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON {table} AS RESTRICTIVE FOR ALL TO PUBLIC USING ({tenant}) WITH CHECK ({tenant})"
    )
    for number, policy in enumerate(policies, 1):
        name = f"{policy.command.lower()}_{number}"
        using = f" USING ({policy.when})" if policy.command != "INSERT" else ""
        check = policy.check or (policy.when if policy.command in {"INSERT", "UPDATE", "ALL"} else None)
        with_check = f" WITH CHECK ({check})" if check else ""
        op.execute(f"CREATE POLICY {name} ON {table} FOR {policy.command} TO PUBLIC{using}{with_check}")
    op.execute(f"GRANT {grants} ON {table} TO {', '.join(processes)}")
    if relay:
        op.execute(f"CREATE POLICY relay ON {table} FOR ALL TO portal_relay USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {relay} ON {table} TO portal_relay")


def immutable(table: str, *, when: str = "true", allow: Sequence[str] = ()) -> None:
    """Refuse UPDATE and DELETE of rows for which `when` holds over OLD; columns in `allow` may still change."""
    schema, name = table.split(".")
    copy = "".join(f" frozen.{column} := NEW.{column};" for column in allow)
    op.execute(
        f"""
        CREATE FUNCTION {schema}.{name}_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE frozen {table}%ROWTYPE := OLD;
        BEGIN
          IF NOT ({when}) THEN
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
          END IF;
          IF TG_OP = 'UPDATE' THEN
            {copy}
            IF frozen IS NOT DISTINCT FROM NEW THEN RETURN NEW; END IF;
          END IF;
          RAISE EXCEPTION '{name} is immutable' USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = '{name}_is_immutable', SCHEMA = '{schema}', TABLE = '{name}';
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {schema}.{name}_is_immutable()"
    )
