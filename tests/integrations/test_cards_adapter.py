"""The card adapter against the gateway's process: checkouts, refunds, idempotency, failures."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from portal.billing.ports import CheckoutState
from portal.integrations.cards import StripeCardGateway
from portal.integrations.cards.amounts import from_stripe, to_stripe
from portal.integrations.http import LOOPBACK
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.kernel.money import Money
from tests.integrations.partners import CARD_KEY, WEBHOOK_SECRET, checkout, gateway, pay


def test_checkout_opens_a_page_for_a_day(cards) -> None:
    made = checkout(cards)
    assert made.url.startswith(f"{cards.url}/c/pay/cs_test_")
    assert timedelta(hours=23) < made.expires_at - datetime.now(UTC) <= timedelta(hours=24)
    assert gateway(cards).retrieve_checkout(checkout_id=made.id) == CheckoutState(
        id=made.id,
        status="open",
        payment_status="unpaid",
        payment_id=None,
        amount=Money(4500, "USD"),
        failure_code=None,
    )


def test_same_key_gives_the_same_page_and_says_that_it_is_repeated(cards) -> None:
    key, same = str(uuid4()), {"tenant_id": uuid4(), "invoice_id": uuid4()}
    first = checkout(cards, idempotency_key=key, **same)
    assert checkout(cards, idempotency_key=key, **same) == first
    headers = {"Authorization": f"Bearer {CARD_KEY}", "Idempotency-Key": str(uuid4())}
    answers = [
        httpx.post(f"{cards.url}/v1/checkout/sessions/{each}/expire", headers=headers)
        for each in (first.id, first.id, checkout(cards).id)
    ]
    assert [each.status_code for each in answers] == [200, 200, 400]
    assert ["Idempotent-Replayed" in each.headers for each in answers] == [False, True, False]
    assert answers[0].content == answers[1].content
    assert answers[2].json()["error"]["type"] == "idempotency_error"


def test_same_key_with_another_amount_is_refused(cards) -> None:
    key, same = str(uuid4()), {"tenant_id": uuid4(), "invoice_id": uuid4()}
    checkout(cards, idempotency_key=key, **same)
    with pytest.raises(PartnerRefused) as refusal:
        checkout(cards, idempotency_key=key, amount=Money(9900, "USD"), **same)
    assert refusal.value.code == "idempotency_error"


def test_paid_checkout_is_complete(cards) -> None:
    made = checkout(cards)
    pay(made, "4242 4242 4242 4242")
    state = gateway(cards).retrieve_checkout(checkout_id=made.id)
    assert (state.status, state.payment_status, state.failure_code) == ("complete", "paid", None)
    assert state.payment_id is not None
    assert state.payment_id.startswith("pi_")


@pytest.mark.parametrize(
    ("number", "code"), [("4000000000000002", "generic_decline"), ("4000000000009995", "insufficient_funds")]
)
def test_declined_card_leaves_the_page_open_and_another_card_pays(cards, number, code) -> None:
    made = checkout(cards)
    assert pay(made, number).status_code == 422
    declined = gateway(cards).retrieve_checkout(checkout_id=made.id)
    assert (declined.status, declined.payment_status, declined.failure_code) == ("open", "unpaid", code)
    assert pay(made, "4242424242424242").status_code == 303
    paid = gateway(cards).retrieve_checkout(checkout_id=made.id)
    assert (paid.payment_status, paid.failure_code) == ("paid", None)


def test_closed_checkout_takes_no_card(cards) -> None:
    made = checkout(cards)
    assert gateway(cards).expire_checkout(checkout_id=made.id).status == "expired"
    assert gateway(cards).expire_checkout(checkout_id=made.id).status == "expired"
    assert pay(made, "4242424242424242").status_code == 410
    assert gateway(cards).retrieve_checkout(checkout_id=made.id).payment_status == "unpaid"


def test_closing_a_paid_checkout_tells_that_it_is_paid(cards) -> None:
    made = checkout(cards)
    pay(made, "4242424242424242")
    state = gateway(cards).expire_checkout(checkout_id=made.id)
    assert (state.status, state.payment_status) == ("complete", "paid")


def test_refunds_go_up_to_what_was_paid(cards) -> None:
    made, ids = checkout(cards), {"tenant_id": uuid4(), "invoice_id": uuid4()}
    pay(made, "4242424242424242")
    payment = gateway(cards).retrieve_checkout(checkout_id=made.id).payment_id
    assert payment is not None

    def refund(amount: int, key: str) -> str:
        money = Money(amount, "USD")
        made = gateway(cards).refund(idempotency_key=key, payment_id=payment, amount=money, **ids)
        assert made.status == "succeeded"
        return made.id

    key = str(uuid4())
    assert refund(1500, key) == refund(1500, key)
    with pytest.raises(PartnerRefused) as too_much:
        refund(3001, str(uuid4()))
    refund(3000, str(uuid4()))
    with pytest.raises(PartnerRefused) as nothing_left:
        refund(1, str(uuid4()))
    assert (too_much.value.code, nothing_left.value.code) == ("invalid_request", "charge_already_refunded")


def test_what_was_paid_survives_a_restart_of_the_gateway(cards) -> None:
    made = checkout(cards)
    pay(made, "4242424242424242")
    assert cards.stop() == 0
    cards.start()
    assert gateway(cards).retrieve_checkout(checkout_id=made.id).payment_status == "paid"


def test_wrong_key_is_refused(cards) -> None:
    stranger = StripeCardGateway(
        url=cards.url, secret_key="sk_test_wrong", webhook_secret=WEBHOOK_SECRET, networks=LOOPBACK
    )
    with pytest.raises(PartnerRefused) as refusal:
        stranger.retrieve_checkout(checkout_id="cs_test_1")
    assert refusal.value.code == "authentication"


def test_unknown_checkout_is_refused_and_unnamed(cards) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        gateway(cards).retrieve_checkout(checkout_id="cs_test_unknown")
    assert refusal.value.code == "resource_missing"
    assert "cs_test_unknown" not in str(refusal.value)


@pytest.mark.parametrize("amount", [Money(1, "USD"), Money(49, "EUR")])
def test_amount_below_the_least_is_refused(cards, amount) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        checkout(cards, amount=amount)
    assert refusal.value.code == "amount_too_small"


@pytest.mark.parametrize("money", [Money(4500, "USD"), Money(4500, "JPY"), Money(45000, "KWD"), Money(4500, "ISK")])
def test_amounts_come_back_as_they_went(cards, money) -> None:
    made = checkout(cards, amount=money)
    assert gateway(cards).retrieve_checkout(checkout_id=made.id).amount == money


def test_currencies_are_counted_as_stripe_counts_them() -> None:
    assert to_stripe(Money(500, "ISK")) == 50_000
    assert to_stripe(Money(500, "JPY")) == 500
    assert from_stripe(50_000, "isk") == Money(500, "ISK")


def test_no_gateway_means_that_nothing_happened(cards) -> None:
    with pytest.raises(PartnerUnavailable):
        checkout(
            cards,
            through=StripeCardGateway(url="http://127.0.0.1:1", secret_key="sk", webhook_secret="w", networks=LOOPBACK),
        )


@pytest.mark.parametrize("silent", [True, False])
def test_no_answer_after_sending_is_uncertain_but_not_for_a_look(cards, broken_server, silent) -> None:
    url = f"http://127.0.0.1:{broken_server(silent=silent)}"
    deaf = StripeCardGateway(url=url, secret_key="sk", webhook_secret="w", networks=LOOPBACK, timeout=0.3)
    with pytest.raises(PartnerUncertain):
        checkout(cards, through=deaf)
    with pytest.raises(PartnerUnavailable):
        deaf.retrieve_checkout(checkout_id="cs_test_1")


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        ("500 Oops", b'{"error": {"type": "api_error"}}', PartnerUncertain),
        ("502 Bad Gateway", b"<html>", PartnerUncertain),
        ("409 Conflict", b'{"error": {"type": "invalid_request_error"}}', PartnerUncertain),
        ("429 Slow", b'{"error": {"code": "rate_limit"}}', PartnerUnavailable),
        ("402 Declined", b'{"error": {"type": "card_error", "code": "card_declined"}}', PartnerRefused),
        ("403 No", b'{"error": {"type": "invalid_request_error"}}', PartnerRefused),
        ("200 OK", b"<html>", PartnerUncertain),
    ],
)
def test_each_answer_has_one_meaning(cards, broken_server, status, body, failure) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    port = broken_server(answer=head.encode() + body)
    client = StripeCardGateway(url=f"http://127.0.0.1:{port}", secret_key="sk", webhook_secret="w", networks=LOOPBACK)
    with pytest.raises(failure):
        checkout(cards, through=client)
