"""The catalog of PostgreSQL itself: isolation holds for every table, or the build fails."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from portal.app.compliance.catalog import DEFINER_FUNCTIONS, GLOBAL_TABLES

SCHEMAS = "nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND nspname NOT LIKE 'pg_temp%'"


@pytest.fixture(scope="module")
def catalog(urls: dict[str, str]) -> Iterator[psycopg.Cursor[tuple]]:
    address = make_url(urls["admin"]).set(drivername="postgresql", database=urls["database"])
    connection = psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)
    connection.execute("SET search_path TO ''")  # so that every name is printed with its schema
    yield connection.cursor()
    connection.close()


def _tables(catalog: psycopg.Cursor[tuple]) -> list[tuple]:
    return catalog.execute(
        "SELECT n.nspname || '.' || c.relname, c.relrowsecurity, c.relforcerowsecurity, c.oid, r.rolname"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner"
        f" WHERE c.relkind IN ('r', 'p') AND {SCHEMAS}"
    ).fetchall()


def test_every_table_forces_row_level_security(catalog: psycopg.Cursor[tuple]) -> None:
    open_tables = [name for name, on, forced, *_ in _tables(catalog) if not (on and forced)]
    assert set(open_tables) <= {"public.alembic_version"}


def test_no_login_role_owns_a_table(catalog: psycopg.Cursor[tuple]) -> None:
    assert {owner for *_, owner in _tables(catalog)} == {"portal_owner"}


def test_every_table_has_the_restrictive_tenant_policy(catalog: psycopg.Cursor[tuple]) -> None:
    guarded = {
        name
        for name, expression in catalog.execute(
            "SELECT p.polrelid::regclass::text, pg_get_expr(p.polqual, p.polrelid) FROM pg_policy p"
            " WHERE NOT p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'"
        ).fetchall()
        if "tenant_id()" in expression
    }
    assert {name for name, *_ in _tables(catalog)} - guarded == set(GLOBAL_TABLES)


def test_every_key_is_led_by_the_tenant(catalog: psycopg.Cursor[tuple]) -> None:
    rows = catalog.execute(
        "SELECT c.conrelid::regclass::text, c.conname, a.attname FROM pg_constraint c"
        " JOIN pg_namespace n ON n.oid = c.connamespace"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
        f" WHERE c.contype IN ('p', 'u', 'f', 'x') AND {SCHEMAS}"
        # In an EXCLUDE the order of the columns means nothing; the tenant must be among them.
        " AND NOT (c.contype = 'x' AND EXISTS (SELECT 1 FROM pg_attribute t WHERE t.attrelid = c.conrelid"
        "   AND t.attname = 'tenant_id' AND t.attnum = ANY (c.conkey)))"
    ).fetchall()
    loose = [(table, name) for table, name, first in rows if first != "tenant_id" and table not in GLOBAL_TABLES]
    assert loose == []


def _asking_for_grants(catalog: psycopg.Cursor[tuple]) -> list[tuple[str, str, str]]:
    """(table, policy, expression) of each policy that asks whether the signed-in person holds a grant."""
    return catalog.execute(
        "SELECT p.polrelid::regclass::text, p.polname, e.said FROM pg_policy p, LATERAL (VALUES"
        " (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) AS e (said)"
        " WHERE e.said LIKE '%patients.access_grant%'"
    ).fetchall()


def test_every_policy_that_asks_for_a_grant_names_the_part_of_the_record(catalog: psycopg.Cursor[tuple]) -> None:
    asking = _asking_for_grants(catalog)
    assert len(asking) > 40
    open_to_any_part = {
        (table, name)
        for table, name, said in asking
        if said.count("patients.access_grant") != len(re.findall(r"'[a-z]+'::text = ANY \(g\.scope\)", said))
    }
    # The name of whom one acts for is seen with any part.
    assert open_to_any_part == {("patients.patient", "select_1")}


def test_a_grant_is_compared_with_the_rows_patient_and_never_with_its_own(catalog: psycopg.Cursor[tuple]) -> None:
    # Inside EXISTS a bare patient_id is the grant's own column, so the policy would hold for every row.
    asking = _asking_for_grants(catalog)
    compared = re.compile(r"\((?:patient_)?id IN \( SELECT g\.patient_id\s+FROM patients\.access_grant g\s")
    wrong = [
        (table, name)
        for table, name, said in asking
        if len(compared.findall(said)) != said.count("patients.access_grant")
    ]
    assert asking and wrong == []


def test_every_unique_index_is_led_by_the_tenant(catalog: psycopg.Cursor[tuple]) -> None:
    rows = catalog.execute(
        "SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, a.attname FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
        f" WHERE i.indisunique AND {SCHEMAS}"
    ).fetchall()
    assert [row for row in rows if row[2] != "tenant_id" and row[0] not in GLOBAL_TABLES] == []


def test_views_run_as_their_reader_and_nothing_is_materialised(catalog: psycopg.Cursor[tuple]) -> None:
    rows = catalog.execute(
        "SELECT n.nspname || '.' || c.relname, c.relkind, coalesce(c.reloptions::text, '') FROM pg_class c"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND {SCHEMAS}"
    ).fetchall()
    assert [name for name, kind, options in rows if kind == "m" or "security_invoker=true" not in options] == []


def test_security_definer_functions_are_on_the_list(catalog: psycopg.Cursor[tuple]) -> None:
    rows = catalog.execute(
        "SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE p.prosecdef AND {SCHEMAS}"
    ).fetchall()
    assert {name for (name,) in rows} == set(DEFINER_FUNCTIONS)


def test_only_the_backup_role_passes_row_level_security(catalog: psycopg.Cursor[tuple]) -> None:
    rows = catalog.execute(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'portal%' AND (rolbypassrls OR rolsuper OR rolcreaterole)"
    ).fetchall()
    assert [name for (name,) in rows] == ["portal_backup"]
