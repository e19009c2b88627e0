"""The local partners as processes, started over their state and ended by their number."""

import os
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from deploy.partners.inbox import InboxMessage, read_inbox
from deploy.processes import wait_until
from portal.billing.ports import Checkout
from portal.integrations.cards import StripeCardGateway
from portal.integrations.http import LOOPBACK
from portal.kernel.money import Money

ROOT = Path(__file__).parents[2]
# They speak plain HTTP; without this, each question would read all authorities of the machine first.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ACCOUNT, TOKEN = "AC" + "1" * 32, "sms-token"
SUCCESS_URL = "http://portal.example/elm/invoices/1/paid"
CARD_KEY, WEBHOOK_SECRET = "sk_test_key", "whsec_secret"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False, verify=PLAIN).is_success
    except httpx.HTTPError:
        return False


@dataclass
class Partner:
    """A partner's process, which can be ended and started again over the same state."""

    module: str
    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False, repr=False)

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
        command = [sys.executable, "-W", "error", "-m", self.module]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment | self.environment)
        up = wait_until(lambda: self.process.poll() is not None or is_healthy(self.url), timeout=30)
        if not up or self.process.returncode is not None:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.module} did not start")

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=10)


@dataclass
class Sinks(Partner):
    directory: Path = Path()
    smtp_port: int = 0

    def inbox(self, to: str | None = None) -> list[InboxMessage]:
        return read_inbox(self.directory, limit=100, to=to)


@dataclass
class Heard:
    """One webhook that arrived."""

    body: bytes
    signature: str
    at: float


@dataclass
class Listener:
    """The portal's end of the webhooks: keeps what comes; `statuses` are answered first, then 200."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def of(self, *words: str) -> list[Heard]:
        """What was heard that holds all these words."""
        return [each for each in self.heard if all(word.encode() in each.body for word in words)]

    def wait_for(self, *words: str, count: int = 1) -> list[Heard]:
        assert wait_until(lambda: len(self.of(*words)) >= count, timeout=20), f"{words} was not heard {count} times"
        return self.of(*words)


def gateway(cards: Partner, *, webhook_secret: str = WEBHOOK_SECRET) -> StripeCardGateway:
    return StripeCardGateway(url=cards.url, secret_key=CARD_KEY, webhook_secret=webhook_secret, networks=LOOPBACK)


def checkout(cards: Partner, *, through: StripeCardGateway | None = None, **changes: Any) -> Checkout:
    """A payment page over 45 dollars, but for the changes."""
    fields: dict[str, Any] = {
        "idempotency_key": str(uuid4()),
        "tenant_id": uuid4(),
        "invoice_id": uuid4(),
        "amount": Money(4500, "USD"),
        "description": "Invoice 2026-17",
        "success_url": f"{SUCCESS_URL}?c={{CHECKOUT_SESSION_ID}}",
        "cancel_url": "http://portal.example/elm/invoices/1",
        "language": "en",
    }
    return (through or gateway(cards)).create_checkout(**fields | changes)


def pay(page: Checkout, number: str) -> httpx.Response:
    """What the browser posts; the redirect is not followed."""
    return httpx.post(page.url, data={"number": number, "expiry": "08 / 40", "cvc": "123"})
