"""What must not go wrong when parts of the running portal fail: real processes, real sockets, real partners."""

import re
import signal
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from deploy.partners.inbox import read_inbox
from deploy.processes import wait_until
from deploy.stack import Stack
from portal.app.processes import Process, make_process
from portal.kernel.clock import utc_now
from portal.kernel.config import Settings
from portal.kernel.principal import NO_TENANT, Principal
from portal.notifications import queue_message
from portal.tenancy import clinic_by_slug
from tests.factories.notifications import by_sms
from tests.support.client import form_fields
from tests.support.race import at_once

CLINIC = "harbour"
PERSON = {
    "given_name": "Rosa",
    "family_name": "Nunez",
    "birth_date-day": "7",
    "birth_date-month": "3",
    "birth_date-year": "1979",
}


@dataclass
class Person:
    """Somebody with a browser and a phone."""

    stack: Stack
    phone: str
    client: httpx.Client = field(init=False)
    patient: str = ""

    def __post_init__(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the certificate of the demo is its own
        origin = {"Origin": self.stack.tls_url, "Accept-Language": "en"}
        self.client = httpx.Client(base_url=self.stack.tls_url, verify=context, headers=origin, timeout=30)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"/{CLINIC}/{path}", follow_redirects=True)

    def send(self, page: httpx.Response, values: dict[str, str]) -> httpx.Response:
        """Fill in the page's form and send it; the answer as it comes."""
        form = HTMLParser(page.text).css("main form")[0]
        target = page.url.join(form.attributes.get("action") or str(page.url))
        return self.client.post(target, data={**form_fields(form, None), **values}, headers={"Referer": str(page.url)})

    def texts(self) -> list[str]:
        return [one.text for one in read_inbox(self.stack.var / "inbox", limit=50, to=self.phone)]

    def sign_in(self) -> httpx.Response:
        """With a code, up to the page that asks who the visit is for."""
        entry = self.client.get(self.send(self.get("sign-in"), {"contact": self.phone}).headers["Location"])
        assert wait_until(lambda: bool(self.texts()), timeout=90), self.stack.log("worker")
        (code,) = re.findall(r"\b\d{6}\b", self.texts()[0])
        return self.client.get(self.send(entry, {"code": code}).headers["Location"], follow_redirects=True)

    def sign_up(self) -> None:
        """With a record of their own."""
        answer = self.send(self.sign_in(), PERSON)
        assert answer.status_code == 303, answer.text
        self.patient = re.findall(r"/p/([0-9a-f-]{36})", answer.headers["Location"])[0]


@pytest.fixture(scope="module")
def rosa(stack: Stack) -> Person:
    """A signed-in patient."""
    person = Person(stack, "+16175550301")
    person.sign_up()
    return person


@pytest.fixture(scope="module")
def worker(stack: Stack) -> Iterator[Process]:
    """The parts of a worker, to ask for work as its operations do."""
    around = stack.environment("portal_worker")
    given = {name: around[name.upper()] for name in Settings.model_fields if name.upper() in around}
    process = make_process(Settings.model_validate(given), pool_size=2)
    yield process
    process.database.engine.dispose()


def rows(stack: Stack, query: str) -> list[tuple[Any, ...]]:
    """Past every policy, as the back-up reads."""
    with psycopg.connect(stack.database_urls["portal_backup"].replace("+psycopg", "", 1)) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]  # queries of this file


def reminder(worker: Process, target: str, key: str, *, wait: float = 0) -> None:
    """Ask for a message, due in so many seconds."""
    with worker.database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
        clinic = clinic_by_slug(session, slug=CLINIC)
        assert clinic is not None
    with worker.database.transaction(Principal.system(tenant_id=clinic.id, purpose="reminders")) as session:
        queue_message(
            session,
            to=by_sms(target),
            template="appointment_reminder_1h",
            values={"phone": "+16175550100", "starts_at": "2030-01-01T15:00:00+00:00", "link": "/harbour/v/1"},
            key=key,
            due_at=utc_now() + timedelta(seconds=wait),
            now=utc_now(),
        )


def test_one_form_sent_twice_at_the_same_moment_acts_once(stack: Stack) -> None:
    person = Person(stack, "+16175550302")
    page = person.sign_in()
    answers = at_once(lambda _: person.send(page, PERSON), range(4))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    grants = "SELECT count(DISTINCT patient_id) FROM patients.access_grant WHERE user_id = (SELECT id FROM {0} LIMIT 1)"
    newest = "(SELECT account_id AS id FROM identity.login_session ORDER BY created_at DESC LIMIT 1) AS newest"
    assert rows(stack, grants.format(newest)) == [(1,)]


@pytest.mark.parametrize(
    ("page", "sentence"), [("intake/photo", "at most 10 megabytes"), ("device-test", "This file is too large")]
)
def test_an_upload_of_30_mb_gets_a_sentence(rosa: Person, page: str, sentence: str) -> None:
    intake = rosa.get(f"p/{rosa.patient}/intake")
    if "Start" in intake.text:
        rosa.send(intake, {})
    path = f"/{CLINIC}/p/{rosa.patient}/{page}"
    photo = {"q-photo": ("me.jpg", b"\xff\xd8" + b"\0" * 30_000_000, "image/jpeg")}
    answer = rosa.client.post(path, files=photo, headers={"Referer": rosa.stack.tls_url + path})
    assert answer.status_code in {413, 422}
    assert sentence in answer.text
    assert rosa.get("home").status_code == 200


def test_the_portal_goes_on_when_postgresql_was_restarted_between_two_requests(stack: Stack, rosa: Person) -> None:
    assert rosa.get("home").status_code == 200
    stack.restart_postgres()
    answer = rosa.get("home")
    if answer.status_code != 200:
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
    assert wait_until(lambda: rosa.get("home").status_code == 200, timeout=15, every=0.2)
    assert "Rosa" in rosa.get("home").text


def test_work_goes_on_after_postgresql_was_restarted(stack: Stack, rosa: Person, worker: Process) -> None:
    before = len(rosa.texts())
    stack.restart_postgres()
    worker.database.engine.dispose()
    reminder(worker, rosa.phone, "robust:postgres")
    assert wait_until(lambda: len(rosa.texts()) == before + 1, timeout=30), stack.log("relay")


def test_reminders_wait_in_postgresql_when_redis_is_restarted_empty(
    stack: Stack, rosa: Person, worker: Process
) -> None:
    before = len(rosa.texts())
    stack.kill("sinks", signal.SIGSTOP)  # nothing leaves while the queue is lost
    try:
        for number in range(5):
            reminder(worker, rosa.phone, f"robust:redis:{number}", wait=number % 3)
        stack.restart_redis()
    finally:
        stack.kill("sinks", signal.SIGCONT)
    assert wait_until(lambda: len(rosa.texts()) >= before + 5, timeout=40), stack.log("worker")
    keys = "SELECT state, count(*) FROM notifications.delivery WHERE key LIKE 'robust:redis:%' GROUP BY state"
    assert wait_until(lambda: rows(stack, keys) == [("sent", 5)], timeout=20)
    assert len(rosa.texts()) == before + 5


def test_a_job_whose_worker_is_killed_while_its_horse_lives_on_is_done_once(
    stack: Stack, rosa: Person, worker: Process
) -> None:
    before = len(rosa.texts())
    stack.kill("sinks", signal.SIGSTOP)
    try:
        reminder(worker, rosa.phone, "robust:horse")
        state = "SELECT t.state FROM kernel.task AS t WHERE t.key = 'message:robust:horse'"
        assert wait_until(lambda: rows(stack, state) == [("running",)], timeout=20), rows(stack, state)
        for name in ("worker", "worker-2"):
            stack.kill(name)
    finally:
        stack.kill("sinks", signal.SIGCONT)
    assert wait_until(lambda: rows(stack, state) == [("done",)], timeout=20), rows(stack, state)
    # Workers are back, and the same task handed to them once more changes nothing.
    reminder(worker, rosa.phone, "robust:after")
    assert wait_until(lambda: len(rosa.texts()) == before + 2, timeout=30), stack.log("worker")


def test_who_signs_out_is_looked_for_in_calls_by_the_workers(stack: Stack, rosa: Person) -> None:
    page = rosa.get("home")
    form = next(one for one in HTMLParser(page.text).css("form") if "sign-out" in (one.attributes["action"] or ""))
    headers = {"Referer": str(page.url)}
    answer = rosa.client.post(form.attributes["action"] or "", data=form_fields(form, None), headers=headers)
    assert answer.status_code == 303
    state = "SELECT DISTINCT state FROM kernel.task WHERE kind = 'visits.withdraw'"
    assert wait_until(lambda: rows(stack, state) == [("done",)], timeout=30), rows(stack, state)
    assert "Rosa" not in rosa.get("home").text
