"""A clinic whose log has three checkpoints of four records, and somebody who owns the database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, make_url

from portal.audit import Report, Signer, export_checkpoints, sequence_leaves, verify_log
from portal.audit.models import Leaf
from portal.integrations.checkpoints import FileCheckpointStore
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from tests.support.clinics import Clinic
from tests.support.clock import Clock

YEARS = 6


def leaf_of(clinic: Clinic, *, at: datetime) -> dict[str, Any]:
    """A leaf's columns."""
    return {
        "tenant_id": clinic.id, "id": new_id(), "at": at, "user_id": new_id(), "on_behalf_of": None,
        "session_id": None, "roles": ["clinician"], "purpose": "care", "permission": "note:read", "action": "read",
        "patient_id": new_id(), "resources": ["Note"], "grant_basis": None, "address": "192.0.2.7",
        "device": "A browser, مثال", "request_id": "r",
    }  # fmt: skip


@dataclass(kw_only=True)
class Log:
    """One clinic's log and what its sequencer holds."""

    clinic: Clinic
    web: Database
    sequencer: Database
    store: FileCheckpointStore
    signer: Signer
    now: datetime

    def record(self, count: int = 4, *, at: datetime | None = None) -> list[dict[str, Any]]:
        leaves = [leaf_of(self.clinic, at=at or self.now) for _ in range(count)]
        with self.web.transaction(self.clinic.system("tests")) as session:
            session.execute(insert(Leaf), leaves)
        return leaves

    def sequence(self, *, limit: int = 100, now: datetime | None = None) -> int:
        with self.sequencer.transaction(self.clinic.system("sequencing")) as session:
            return sequence_leaves(session, signer=self.signer, now=now or self.now, limit=limit)

    def export(self) -> int:
        with self.sequencer.transaction(self.clinic.system("sequencing")) as session:
            return export_checkpoints(session, store=self.store, now=self.now)

    def verify(self, *, second_place: bool = True, now: datetime | None = None) -> Report:
        store = self.store if second_place else None
        with self.web.session(self.clinic.system("audit")) as session:
            return verify_log(session, key=self.signer.key, years=YEARS, now=now or self.now, store=store)

    def kinds(self, **options: Any) -> set[str]:
        return {str(finding.kind) for finding in self.verify(**options).findings}


@pytest.fixture(scope="session")
def sequencer_database(urls: dict[str, str]) -> Iterator[Database]:
    database = Database(urls["portal_sequencer"], pool_size=4)
    yield database
    database.engine.dispose()


@pytest.fixture
def empty_log(clinic: Clinic, database: Database, sequencer_database: Database, clock: Clock, tmp_path: Path) -> Log:
    return Log(
        clinic=clinic,
        web=database,
        sequencer=sequencer_database,
        store=FileCheckpointStore(tmp_path),
        signer=Signer(Ed25519PrivateKey.generate()),
        now=clock.now,
    )


@pytest.fixture
def log(empty_log: Log) -> Log:
    """Twelve records under three checkpoints, each exported."""
    for number in range(3):
        empty_log.record()
        empty_log.sequence(now=empty_log.now + timedelta(seconds=number))
        empty_log.export()
    return empty_log


@pytest.fixture
def as_owner(urls: dict[str, str], clinic: Clinic) -> Callable[..., None]:
    """`as_owner("DELETE … WHERE tenant_id = %(t)s")` as a superuser, triggers and foreign keys disabled."""

    def run(statement: str, **values: Any) -> None:
        address = make_url(urls["admin"]).set(drivername="postgresql", database=urls["database"])
        with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
            connection.execute("SET session_replication_role = replica")
            done = connection.execute(statement, {"t": clinic.id, **values})
            assert done.rowcount > 0, "nothing was altered"

    return run
