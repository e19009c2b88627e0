"""Paying end to end: our pages, the gateway's own process and page, and its webhooks over HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from deploy.processes import wait_until
from portal import billing
from portal.app import wiring
from portal.app.wiring import Adapters
from tests.billing.conftest import begin
from tests.integrations.partners import CARD_KEY, WEBHOOK_SECRET, Partner, free_port, gateway
from tests.support.race import at_once
from tests.support.serving import serving


class Quiet(WSGIRequestHandler):
    """A server that keeps its log to itself."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


class Post:
    """Our webhook's door: closed, it keeps what the gateway brings waiting."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._is_open = threading.Event()
        self._is_open.set()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self._is_open.wait(timeout=60)
        return self._app(environ, start_response)

    @contextmanager
    def closed(self) -> Iterator[None]:
        self._is_open.clear()
        try:
            yield
        finally:
            self._is_open.set()


@pytest.fixture(scope="module")
def post(shared_app: Flask) -> Post:
    return Post(shared_app)


@pytest.fixture(scope="module")
def hooks(post: Post) -> Iterator[str]:
    """Our webhook's address, over HTTP."""
    server = make_server("127.0.0.1", 0, post, threaded=True, request_handler=Quiet)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}/webhooks/cards"


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory, hooks: str) -> Iterator[Partner]:
    port = free_port()
    made = Partner(
        module="deploy.partners.cards",
        url=f"http://127.0.0.1:{port}",
        environment={
            "CARDS_PORT": str(port),
            "CARDS_SECRET_KEY": CARD_KEY,
            "CARDS_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "CARDS_WEBHOOK_URL": hooks,
            "CARDS_STATE_DIR": str(tmp_path_factory.mktemp("cards")),
            "CARDS_DELAY": "0.6",
        },
    )
    made.start()
    yield made
    assert made.stop() == 0


@pytest.fixture(autouse=True)
def through(cards, partner: Partner, worker_process, outside) -> None:
    """The web and the worker speak to the gateway's process."""
    real = gateway(partner)
    billing.wire(gateway=real, public_url="https://localhost")
    wiring.wire_outside(
        worker_process,
        Adapters(email=outside.mail, sms=outside.sms, cards=real, pdf=outside.pdf, scanner=outside.scanner),
    )


def pay(address: str, number: str) -> httpx.Response:
    return httpx.post(address, data={"number": number, "expiry": "08 / 40", "cvc": "123"})


def until(run_tasks: Callable[..., int], is_so: Callable[[], bool]) -> None:
    """Work through what is due until something is so."""

    def look() -> bool:
        run_tasks()
        return is_so()

    assert wait_until(look, timeout=20)


def payment_page(page) -> str:
    return str(page.links()["Go to the payment page"])


def test_declined_then_paid(patient, bill, run_tasks) -> None:
    page = begin(patient, bill)
    refused = pay(payment_page(page), "4000000000000002")
    assert refused.status_code != 303
    until(run_tasks, lambda: bill.attempts()[0].state == "declined")
    page = patient.get(page.url)
    assert "Your card was not accepted" in page.text
    back = pay(payment_page(page), "4242424242424242")
    assert back.headers["Location"] == f"https://localhost{page.url}/return"
    until(run_tasks, lambda: bill.read().status == "paid")
    assert "Your payment went through" in patient.get(f"{page.url}/return").text
    assert len(bill.payments()) == 1


def test_webhook_three_times_before_the_browser_is_back(patient, bill, run_tasks) -> None:
    page = begin(patient, bill)
    assert pay(payment_page(page), "4000000000000077").status_code == 303
    run_tasks()
    assert bill.read().status == "paid"
    assert "Your payment went through" in patient.get(f"{page.url}/return").text
    assert len(bill.payments()) == 1
    assert bill.balance() == {"receivable": 0, "revenue": -4500, "card-clearing": 4500}


def test_browser_is_back_before_a_late_webhook(patient, bill, run_tasks, post) -> None:
    page = begin(patient, bill)
    with post.closed():
        assert pay(payment_page(page), "4000000000000259").status_code == 303
        run_tasks()
        assert "We are confirming your payment" in patient.get(f"{page.url}/return").text
    until(run_tasks, lambda: bill.read().status == "paid")
    assert "Your payment went through" in patient.get(f"{page.url}/return").text


def test_double_clicks_on_both_pages_charge_once(new_client, bill, run_tasks) -> None:
    browsers = [new_client().sign_in(bill.visit.account) for _ in range(2)]
    forms = [browser.get(bill.path) for browser in browsers]
    answers = at_once(lambda both: both[0].submit(both[1]), zip(browsers, forms, strict=True))
    assert len({answer.location for answer in answers}) == 1
    address = payment_page(browsers[0].get(answers[0].location))
    paid = at_once(lambda _: pay(address, "4242424242424242").status_code, range(2))
    assert paid == [303, 303]
    until(run_tasks, lambda: bill.read().status == "paid")
    assert len(bill.payments()) == 1


def test_refund_comes_back_by_webhook_and_is_booked_once(patient, new_client, bill, run_tasks, clock) -> None:
    page = begin(patient, bill)
    pay(payment_page(page), "4242424242424242")
    until(run_tasks, lambda: bill.read().status == "paid")
    desk = new_client().sign_in(bill.visit.desk)
    desk.submit(desk.get(desk.get(bill.office_path).links()["Give back"]), follow=True)
    until(run_tasks, lambda: [one.state for one in bill.refunds()] == ["done"])
    run_tasks(clock.now + timedelta(hours=2))
    assert bill.balance() == {"receivable": 0, "revenue": -4500, "card-clearing": 0, "refunds": 4500}
    assert bill.read().status == "refunded"
