"""Bookings a second with 20 clients at once: for times of their own, and all for the same one."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.scheduling import PatientBusy, Slot, SlotTaken, book_appointment
from tests.bench.figures import Table, median
from tests.bench.ground import Ground
from tests.factories.patients import make_patient
from tests.factories.practitioners import make_practitioner
from tests.factories.scheduling import free_slots, make_visit_type, work_every_day
from tests.support.clinics import Clinic

CLIENTS = 20
PRACTITIONERS = 4
Person = tuple[UUID, UUID]
Try = Callable[[], bool]


def race(ground: Ground, *, each: int, rounds: int) -> Table:
    """`each`: how many times every client books; `rounds`: how often all want one time."""
    clinic, now = ground.small_clinic(), ground.clock.now
    kind = make_visit_type(ground.worker, clinic)
    for _ in range(PRACTITIONERS):
        _, practitioner = make_practitioner(ground.worker, clinic, now=now)
        work_every_day(ground.worker, clinic, practitioner, now=now)
    people = [make_patient(ground.worker, clinic, now=now) for _ in range(CLIENTS)]
    slots = _apart(free_slots(ground.worker, clinic, kind, now=now, count=4 * CLIENTS * each + 4 * rounds))
    own, wanted = slots[: CLIENTS * each], slots[CLIENTS * each :][:rounds]

    def booking(person: Person, slot: Slot) -> Try:
        return lambda: _book(ground.web, clinic, person, slot, kind=kind, ground=ground)

    shares = [[booking(person, slot) for slot in own[number::CLIENTS]] for number, person in enumerate(people)]
    won, took = _all_at_once(shares)
    winners, contests = [], []
    for slot in wanted:
        count, seconds = _all_at_once([[booking(person, slot)] for person in people])
        winners.append(count)
        contests.append(seconds * 1000)
    rows = [
        ["bookings a second, each of 20 clients its own times, 4 clinicians", f"{won / took:.0f}"],
        ["… of which succeeded", f"{won} of {len(own)}"],
        ["20 clients for one time: winners", ", ".join(str(one) for one in sorted(set(winners)))],
        ["… until all 20 have their answer, median ms", f"{median(contests):.0f}"],
    ]
    misses = [] if set(winners) == {1} else ["One time had another number of winners than one"]
    return Table(title="Booking with 20 clients at once", columns=["what", "figure"], rows=rows, misses=misses)


def _apart(slots: Sequence[Slot]) -> list[Slot]:
    """Times no two of which are at the same moment, so that no client is busy: one clinician in turn each."""
    by_start: dict[object, list[Slot]] = {}
    for slot in slots:
        by_start.setdefault(slot.starts_at, []).append(slot)
    return [found[number % len(found)] for number, found in enumerate(by_start.values())]


def _book(web: Database, clinic: Clinic, person: Person, slot: Slot, *, kind: UUID, ground: Ground) -> bool:
    account, patient = person
    who = Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.PATIENT]).acting(purpose="scheduling")
    try:
        with web.transaction(who) as session:
            book_appointment(
                session,
                patient_id=patient,
                visit_type_id=kind,
                practitioner_id=slot.practitioner_id,
                starts_at=slot.starts_at,
                zone="America/New_York",
                jurisdiction="US-MA",
                now=ground.clock.now,
            )
    except (SlotTaken, PatientBusy):
        return False
    return True


def _all_at_once(shares: Sequence[Sequence[Try]]) -> tuple[int, float]:
    """Each share in a thread of its own, all from the same moment; how many succeeded, and seconds until the last."""
    start = threading.Barrier(len(shares) + 1)

    def work(share: Sequence[Try]) -> int:
        start.wait()
        return sum(attempt() for attempt in share)

    with ThreadPoolExecutor(len(shares)) as pool:
        running = [pool.submit(work, share) for share in shares]
        start.wait()
        begin = time.perf_counter()
        won = sum(one.result() for one in running)
        return won, time.perf_counter() - begin
