"""The gateway's payment page, and the webhooks that follow from it."""

from datetime import UTC, datetime, timedelta
from time import time
from uuid import uuid4

import httpx
import pytest
import stripe
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from deploy.partners.cards.courier import signature
from portal.billing.ports import GatewayEventKind, UnverifiedWebhook
from portal.kernel.money import Money
from tests.integrations.partners import CARD_KEY, SUCCESS_URL, WEBHOOK_SECRET, Heard, checkout, gateway, pay
from tests.support.race import at_once

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("language", "lang", "direction", "heading", "amount"),
    [
        ("en", "en", "ltr", "Pay by card", "$45.00"),
        ("es", "es", "ltr", "Pagar con tarjeta", "45,00\xa0US$"),
        ("ar", "ar", "rtl", "الدفع بالبطاقة", "45.00\xa0US$"),
        ("sw", "en", "ltr", "Pay by card", "$45.00"),
    ],
)
def test_page_speaks_the_patients_language(cards, language, lang, direction, heading, amount) -> None:
    response = httpx.get(checkout(cards, language=language).url)
    page = HTMLParser(response.text)
    root = page.css_first("html")
    assert (root.attributes["lang"], root.attributes["dir"]) == (lang, direction)
    assert [each.text() for each in page.css("h1")] == [heading]
    assert amount in page.css_first("dl").text().replace("\u200f", "")
    assert page.css("script, [style], [onclick]") == []
    fields = {each.attributes["id"] for each in page.css("input")}
    assert {each.attributes["for"] for each in page.css("label")} == fields
    assert response.headers["Cache-Control"] == "no-store"
    assert "'none'" in response.headers["Content-Security-Policy"]


def test_description_cannot_carry_markup(cards) -> None:
    response = httpx.get(checkout(cards, description="<b>Invoice</b>").url)
    assert "&lt;b&gt;Invoice" in response.text


def test_what_is_wrong_is_said_at_the_top_and_at_the_field(cards) -> None:
    made = checkout(cards, language="es")
    response = httpx.post(made.url, data={"number": "1234", "expiry": "01/20", "cvc": ""})
    page = HTMLParser(response.text)
    assert response.status_code == 422
    assert [each.attributes["href"] for each in page.css(".errors a")] == ["#number", "#expiry", "#cvc"]
    assert page.css_first("title").text().startswith("Error")
    assert "1234" not in response.text.replace("4242", "")
    for field in page.css("input"):
        assert f"{field.attributes['id']}-error" in (field.attributes["aria-describedby"] or "")


def test_declined_card_is_told_in_a_sentence(cards) -> None:
    response = pay(checkout(cards, language="ar"), "4000000000000002")
    assert "رُفضت البطاقة" in HTMLParser(response.text).css_first(".errors").text()


def test_card_may_be_typed_in_arabic_digits(cards) -> None:
    assert pay(checkout(cards), "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢").status_code == 303


def test_unknown_page_is_not_found(cards) -> None:
    assert httpx.get(f"{cards.url}/c/pay/cs_test_nothing").status_code == 404


def test_paying_leads_back_to_the_portal(cards) -> None:
    made = checkout(cards)
    response = pay(made, "4242424242424242")
    assert (response.status_code, response.headers["Location"]) == (303, f"{SUCCESS_URL}?c={made.id}")
    assert httpx.get(made.url).headers["Location"] == response.headers["Location"]


def test_double_click_charges_once(cards, listener) -> None:
    made = checkout(cards)
    answers = at_once(lambda _: pay(made, "4242424242424242"), range(4))
    assert {each.status_code for each in answers} == {303}
    payment = gateway(cards).retrieve_checkout(checkout_id=made.id).payment_id or ""
    listener.wait_for(payment, "checkout.session.completed")
    later = checkout(cards)
    pay(later, "4242424242424242")
    listener.wait_for(later.id)
    assert len(listener.of(payment, "checkout.session.completed")) == 1


def test_paid_webhook_tells_tenant_invoice_and_amount(cards, listener) -> None:
    tenant, invoice = uuid4(), uuid4()
    made = checkout(cards, tenant_id=tenant, invoice_id=invoice)
    pay(made, "4242424242424242")
    (heard,) = listener.wait_for(made.id)
    event = read(cards, heard)
    assert (event.kind, event.tenant_id, event.invoice_id) == (GatewayEventKind.PAID, tenant, invoice)
    assert (event.checkout_id, event.amount) == (made.id, Money(4500, "USD"))
    assert event.payment_id == gateway(cards).retrieve_checkout(checkout_id=made.id).payment_id
    assert abs(event.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_three_webhooks_come_before_the_browser_goes_back(cards, listener) -> None:
    made = checkout(cards)
    pay(made, "4000000000000077")
    heard = listener.of(made.id)
    assert len(heard) == 3
    assert len({read(cards, each).id for each in heard}) == 1


def test_late_webhook_comes_after_the_browser_went_back(cards, listener) -> None:
    made = checkout(cards)
    pay(made, "4000000000000259")
    back_at = time()
    assert gateway(cards).retrieve_checkout(checkout_id=made.id).payment_status == "paid"
    (heard,) = listener.wait_for(made.id)
    assert heard.at - back_at > 0.3


def test_webhook_that_is_not_taken_comes_again(cards, listener) -> None:
    made = checkout(cards)
    listener.statuses[:] = [500]
    pay(made, "4242424242424242")
    first, second = listener.wait_for(made.id, count=2)
    assert first.body == second.body
    assert listener.statuses == []


def test_webhook_waits_for_a_restart(cards, listener) -> None:
    made = checkout(cards)
    pay(made, "4000000000000259")
    cards.stop()
    cards.start()
    listener.wait_for(made.id)


def test_declined_card_is_told(cards, listener) -> None:
    invoice = uuid4()
    pay(checkout(cards, invoice_id=invoice), "4000000000000002")
    (heard,) = listener.wait_for(str(invoice))
    event = read(cards, heard)
    assert (event.kind, event.invoice_id) == (GatewayEventKind.DECLINED, invoice)


def test_closed_checkout_is_told(cards, listener) -> None:
    made = checkout(cards)
    gateway(cards).expire_checkout(checkout_id=made.id)
    (heard,) = listener.wait_for(made.id)
    assert read(cards, heard).kind == GatewayEventKind.EXPIRED


def test_refund_is_told_with_its_id_and_with_the_total(cards, listener) -> None:
    tenant, invoice = uuid4(), uuid4()
    made = checkout(cards, tenant_id=tenant, invoice_id=invoice)
    pay(made, "4242424242424242")
    payment = gateway(cards).retrieve_checkout(checkout_id=made.id).payment_id or ""
    amount = Money(1000, "USD")
    ids = {"tenant_id": tenant, "invoice_id": invoice, "payment_id": payment}
    refunds = [gateway(cards).refund(idempotency_key=str(uuid4()), amount=amount, **ids) for _ in range(2)]
    one = read(cards, listener.wait_for(refunds[0].id, "refund.created")[0])
    assert (one.kind, one.refund_id, one.amount) == (GatewayEventKind.REFUNDED, refunds[0].id, amount)
    total = read(cards, listener.wait_for(payment, "charge.refunded", count=2)[-1])
    assert (total.kind, total.payment_id) == (GatewayEventKind.REFUND_TOTAL, payment)
    assert total.amount == Money(2000, "USD")
    assert {(each.tenant_id, each.invoice_id) for each in (one, total)} == {(tenant, invoice)}


def test_stripes_own_client_accepts_our_signature() -> None:
    # Stripe's client looks at the clock itself: signed now, not when the run began.
    fresh = signature(EVENT.decode(), secret=WEBHOOK_SECRET, at=int(datetime.now(UTC).timestamp()))
    assert stripe.WebhookSignature.verify_header(EVENT, fresh, WEBHOOK_SECRET, tolerance=300)


def test_event_that_means_nothing_to_billing_is_read_as_other(cards) -> None:
    event = gateway(cards).read_webhook(payload=EVENT, signature=sign(EVENT), now=NOW)
    assert (event.id, event.kind, event.tenant_id, event.amount) == ("evt_1", GatewayEventKind.OTHER, None, None)


@pytest.mark.parametrize("seconds", [-299, 299])
def test_signature_within_the_tolerance_is_taken(cards, seconds) -> None:
    now = NOW + timedelta(seconds=seconds)
    assert gateway(cards).read_webhook(payload=EVENT, signature=sign(EVENT), now=now).id == "evt_1"


@pytest.mark.parametrize("seconds", [-302, 302])
def test_signature_outside_the_tolerance_is_not(cards, seconds) -> None:
    with pytest.raises(UnverifiedWebhook):
        gateway(cards).read_webhook(payload=EVENT, signature=sign(EVENT), now=NOW + timedelta(seconds=seconds))


EVENT = b'{"id": "evt_1", "type": "customer.created", "created": 1700000000, "data": {"object": {"id": "cus_1"}}}'


def sign(body: bytes, *, secret: str = WEBHOOK_SECRET) -> str:
    return signature(body.decode(), secret=secret, at=int(NOW.timestamp()))


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (EVENT, sign(EVENT, secret="whsec_other")),
        (EVENT.replace(b"cus_1", b"cus_2"), sign(EVENT)),
        (EVENT, ""),
        (EVENT, "t=,v1="),
        (EVENT, "t=1,v1=zz"),
        (EVENT, sign(EVENT).replace("v1=", "v0=")),
        (b"\xff\xfe", sign(EVENT)),
        (b"[]", sign(b"[]")),
        (b"{}", sign(b"{}")),
        (b"no json", sign(b"no json")),
    ],
    # Signatures name the instant: as ids they would differ between the processes of a run.
    ids=[
        "another secret",
        "another body",
        "no header",
        "empty fields",
        "no hexadecimal",
        "another version",
        "no text",
        "a list",
        "no event",
        "no json",
    ],
)
def test_webhook_that_is_not_the_gateways_is_not_believed(cards, body, header) -> None:
    with pytest.raises(UnverifiedWebhook):
        gateway(cards).read_webhook(payload=body, signature=header, now=NOW)


def test_two_secrets_count_while_one_takes_over(cards) -> None:
    both = gateway(cards, webhook_secret=f"whsec_next, {WEBHOOK_SECRET}")
    for secret in ("whsec_next", WEBHOOK_SECRET):
        assert both.read_webhook(payload=EVENT, signature=sign(EVENT, secret=secret), now=NOW).id == "evt_1"
    with pytest.raises(UnverifiedWebhook):
        both.read_webhook(payload=EVENT, signature=sign(EVENT, secret=f"whsec_next, {WEBHOOK_SECRET}"), now=NOW)


@pytest.mark.parametrize("secret", ["", " , ", f"{WEBHOOK_SECRET},"])
def test_an_empty_secret_signs_nothing(cards, secret) -> None:
    with pytest.raises(UnverifiedWebhook):
        gateway(cards, webhook_secret=secret).read_webhook(payload=EVENT, signature=sign(EVENT, secret=""), now=NOW)


def test_without_a_secret_no_webhook_is_believed(cards) -> None:
    with pytest.raises(UnverifiedWebhook):
        gateway(cards, webhook_secret="").read_webhook(payload=EVENT, signature=sign(EVENT, secret=""), now=NOW)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"payment_method_types[0]": "card"}, "parameter_unknown"),
        ({"line_items[0][price_data][unit_amount]": "ten"}, "parameter_invalid_integer"),
        ({"success_url": "javascript:alert(1)"}, "url_invalid"),
        ({"mode": ""}, "parameter_missing"),
        ({"locale": "ar"}, None),
        ({"expires_at": "60"}, None),
    ],
)
def test_gateway_refuses_what_stripe_refuses(cards, change, code) -> None:
    form = {
        "mode": "payment",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "4500",
        "line_items[0][price_data][product_data][name]": "Invoice",
        "success_url": SUCCESS_URL,
        "cancel_url": SUCCESS_URL,
    }
    post = {"url": f"{cards.url}/v1/checkout/sessions", "headers": {"Authorization": f"Bearer {CARD_KEY}"}}
    assert httpx.post(**post, data=form).status_code == 200
    refused = httpx.post(**post, data=form | change)
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"
    assert refused.json()["error"].get("code") == code


def read(cards, heard: Heard):
    return gateway(cards).read_webhook(payload=heard.body, signature=heard.signature, now=datetime.now(UTC))
