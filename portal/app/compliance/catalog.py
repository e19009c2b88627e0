"""Whether PostgreSQL itself keeps clinics and patients apart: every table, key, view, function and role.

The lists below are the only exceptions, each with its reason; `tests/kernel/test_catalog.py` holds the schema that the
migrations make against the same functions.
"""

from collections.abc import Iterator

from portal.app.compliance.findings import Ground

#: Tables that belong to no tenant, and why they may: they hold no patient data and are read before a tenant is known.
GLOBAL_TABLES = {
    "public.alembic_version": "the schema's version",
    "tenancy.organisation": "the directory of clinics; its id is the tenant's id",
    "audit.retention": "how many years each jurisdiction keeps the audit record: law, nobody's data",
}
#: Functions that run as their owner, and why.
DEFINER_FUNCTIONS = {
    "audit.drop_before": "deletes what nobody may delete, after it has asked for a checkpoint and the age",
    "charting.unsigned_notes_of": "when drafts of somebody who leaves were begun; never whose they are",
    "charting.withheld_notes": "counts what a label keeps from the reader, who may not see a row of it",
    "charting.withheld_history": "the same of problems and medicines",
    "patients.has_grant": "asked by the policies of access_grant itself, which would recurse",
    "patients.has_proxy": "the same, for a part of the record",
    "patients.may_take_up": "whether a newcomer may take up a record: asked before they can see it",
}
#: The one role that passes row-level security; no running process logs in as it.
BACKUP = "portal_backup"
OWNER = "portal_owner"
#: Schemas of PostgreSQL's own.
THEIRS = "^(pg_|information_schema$)"

_TABLES = """
  SELECT n.nspname || '.' || c.relname AS name, r.rolname AS owner,
         c.relrowsecurity AND c.relforcerowsecurity AS closed,
         EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd = '*'
           AND p.polroles = '{0}' AND pg_get_expr(p.polqual, p.polrelid) LIKE '%tenant_id()%') AS walled
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
   WHERE c.relkind IN ('r', 'p') AND n.nspname !~ :theirs ORDER BY 1
"""
# In an EXCLUDE the order of the columns means nothing; the tenant must be among them.
_KEYS = """
  SELECT n.nspname || '.' || t.relname AS "table", c.conname AS name
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
   WHERE c.contype IN ('p', 'u', 'f', 'x') AND n.nspname !~ :theirs AND a.attname <> 'tenant_id'
     AND NOT (c.contype = 'x' AND EXISTS (SELECT 1 FROM pg_attribute k WHERE k.attrelid = c.conrelid
       AND k.attname = 'tenant_id' AND k.attnum = ANY (c.conkey)))
  UNION
  SELECT n.nspname || '.' || t.relname, x.relname
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
   WHERE i.indisunique AND n.nspname !~ :theirs AND a.attname IS DISTINCT FROM 'tenant_id'
     AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype = 'x')
   ORDER BY 1, 2
"""
_VIEWS = """
  SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname !~ :theirs AND (c.relkind = 'm' OR c.relkind = 'v'
     AND coalesce(c.reloptions::text, '') NOT LIKE '%security_invoker=true%') ORDER BY 1
"""
_DEFINERS = """
  SELECT DISTINCT n.nspname || '.' || p.proname AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE p.prosecdef AND n.nspname !~ :theirs ORDER BY 1
"""
_ROLES = """
  SELECT rolname AS name FROM pg_roles
   WHERE rolname LIKE 'portal%' AND (rolbypassrls OR rolsuper OR rolcreaterole) ORDER BY 1
"""


def without_row_security(ground: Ground) -> Iterator[str]:
    """Tables whose row-level security is not on and forced: their owner, or everybody, sees all rows."""
    for table in ground.catalog(_TABLES, theirs=THEIRS):
        if not table.closed and table.name != "public.alembic_version":
            yield table.name


def without_tenant_policy(ground: Ground) -> Iterator[str]:
    """Tables without the restrictive policy that ends at the clinic's wall."""
    for table in ground.catalog(_TABLES, theirs=THEIRS):
        if not table.walled and table.name not in GLOBAL_TABLES:
            yield table.name


def owned_by_a_login_role(ground: Ground) -> Iterator[str]:
    """Tables of another owner than the one that cannot log in."""
    for table in ground.catalog(_TABLES, theirs=THEIRS):
        if table.owner != OWNER:
            yield f"{table.name} belongs to {table.owner}"


def keys_not_led_by_tenant(ground: Ground) -> Iterator[str]:
    """Keys and unique indexes with which a row could point into, or learn of, another clinic."""
    for key in ground.catalog(_KEYS, theirs=THEIRS):
        if key.table not in GLOBAL_TABLES:
            yield f"{key.name} of {key.table}"


def views_as_owner(ground: Ground) -> Iterator[str]:
    """Views that run as their owner, and materialised ones, which row-level security does not reach."""
    for view in ground.catalog(_VIEWS, theirs=THEIRS):
        yield view.name


def unlisted_definers(ground: Ground) -> Iterator[str]:
    """SECURITY DEFINER functions without a reason on the list."""
    for function in ground.catalog(_DEFINERS, theirs=THEIRS):
        if function.name not in DEFINER_FUNCTIONS:
            yield function.name


def roles_past_the_walls(ground: Ground) -> Iterator[str]:
    """Login roles that pass row-level security, or could make themselves one that does."""
    for role in ground.catalog(_ROLES):
        if role.name != BACKUP:
            yield role.name
