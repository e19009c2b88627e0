"""Old ranges go, whole and under their own role; what stays is still verified, and says from where."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from jobs.retention import drop_once
from portal.audit import drop_old_records, retention_years
from portal.audit.models import Leaf
from portal.kernel.db import Database
from tests.audit.conftest import YEARS, Log

OLD = timedelta(days=365 * YEARS + 30)


@pytest.fixture(scope="module")
def retention_database(urls: dict[str, str]) -> Iterator[Database]:
    database = Database(urls["portal_retention"], pool_size=2)
    yield database
    database.engine.dispose()


@pytest.fixture
def old_log(empty_log: Log) -> Log:
    """Eight records from longer ago than they are kept, under two checkpoints, then four of today."""
    for _ in range(2):
        empty_log.record(at=empty_log.now - OLD)
        empty_log.sequence(now=empty_log.now - OLD)
    empty_log.record()
    empty_log.sequence()
    empty_log.export()
    return empty_log


def drop(log: Log, database: Database) -> int:
    with database.transaction(log.clinic.system("retention")) as session:
        return drop_old_records(session, years=YEARS, now=log.now)


def test_old_records_go_and_the_rest_is_verified_from_there(old_log: Log, retention_database: Database) -> None:
    assert drop(old_log, retention_database) == 8
    report = old_log.verify()
    assert report.findings == []
    assert (report.start, report.size) == (8, 12)
    assert drop(old_log, retention_database) == 0
    old_log.record()
    old_log.sequence()
    assert old_log.verify().findings == []


def test_the_daily_pass_records_what_it_dropped(old_log: Log, retention_database: Database) -> None:
    drop_once(retention_database, now=old_log.now)
    with old_log.web.session(old_log.clinic.system("audit")) as session:
        events = session.scalars(select(Leaf).where(Leaf.action == "event")).all()
    assert [(leaf.resources, leaf.purpose) for leaf in events] == [(["audit.dropped"], "retention")]
    old_log.sequence()
    assert old_log.verify().findings == []
    assert old_log.verify().start == 8


def test_what_is_not_old_stays(log: Log, retention_database: Database) -> None:
    assert drop(log, retention_database) == 0
    assert log.verify().start == 0


@pytest.mark.parametrize("upto", [12, 7, 4000])
def test_only_an_old_checkpointed_range_can_be_dropped(old_log: Log, retention_database: Database, upto: int) -> None:
    with pytest.raises(ProgrammingError, match="old enough"):  # noqa: SIM117
        with retention_database.transaction(old_log.clinic.system("retention")) as session:
            session.execute(text("SELECT audit.drop_before(:upto)"), {"upto": upto})


def test_the_callers_clock_does_not_count(log: Log, retention_database: Database) -> None:
    with pytest.raises(ProgrammingError, match="old enough"):  # noqa: SIM117
        with retention_database.transaction(log.clinic.system("retention")) as session:
            session.execute(text("SELECT set_config('app.now', '2099-01-01T00:00:00Z', true)"))
            session.execute(text("SELECT audit.drop_before(4)"))


def test_an_old_checkpoint_over_a_young_record_keeps_it(empty_log: Log, retention_database: Database) -> None:
    empty_log.record()
    empty_log.sequence(now=empty_log.now - OLD)
    empty_log.export()
    with pytest.raises(ProgrammingError, match="old enough"):
        drop(empty_log, retention_database)


def test_what_is_not_in_a_second_place_stays(empty_log: Log, retention_database: Database) -> None:
    empty_log.record(at=empty_log.now - OLD)
    empty_log.sequence(now=empty_log.now - OLD)
    assert drop(empty_log, retention_database) == 0


@pytest.mark.parametrize("table", ["leaf", "entry", "checkpoint", "waiting"])
def test_the_role_deletes_in_no_other_way(old_log: Log, retention_database: Database, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):  # noqa: SIM117
        with retention_database.transaction(old_log.clinic.system("retention")) as session:
            session.execute(text(f"DELETE FROM audit.{table}"))


def test_the_closest_jurisdiction_holds(log: Log) -> None:
    with log.web.session(log.clinic.system("audit")) as session:
        assert [retention_years(session, jurisdiction=name) for name in ("US-MA", "US", "FR-75")] == [6, 6, 10]
