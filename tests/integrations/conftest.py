"""The local partners as processes of their own, and somebody who hears the card gateway's webhooks."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time

import pytest

from tests.integrations.partners import (
    ACCOUNT,
    CARD_KEY,
    TOKEN,
    WEBHOOK_SECRET,
    Heard,
    Listener,
    Partner,
    Sinks,
    free_port,
)
from tests.support.serving import serving


@pytest.fixture(scope="module")
def sinks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sinks]:
    directory = tmp_path_factory.mktemp("inbox")
    smtp_port, sms_port = free_port(), free_port()
    partner = Sinks(
        module="deploy.partners.sinks",
        url=f"http://127.0.0.1:{sms_port}",
        directory=directory,
        smtp_port=smtp_port,
        environment={
            "SINK_DIR": str(directory),
            "SINK_SMTP_PORT": str(smtp_port),
            "SINK_SMS_PORT": str(sms_port),
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
        },
    )
    partner.start()
    yield partner
    assert partner.stop() == 0


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    known = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known.heard.append(Heard(body, self.headers["Stripe-Signature"], time()))
            self.send_response(known.statuses.pop(0) if known.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    known.url = f"http://127.0.0.1:{server.server_port}/webhooks/cards"
    with serving(server):
        yield known


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Iterator[Partner]:
    port = free_port()
    partner = Partner(
        module="deploy.partners.cards",
        url=f"http://127.0.0.1:{port}",
        environment={
            "CARDS_PORT": str(port),
            "CARDS_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "CARDS_SECRET_KEY": CARD_KEY,
            "CARDS_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "CARDS_WEBHOOK_URL": listener.url,
            "CARDS_STATE_DIR": str(tmp_path_factory.mktemp("cards")),
            "CARDS_DELAY": "0.6",
        },
    )
    partner.start()
    yield partner
    assert partner.stop() == 0


@pytest.fixture
def broken_server() -> Iterator[Callable[..., int]]:
    """A TCP server that sends `greeting`, reads, sends `answer` and then hangs up, or stays silent: `broken_server(…)`.

    Returns its port.
    """
    servers: list[socket.socket] = []
    threads: list[threading.Thread] = []
    over = threading.Event()

    def make(*, greeting: bytes = b"", answer: bytes = b"", silent: bool = False) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(0.05)
        servers.append(server)

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    connection.sendall(greeting)
                    connection.recv(65536)
                    connection.sendall(answer)
                    if silent:
                        over.wait(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        threads.append(thread)
        return int(server.getsockname()[1])

    yield make
    over.set()
    for thread in threads:
        thread.join(timeout=5)
    for server in servers:
        server.close()
