"""Audit leaves a second with 8 clients, a transaction each, and how fast the sequencer follows.

Twice: what the record itself takes, over plain connections; and through the portal's sessions in one process, where
Python's own work is what limits.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit import Signer, record_event, sequence_leaves
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from tests.bench.figures import Table
from tests.bench.ground import Ground
from tests.support.clinics import Clinic

CLIENTS = 8
TARGET = 2_000


def measure(ground: Ground, *, each: int) -> Table:
    """`each`: how many leaves every client appends."""
    clinic = ground.small_clinic()
    appended = _rate(lambda: _append_plainly(ground.web, clinic, each), each)
    through_sessions = _rate(lambda: _append(ground.web, clinic, each), each)
    count, took = _sequence(ground.sequencer, clinic, ground)
    rows = [
        [f"leaves a second, {CLIENTS} clients, a transaction each", f"{appended:.0f}"],
        [f"the same through the sessions of one process, {CLIENTS} threads", f"{through_sessions:.0f}"],
        ["leaves a second that one sequencer brings into the log, signed", f"{count / took:.0f}"],
    ]
    misses = [] if appended > TARGET else [f"Leaves a second are below the target of {TARGET:,}"]
    return Table(title="Audit", columns=["what", "figure"], rows=rows, misses=misses)


def _rate(work: Callable[[], None], each: int) -> float:
    """Transactions a second of CLIENTS that begin at once."""
    start = threading.Barrier(CLIENTS + 1)

    def client() -> None:
        start.wait()
        work()

    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(client) for _ in range(CLIENTS)]
        start.wait()
        begin = time.perf_counter()
        for one in running:
            one.result()
        return CLIENTS * each / (time.perf_counter() - begin)


def _append(database: Database, clinic: Clinic, each: int) -> None:
    for _ in range(each):
        with database.transaction(clinic.system("bench")) as session:
            record_event(session, what="bench")


def _append_plainly(database: Database, clinic: Clinic, each: int) -> None:
    """The statements of a session's transaction, without the session."""
    tell = (
        "SELECT set_config('app.tenant_id', %s, true), set_config('app.roles', 'system', true),"
        " set_config('app.purpose', 'bench', true)"
    )
    leaf = (
        "INSERT INTO audit.leaf VALUES (%s, %s, now(), NULL, NULL, NULL, '{system}', 'bench', '', 'event', NULL,"
        " '{bench}', NULL, '', '', '')"
    )
    with database.engine.connect() as connection:
        for _ in range(each):
            with connection.begin():
                connection.exec_driver_sql(tell, (str(clinic.id),))
                connection.exec_driver_sql(leaf, (clinic.id, new_id()))


def _sequence(database: Database, clinic: Clinic, ground: Ground) -> tuple[int, float]:
    signer, total = Signer(Ed25519PrivateKey.generate()), 0
    begin = time.perf_counter()
    while True:
        with database.transaction(clinic.system("sequencing")) as session:
            count = sequence_leaves(session, signer=signer, now=ground.clock.now)
        if not count:
            return total, time.perf_counter() - begin
        total += count
