"""Signing in, step by step: how long a person waits, and what becomes of it when all come at once.

A password costs two passes over 46 MiB on purpose; as many are hashed at once as `portal.identity.passwords` lets.
"""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from portal.identity import current_code
from portal.identity.passwords import AT_ONCE
from portal.kernel.permissions import Role
from tests.bench.figures import Table, median, percentile
from tests.bench.ground import Ground
from tests.factories.identity import AUTHENTICATOR, PASSWORD, email_address, enrol, staff_member
from tests.identity.device import Device
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic

CLIENTS = 8


class Busy(Exception):
    """More passwords were to be hashed than the process takes; the page asks to try again in a few seconds."""


@dataclass
class Took:
    """Milliseconds of each step, by its name."""

    steps: dict[str, list[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, name: str, do: Callable[[], Page], *, status: int = 303) -> Page:
        begin = time.perf_counter()
        page = do()
        milliseconds = (time.perf_counter() - begin) * 1000
        if page.status == 503:
            raise Busy
        if page.status != status:
            raise AssertionError(f"{name} answered {page.status}, not {status}")
        with self.lock:
            self.steps.setdefault(name, []).append(milliseconds)
        return page


@dataclass(frozen=True, kw_only=True)
class _Person:
    """A member of staff with an app and a passkey, each at a network address of their own."""

    email: str
    account: UUID
    device: Device
    address: str


def measure(ground: Ground, *, times: int) -> Table:
    """Each step so many times, one after another; then as many people as CLIENTS at once."""
    clinic = ground.small_clinic()
    people = [_person(ground, clinic, number) for number in range(CLIENTS)]
    alone = Took()
    for number in range(times):
        _sign_in(ground, clinic, people[number % CLIENTS], alone, now=_later(ground))
    crowd, now = Took(), _later(ground)

    def come(person: _Person) -> bool:
        try:
            _sign_in(ground, clinic, person, crowd, now=now)
        except Busy:
            return False
        return True

    begin = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        got_in = sum(pool.map(come, people))
    return _table(alone.steps, crowd.steps, got_in=got_in, seconds=time.perf_counter() - begin)


def _table(alone: dict[str, list[float]], crowd: dict[str, list[float]], *, got_in: int, seconds: float) -> Table:
    rows = [
        [
            name,
            f"{median(took):.0f}",
            f"{percentile(took, 0.95):.0f}",
            f"{percentile(crowd.get(name) or [0], 0.95):.0f}",
        ]
        for name, took in alone.items()
    ]
    rows.append([f"{CLIENTS} people at once, all steps: got in, seconds", "", "", f"{got_in} in {seconds:.1f}"])
    title = f"Signing in, {AT_ONCE} passwords hashed at once at most"
    columns = ["step", "median ms", "p95 ms", f"p95 ms, {CLIENTS} at once"]
    return Table(title=title, columns=columns, rows=rows)


def _person(ground: Ground, clinic: Clinic, number: int) -> _Person:
    email, now = email_address("staff"), ground.clock.now
    account = staff_member(ground.worker, clinic, Role.FRONT_DESK, now=now, email=email)
    enrol(ground.worker, clinic, account, now=now)
    device, client = Device(), PolicedClient(ground.app, clinic).sign_in(account)
    made = device.make(json.loads(_send(client, "factors/passkeys/question").data))
    if _send(client, "factors/passkeys/new", {"passkey": made}).status != 303:
        raise AssertionError("the passkey was not kept")
    return _Person(email=email, account=account, device=device, address=f"192.0.2.{number + 1}")


def _sign_in(ground: Ground, clinic: Clinic, person: _Person, took: Took, *, now: datetime) -> None:
    client = PolicedClient(ground.app, clinic)
    client.browser.environ_base["REMOTE_ADDR"] = person.address
    wrong = {"email": person.email, "password": "not the password"}
    took("password, wrong", lambda: _send(client, "staff/sign-in", wrong), status=422)
    right = {"email": person.email, "password": PASSWORD}
    took("password, right", lambda: _send(client, "staff/sign-in", right))
    code = {"code": current_code(AUTHENTICATOR, now=now)}
    took("code of an app", lambda: _send(client, "sign-in/second-step", code))
    other = PolicedClient(ground.app, clinic)
    other.browser.environ_base["REMOTE_ADDR"] = person.address
    asked = took("question to a passkey", lambda: _send(other, "sign-in/passkey/question"), status=200)
    answer = {"passkey": person.device.show(json.loads(asked.data))}
    took("passkey alone", lambda: _send(other, "staff/sign-in/passkey", answer))


def _send(client: PolicedClient, path: str, data: dict[str, str] | None = None) -> Page:
    # The measured application asks for no token, and reading the page would be the test's own work.
    response = client.browser.post(client.clinic.path(path), data=data or {}, base_url=BASE, headers={"Origin": BASE})
    return Page(response, None, path)


def _later(ground: Ground) -> datetime:
    """Ten minutes on: a code of an app is taken once, and an hour's wrong passwords are limited."""
    ground.clock.now += timedelta(minutes=10)
    return ground.clock.now
