"""Each policy of row-level security is needed: without it, or with it open to all, somebody may do what they may not.

Generated over pg_policy. In a transaction that is rolled back every table gets rows of every kind (policies/rows.py), a
policy is changed, and the table is asked what each login may do to those rows as each principal that its policies name
(policies/probes.py). What needed means:

- a restrictive policy, taken away: more is read or written (of another tenant, of a sensitive note);
- a permissive policy, taken away: somebody who should no longer may, so that no other policy says the same;
- a permissive policy, made to hold for every row: somebody who should not now may, so that each says something.
"""

from collections.abc import Iterator

import psycopg
import pytest

from tests.security.policies.probes import PROBE, Policy, Prober, read_policies
from tests.security.policies.rows import Cursor, plant, read_tables
from tests.support.servers import superuser

# A representative of each kind: the tenant, a grant, a part of the record, a sensitive note, whoever signs in.
EVERY_DAY = ("intake.photo", "identity.recovery_code", "charting.note_words")
# What one function gives to every table with sealed columns, also to the one that is open to every job of ours.
REPEATS = {("notifications.delivery", "rotate"), ("notifications.delivery", "rotate_read")}


@pytest.fixture(scope="module")
def probers(urls: dict[str, str]) -> Iterator[dict[str, Prober]]:
    """Tables with their rows; nothing of it stays."""
    with superuser(urls) as connection, connection.transaction(force_rollback=True):
        cursor = connection.cursor()
        cursor.execute("SET LOCAL search_path TO ''")  # so that every name is printed with its schema
        tables = read_tables(cursor)
        policies = read_policies(cursor)
        plant(cursor, tables)
        cursor.execute(PROBE)
        yield {
            name: Prober(cursor, table, [one for one in policies if one.table == name])
            for name, table in tables.items()
        }


def _unneeded(probers: dict[str, Prober], tables: tuple[str, ...]) -> list[tuple[str, str, list[str]]]:
    found = []
    for name in tables:
        for policy in probers[name].policies:
            if unnoticed := probers[name].unnoticed(policy):
                found.append((name, policy.name, unnoticed))
    return found


@pytest.mark.parametrize("table", EVERY_DAY)
def test_each_policy_of_a_few_tables_is_needed(probers: dict[str, Prober], table: str) -> None:
    assert _unneeded(probers, (table,)) == []


@pytest.mark.verify
@pytest.mark.parametrize("part", range(4))
def test_each_policy_is_needed(probers: dict[str, Prober], part: int) -> None:
    tables = tuple(sorted(probers))[part::4]
    assert len(tables) > 10
    assert {(table, name) for table, name, _ in _unneeded(probers, tables)} == {
        one for one in REPEATS if one[0] in tables
    }


def test_a_policy_that_repeats_another_would_be_found(probers: dict[str, Prober]) -> None:
    prober = probers["intake.photo"]
    cursor: Cursor = prober.cursor
    with cursor.connection.transaction(force_rollback=True):
        cursor.execute("CREATE POLICY again ON intake.photo FOR SELECT TO PUBLIC USING (kernel.is_system('objects'))")
        again = next(one for one in read_policies(cursor) if (one.table, one.name) == ("intake.photo", "again"))
        assert Prober(cursor, prober.table, [*prober.policies, again]).unnoticed(again) == ["taken away"]


def test_every_table_has_rows_in_both_tenants_that_its_policies_tell_apart(probers: dict[str, Prober]) -> None:
    assert all(len(prober.table.rows) >= 1 for prober in probers.values())
    policies: list[Policy] = [one for prober in probers.values() for one in prober.policies]
    assert len(policies) > 400


def test_nothing_of_the_probe_stays(urls: dict[str, str]) -> None:
    with superuser(urls) as connection, pytest.raises(psycopg.errors.UndefinedFunction):
        connection.execute("SELECT public.probe('', '', '', '', '', '{}')")
