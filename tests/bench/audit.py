"""Audit leaves a second with 8 clients, a transaction each, and how fast the sequencer follows."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit import Signer, record_event, sequence_leaves
from portal.kernel.db import Database
from tests.bench.figures import Table
from tests.bench.ground import Ground
from tests.support.clinics import Clinic

CLIENTS = 8
TARGET = 2_000


def measure(ground: Ground, *, each: int) -> Table:
    """`each`: how many leaves every client appends."""
    clinic = ground.small_clinic()
    start = threading.Barrier(CLIENTS + 1)

    def append() -> None:
        start.wait()
        for _ in range(each):
            with ground.web.transaction(clinic.system("bench")) as session:
                record_event(session, what="bench")

    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(append) for _ in range(CLIENTS)]
        start.wait()
        begin = time.perf_counter()
        for one in running:
            one.result()
        appended = CLIENTS * each / (time.perf_counter() - begin)
    count, took = _sequence(ground.sequencer, clinic, ground)
    rows = [
        [f"leaves a second, {CLIENTS} clients, a transaction each", f"{appended:.0f}"],
        ["leaves a second that one sequencer brings into the log, signed", f"{count / took:.0f}"],
    ]
    misses = [] if appended > TARGET else [f"Leaves a second are below the target of {TARGET:,}"]
    return Table(title="Audit", columns=["what", "figure"], rows=rows, misses=misses)


def _sequence(database: Database, clinic: Clinic, ground: Ground) -> tuple[int, float]:
    signer, total = Signer(Ed25519PrivateKey.generate()), 0
    begin = time.perf_counter()
    while True:
        with database.transaction(clinic.system("sequencing")) as session:
            count = sequence_leaves(session, signer=signer, now=ground.clock.now)
        if not count:
            return total, time.perf_counter() - begin
        total += count
