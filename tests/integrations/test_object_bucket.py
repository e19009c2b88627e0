"""Large objects in a bucket: sealed, written once, swept and rotated, through refusals, lost answers and silence."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from portal.app.cli import portal
from portal.app.key_commands import ObjectsMissing, begin_objects, finish_objects
from portal.app.processes import Process, make_objects
from portal.integrations.http import LOOPBACK
from portal.integrations.objects import ObjectConflict, S3ObjectStore
from portal.integrations.s3 import StoreUnavailable
from portal.kernel import objects
from portal.kernel.clock import utc_now
from portal.kernel.config import Settings
from portal.kernel.crypto import BrokenSeal
from portal.kernel.ids import new_id
from portal.kernel.objects import FileObjectStore, MissingObject, StoredObject, StoreTooSlow
from tests.integrations.partners import Partner, free_port
from tests.kernel.test_objects import name_one
from tests.support.clinics import Clinic
from tests.support.race import at_once
from tests.support.serving import in_background

NAME, ACCESS, SECRET = "objects", "AKIAOBJECTS", "object/secret+key"
KEYS = {"bucket": NAME, "region": "eu-north-1", "access_key": ACCESS, "secret_key": SECRET, "networks": LOOPBACK}


@contextmanager
def service(**more: str) -> Iterator[Partner]:
    port = free_port()
    environment = {
        "BUCKET_PORT": str(port), "BUCKET_NAME": NAME, "BUCKET_REGION": "eu-north-1", "BUCKET_PAGE": "2",
        "BUCKET_ACCESS_KEY": ACCESS, "BUCKET_SECRET_KEY": SECRET,
    }  # fmt: skip
    partner = Partner(
        module="deploy.partners.bucket", url=f"http://127.0.0.1:{port}", environment=environment | dict(more)
    )
    partner.start()
    yield partner
    assert partner.stop() == 0


@pytest.fixture(scope="module")
def bucket() -> Iterator[Partner]:
    with service() as partner:
        yield partner


@pytest.fixture
def store(bucket: Partner) -> S3ObjectStore:
    """A store of its own prefix."""
    return S3ObjectStore(url=bucket.url, prefix=f"{uuid4()}/", **KEYS)  # type: ignore[arg-type]


class Line(ThreadingHTTPServer):
    """A line to the bucket on which things go wrong: `faults` of the next requests, then none."""

    def __init__(self, bucket: Partner) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target = bucket.url.removeprefix("http://")
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.let_go = threading.Event()
        in_background(self)

    def store(self, **changes: Any) -> S3ObjectStore:
        url = f"http://127.0.0.1:{self.server_port}"
        return S3ObjectStore(**({"url": url, "prefix": f"{uuid4()}/", **KEYS} | changes))


class _Passing(BaseHTTPRequestHandler):
    def _pass(self) -> None:
        line: Any = self.server
        fault = line.faults.pop(0) if line.faults else ""
        line.asked.append(self.command)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if fault == "silent":
            line.let_go.wait(20)
            return
        if fault.isdecimal():
            self._answer(int(fault), b"<Error><Code>SlowDown</Code></Error>", {})
            return
        onward = HTTPConnection(line.target)
        onward.request(self.command, self.path, body=body or None, headers=dict(self.headers))
        answer = onward.getresponse()
        content = answer.read()
        if fault == "lost":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if fault == "changed":
            content = content[:-1] + bytes([content[-1] ^ 1])
        self._answer(answer.status, content, {"ETag": answer.headers.get("ETag", "")})

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_DELETE = _pass  # noqa: N815  # names of the standard library

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def line(bucket: Partner) -> Iterator[Line]:
    found = Line(bucket)
    yield found
    found.let_go.set()
    found.shutdown()
    found.server_close()


def put(process: Process, store: S3ObjectStore, clinic: Clinic, content: bytes) -> StoredObject:
    with process.database.transaction(clinic.system("documents")) as session:
        return store.put(session, content)


def get(process: Process, store: S3ObjectStore, clinic: Clinic, stored: StoredObject) -> bytes:
    with process.database.transaction(clinic.system("documents")) as session:
        return store.get(session, stored.id)


def over(store: S3ObjectStore, process: Process) -> Process:
    """The process, with its objects in the bucket."""
    return Process(settings=process.settings, database=process.database, objects=store)


def test_what_lies_in_the_bucket_is_sealed_and_comes_back_as_it_was(
    store: S3ObjectStore, worker_process: Process, clinic: Clinic
) -> None:
    content = b"%PDF signed by Maria Gomez" * 1000
    stored = put(worker_process, store, clinic, content)
    assert stored.size == len(content)
    assert b"Maria" not in store._read(clinic.id, stored.id)[0]
    assert get(worker_process, store, clinic, stored) == content
    assert store.ids(clinic.id) == [stored.id] and store.ids(uuid4()) == []


def test_nothing_is_written_over_and_nothing_is_replaced_but_what_was_read(
    store: S3ObjectStore, clinic: Clinic
) -> None:
    one = new_id()
    store._create(clinic.id, one, b"first")
    store._create(clinic.id, one, b"first")  # once more, as after a lost answer
    with pytest.raises(ObjectConflict):
        store._create(clinic.id, one, b"second")
    _, mark = store._read(clinic.id, one)
    assert store._replace(clinic.id, one, b"anew", mark)
    assert not store._replace(clinic.id, one, b"too late", mark)
    assert store._read(clinic.id, one)[0] == b"anew"
    store._remove(clinic.id, one)
    store._remove(clinic.id, one)
    assert not store._replace(clinic.id, one, b"from the dead", mark)
    with pytest.raises(MissingObject):
        store._read(clinic.id, one)


def test_of_writers_at_once_under_one_key_one_is_kept(store: S3ObjectStore, clinic: Clinic) -> None:
    one = new_id()

    def write(number: int) -> None:
        store._create(clinic.id, one, f"of {number}".encode())

    answers = at_once(write, range(6), told=ObjectConflict)
    assert sum(isinstance(answer, ObjectConflict) for answer in answers) == 5


def test_an_object_whose_row_never_came_is_swept_after_a_day(
    store: S3ObjectStore, worker_process: Process, clinic: Clinic
) -> None:
    kept = put(worker_process, store, clinic, b"named")
    with pytest.raises(ZeroDivisionError), worker_process.database.transaction(clinic.system("documents")) as session:
        store.put(session, b"its row is rolled back")
        raise ZeroDivisionError
    lost = [put(worker_process, store, clinic, b"lost") for _ in range(4)]
    now = utc_now()
    assert store.sweep(clinic.id, named={kept.id}, now=now + timedelta(hours=23)) == 0
    assert len(store.ids(clinic.id)) == 6
    assert store.sweep(clinic.id, named={kept.id}, now=now + timedelta(hours=25)) == 5
    assert store.ids(clinic.id) == [kept.id]
    with pytest.raises(MissingObject):
        get(worker_process, store, clinic, lost[0])


def test_keys_are_rotated_in_the_bucket_and_the_old_one_stays_while_something_is_missing(
    store: S3ObjectStore, worker_process: Process, rotator: Process, clinic: Clinic, urls: dict[str, str]
) -> None:
    stored = [put(worker_process, store, clinic, f"photograph {number}".encode()) for number in range(5)]
    name_one(urls, clinic, stored[0].id)
    before = {one: store._read(clinic.id, one.id)[0] for one in stored}
    elsewhere = over(S3ObjectStore(url=f"http://{store._bucket._host}", prefix="empty/", **KEYS), rotator)  # type: ignore[arg-type]
    begin_objects(elsewhere, clinic.id)
    with pytest.raises(ObjectsMissing, match="1 of 1"):
        finish_objects(elsewhere, clinic.id, settle_seconds=0)
    here = over(store, rotator)
    assert begin_objects(here, clinic.id) + finish_objects(here, clinic.id, settle_seconds=0) == 5
    for number, one in enumerate(stored):
        assert store._read(clinic.id, one.id)[0] != before[one]
        assert get(worker_process, store, clinic, one) == f"photograph {number}".encode()


@pytest.mark.parametrize("faults", [["503"], ["500", "503"], ["lost"], ["503", "lost"]])
def test_a_busy_service_and_a_lost_answer_are_tried_again(
    line: Line, worker_process: Process, clinic: Clinic, faults: list[str]
) -> None:
    store = line.store()
    line.faults = [*faults]
    stored = put(worker_process, store, clinic, b"photograph")
    assert line.asked.count("PUT") == len(faults) + 1
    line.faults = [*faults]
    assert get(worker_process, store, clinic, stored) == b"photograph"
    assert store.ids(clinic.id) == [stored.id]


@pytest.mark.parametrize(("faults", "tries"), [(["503"] * 3, 3), (["lost"] * 3, 3), (["403"], 1), (["400"], 1)])
def test_what_goes_on_is_told_and_what_is_refused_is_not_asked_again(
    line: Line, worker_process: Process, clinic: Clinic, faults: list[str], tries: int
) -> None:
    store = line.store()
    line.faults = [*faults]
    with pytest.raises(StoreUnavailable):
        put(worker_process, store, clinic, b"photograph")
    assert len(line.asked) == tries


def test_silence_ends_within_the_time_that_a_write_may_take(
    line: Line, worker_process: Process, clinic: Clinic
) -> None:
    store = line.store(timeout=0.2)
    line.faults = ["silent"] * 3
    with pytest.raises(StoreUnavailable, match="ReadTimeout"):
        put(worker_process, store, clinic, b"photograph")


def test_bytes_that_changed_on_their_way_are_not_taken_for_the_object(
    line: Line, worker_process: Process, clinic: Clinic
) -> None:
    store = line.store()
    stored = put(worker_process, store, clinic, b"photograph")
    line.faults = ["changed", "changed"]
    with pytest.raises(BrokenSeal):
        get(worker_process, store, clinic, stored)
    assert get(worker_process, store, clinic, stored) == b"photograph"


def test_a_write_that_took_too_long_is_taken_back(
    store: S3ObjectStore, worker_process: Process, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "WRITE_SECONDS", -1.0)
    with pytest.raises(StoreTooSlow):
        put(worker_process, store, clinic, b"photograph")
    assert store.ids(clinic.id) == []


def test_the_check_tells_a_bucket_that_is_public_and_one_that_refuses(bucket: Partner, store: S3ObjectStore) -> None:
    assert store.troubles() == []
    with service(BUCKET_PUBLIC="yes") as careless:
        told = " ".join(S3ObjectStore(url=careless.url, **KEYS).troubles())  # type: ignore[arg-type]
        assert "anybody may list" in told and "anybody may read" in told and "anybody may delete" in told
    wrong = S3ObjectStore(url=bucket.url, **(KEYS | {"secret_key": "wrong"}))  # type: ignore[arg-type]
    assert "SignatureDoesNotMatch" in wrong.troubles()[0]


def test_the_settings_choose_the_bucket_and_the_command_checks_it(
    bucket: Partner, monkeypatch: pytest.MonkeyPatch, worker_process: Process, urls: dict[str, str]
) -> None:
    values = {
        "SECRET_KEY": "x" * 32, "VIDEO_TICKET_KEY": "x" * 32, "KEY_FILE": str(worker_process.settings.key_file),
        "DATABASE_URL": urls["portal_worker"], "OBJECT_S3_URL": bucket.url, "OBJECT_S3_REGION": "eu-north-1",
        "OBJECT_S3_ACCESS_KEY": ACCESS, "OBJECT_S3_SECRET_KEY": SECRET, "PARTNER_NETWORKS": "127.0.0.0/8",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert isinstance(make_objects(Settings()), FileObjectStore)  # type: ignore[call-arg]
    monkeypatch.setattr("portal.app.cli.load_settings", Settings)  # the process's own are read once
    for name, code, words in ((NAME, 0, "shows strangers nothing"), ("other", 1, "not as it should be")):
        monkeypatch.setenv("OBJECT_S3_BUCKET", name)
        assert isinstance(make_objects(Settings()), S3ObjectStore)  # type: ignore[call-arg]
        done = CliRunner().invoke(portal, ["objects", "check"])
        assert (done.exit_code, words in done.output) == (code, True)
