"""The scanner: clamd itself, over its own sockets, and what stands in its place when it is ill."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.processes import wait_until
from portal.integrations.scanner import ClamdScanner
from portal.kernel.errors import PartnerRefused, PartnerUnavailable
from tests.integrations.partners import free_port

HARM = b"what this test calls harmful"
MOST = 300_000


class Clamd:
    """A clamd of this test's own, which knows one signature and listens on a port and on a socket."""

    def __init__(self, folder: Path) -> None:
        self.port, self.path = free_port(), folder / "clamd.sock"
        signatures = folder / "signatures"
        signatures.mkdir()
        (signatures / "own.ndb").write_text(f"Portal.Test:0:*:{HARM.hex()}\n")
        self.config = folder / "clamd.conf"
        self.config.write_text(
            f"DatabaseDirectory {signatures}\nLocalSocket {self.path}\nTCPSocket {self.port}\nTCPAddr 127.0.0.1\n"
            f"Foreground yes\nStreamMaxLength {MOST}\nLogFile {folder / 'log'}\nFixStaleSocket yes\n"
            f"TemporaryDirectory {folder}\nMaxThreads 2\n"
        )
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        program = shutil.which("clamd") or "/usr/sbin/clamd"
        self.process = subprocess.Popen([program, "--config-file", str(self.config)], stdout=subprocess.DEVNULL)
        assert wait_until(self._answers, timeout=60), "clamd does not answer"
        return self.process

    def _answers(self) -> bool:
        assert self.process.poll() is None, "clamd ended"
        try:
            return ClamdScanner(f"127.0.0.1:{self.port}").scan(b"hello") is None
        except PartnerUnavailable:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def start(self) -> None:
        self._start()


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    made = Clamd(tmp_path_factory.mktemp("clamd"))
    yield made
    made.stop()


@pytest.fixture(params=["port", "socket"])
def scanner(clamd: Clamd, request: pytest.FixtureRequest) -> ClamdScanner:
    return ClamdScanner(str(clamd.path) if request.param == "socket" else f"127.0.0.1:{clamd.port}", timeout=20)


def test_what_harms_is_named_and_the_rest_is_clean(scanner: ClamdScanner) -> None:
    assert scanner.scan(b"") is None
    assert scanner.scan(b"x" * 200_000) is None
    # Across the border of two chunks, too.
    assert scanner.scan(b"x" * (64 * 1024 - 5) + HARM + b"x" * 1000) == "Portal.Test.UNOFFICIAL"


def test_what_is_too_large_for_clamd_is_refused_and_not_clean(scanner: ClamdScanner) -> None:
    with pytest.raises(PartnerRefused):
        scanner.scan(b"x" * (MOST + 200_000))


def test_a_scanner_that_is_down_is_unavailable_and_comes_back(clamd: Clamd) -> None:
    scanner = ClamdScanner(f"127.0.0.1:{clamd.port}")
    clamd.stop()
    with pytest.raises(PartnerUnavailable):
        scanner.scan(b"x")
    clamd.start()
    assert scanner.scan(HARM) is not None


@pytest.mark.parametrize("address", ["", "/no/such/socket", "127.0.0.1:1"])
def test_an_address_where_nobody_is_is_unavailable(address: str) -> None:
    with pytest.raises(PartnerUnavailable):
        ClamdScanner(address).scan(b"x")


def _ill(answer: Callable[[socket.socket], object]) -> tuple[str, threading.Thread]:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection, server:
            answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return f"127.0.0.1:{server.getsockname()[1]}", thread


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"stream: Can't allocate memory ERROR\0",
        b"stream: OK and more\0",
        b"HTTP/1.1 200 OK\r\n\r\nstream: OK\0",
        b"stream: \xff\xfe FOUND\0",
        b"stream: OKOK",
        b"x" * 10_000,
    ],
)
def test_an_answer_that_is_not_clamds_says_nothing_about_the_file(answer: bytes) -> None:
    def say(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answer)

    address, thread = _ill(say)
    with pytest.raises(PartnerUnavailable):
        ClamdScanner(address, timeout=5).scan(b"x")
    thread.join()


def test_a_scanner_that_never_answers_is_left() -> None:
    asked = threading.Event()
    address, thread = _ill(lambda connection: bool(asked.wait(30)))
    with pytest.raises(PartnerUnavailable):
        ClamdScanner(address, timeout=0.2).scan(b"x")
    asked.set()
    thread.join()
