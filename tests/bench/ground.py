"""What is measured on: PostgreSQL that flushes to disk, the application in this process, clinics of different sizes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import URL, create_engine, make_url, text

from deploy.prepare import prepare_database
from deploy.stack import Stack
from portal.app.demo.load import seed_load
from portal.app.factory import create_app
from portal.app.processes import Process, make_process
from portal.kernel.config import Settings
from portal.kernel.db import Database
from tests.budgets.world import World, make_world
from tests.support.clinics import Clinic, make_clinic
from tests.support.clock import Clock
from tests.support.processes import make_test_process
from tests.support.servers import PASSWORDS, TEMPLATE, Servers


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The application and its databases."""

    app: Flask
    web: Database
    worker: Database
    sequencer: Database
    process: Process
    rotator: Process
    admin_url: URL
    clock: Clock

    def clinic_with(self, patients: int) -> World:
        """A clinic of that size, in which a few patients stand at each stage of the way."""
        world = make_world(self.worker, self.web, make_clinic(self.worker, now=self.clock.now), now=self.clock.now)
        seed_load(self.worker, clinic_slug=world.clinic.slug, patients=patients, now=self.clock.now)
        self._tidy()
        return world

    def small_clinic(self) -> Clinic:
        return make_clinic(self.worker, now=self.clock.now)

    def _tidy(self) -> None:
        """What autovacuum does within the minutes after so many rows."""
        engine = create_engine(self.admin_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        engine.dispose()


@contextmanager
def ground() -> Iterator[Ground]:
    """Servers of this run's own, gone with it."""
    servers = Servers(durable=True)
    clock = Clock()
    urls = prepare_database(servers.postgres.admin_url, TEMPLATE, PASSWORDS)
    parts: dict[str, Any] = {"urls": urls, "redis_url": servers.redis.url, "folder": servers.folder, "clock": clock}
    web, worker = make_test_process("portal_web", **parts), make_test_process("portal_worker", **parts)
    rotator = make_test_process("portal_rotator", **parts)
    sequencer = Database(urls["portal_sequencer"], pool_size=1)
    app = create_app(web, now=clock)
    # A search is a form that changes nothing; its token is the same work on every page.
    app.config["WTF_CSRF_ENABLED"] = False
    admin_url = make_url(servers.postgres.admin_url).set(drivername="postgresql+psycopg", database=TEMPLATE)
    try:
        yield Ground(
            app=app,
            web=web.database,
            worker=worker.database,
            sequencer=sequencer,
            process=web,
            rotator=rotator,
            admin_url=admin_url,
            clock=clock,
        )
    finally:
        sequencer.engine.dispose()
        rotator.database.engine.dispose()
        web.database.engine.dispose()
        worker.database.engine.dispose()
        servers.stop()


def process_of(stack: Stack, role: str) -> Process:
    """The parts of a process of a running portal, in this process."""
    around = stack.environment(role)
    given = {name: around[name.upper()] for name in Settings.model_fields if name.upper() in around}
    return make_process(Settings.model_validate(given), pool_size=2)
