"""Card payments over Stripe: Checkout Sessions on Stripe's own page, refunds, webhooks.

Owns the calls and what their failures mean. Which invoice is paid, and what the ledger says, is billing's.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from uuid import UUID

import stripe
from stripe.params.checkout import SessionCreateParams

from portal.billing.ports import Checkout, CheckoutState, GatewayEvent, Refund
from portal.integrations.cards.amounts import from_stripe, to_stripe
from portal.integrations.cards.transport import HttpxTransport
from portal.integrations.cards.webhooks import read_event
from portal.integrations.http import NOTHING_SENT
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.kernel.money import Money

Answer = TypeVar("Answer")

#: Our languages as Stripe's page names them. It does not speak the others (Arabic, Bengali, Swahili, Haitian Creole):
#: there it follows the browser.
LOCALES: Mapping[str, Literal["en", "es", "fr", "pt-BR", "hi-IN", "vi", "zh", "fil"]] = {
    "en": "en",
    "es": "es",
    "fr": "fr",
    "pt-BR": "pt-BR",
    "hi": "hi-IN",
    "vi": "vi",
    "zh": "zh",
    "tl": "fil",
}

# The client would otherwise write an id of this machine into the home directory and send it with each call.
stripe.enable_telemetry = False


class StripeCardGateway:
    """Implements `portal.billing.ports.CardGateway`. Safe to share between threads."""

    def __init__(
        self,
        *,
        url: str,
        secret_key: str,
        webhook_secret: str,
        timeout: float = 20.0,
        networks: Sequence[str] = (),
    ) -> None:
        """`url` without a path; `webhook_secret`: all that count, with commas; `networks` as in `partner_client`."""
        # No retries inside the client: it would call an attempt that was never answered, followed by one that found
        # nobody, a failed connection, and thereby say that nothing happened.
        self._stripe = stripe.StripeClient(
            secret_key,
            base_addresses={"api": url.rstrip("/")},
            http_client=HttpxTransport(url.rstrip("/"), timeout=timeout, networks=networks),
            max_network_retries=0,
        )
        self._webhook_secrets = [one.strip() for one in webhook_secret.split(",")]

    def create_checkout(
        self,
        *,
        idempotency_key: str,
        tenant_id: UUID,
        invoice_id: UUID,
        amount: Money,
        description: str,
        success_url: str,
        cancel_url: str,
        language: str,
    ) -> Checkout:
        """A payment page over the amount; it closes by itself after 24 hours."""
        metadata = _metadata(tenant_id, invoice_id) | {"language": language}
        # No expires_at: a time of this attempt would make its repetition a different request under the same key.
        page: SessionCreateParams = {
            "mode": "payment",
            "allowed_payment_method_types": ["card"],
            "client_reference_id": str(invoice_id),
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": amount.currency.lower(),
                        "unit_amount": to_stripe(amount),
                        "product_data": {"name": description},
                    },
                }
            ],
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "success_url": success_url,
            "cancel_url": cancel_url,
            "locale": LOCALES.get(language, "auto"),
        }
        session = _write(lambda: self._stripe.v1.checkout.sessions.create(page, {"idempotency_key": idempotency_key}))
        if session.url is None:
            raise PartnerRefused(code="checkout-closed")  # the key belongs to a page that is over
        return Checkout(id=session.id, url=session.url, expires_at=datetime.fromtimestamp(session.expires_at, UTC))

    def retrieve_checkout(self, *, checkout_id: str) -> CheckoutState:
        """How the page stands now."""
        return _state(
            _read(lambda: self._stripe.v1.checkout.sessions.retrieve(checkout_id, {"expand": ["payment_intent"]}))
        )

    def expire_checkout(self, *, checkout_id: str) -> CheckoutState:
        """Close the page; one that is paid or closed already is told as it is."""
        # Refused when it is not open any more: the look-up says what it became, or refuses an id that is not known.
        with suppress(PartnerRefused):
            _write(lambda: self._stripe.v1.checkout.sessions.expire(checkout_id))
        return self.retrieve_checkout(checkout_id=checkout_id)

    def refund(
        self, *, idempotency_key: str, tenant_id: UUID, invoice_id: UUID, payment_id: str, amount: Money
    ) -> Refund:
        """Return the amount, all or part of a payment."""
        made = _write(
            lambda: self._stripe.v1.refunds.create(
                {
                    "payment_intent": payment_id,
                    "amount": to_stripe(amount),
                    "metadata": _metadata(tenant_id, invoice_id),
                },
                {"idempotency_key": idempotency_key},
            )
        )
        return Refund(id=made.id, status=_refund_status(made.status))

    def read_webhook(self, *, payload: bytes, signature: str, now: datetime) -> GatewayEvent:
        """Verify and read a webhook; raises UnverifiedWebhook."""
        return read_event(payload=payload, signature=signature, secrets=self._webhook_secrets, now=now)


def _metadata(tenant_id: UUID, invoice_id: UUID) -> dict[str, str]:
    return {"tenant": str(tenant_id), "invoice": str(invoice_id)}


def _state(session: stripe.checkout.Session) -> CheckoutState:
    payment = session.payment_intent
    failure = payment.last_payment_error if isinstance(payment, stripe.PaymentIntent) else None
    status = session.status
    return CheckoutState(
        id=session.id,
        status="complete" if status == "complete" else "expired" if status == "expired" else "open",
        payment_status="paid" if session.payment_status == "paid" else "unpaid",
        payment_id=payment.id if isinstance(payment, stripe.PaymentIntent) else payment,
        amount=from_stripe(session.amount_total or 0, session.currency or ""),
        failure_code=_code_of(failure),
    )


def _code_of(failure: Any) -> str | None:
    if failure is None:
        return None
    return getattr(failure, "decline_code", None) or getattr(failure, "code", None)


def _refund_status(status: str | None) -> Literal["pending", "succeeded", "failed"]:
    if status == "succeeded":
        return "succeeded"
    return "failed" if status in ("failed", "canceled") else "pending"


def _read(call: Callable[[], Answer]) -> Answer:
    """A call that changes nothing at the partner: a doubt about it is none."""
    try:
        return _write(call)
    except PartnerUncertain as doubt:
        raise PartnerUnavailable(str(doubt)) from None


def _write(call: Callable[[], Answer]) -> Answer:
    """A call that may change something. Stripe's own messages are left out: they may quote what was sent."""
    try:
        return call()
    except stripe.APIConnectionError as error:
        cause = error.__cause__
        if isinstance(cause, NOTHING_SENT):
            raise PartnerUnavailable(type(cause).__name__) from None
        raise PartnerUncertain(type(cause).__name__) from None
    except stripe.RateLimitError:
        raise PartnerUnavailable("rate limit") from None
    except stripe.CardError as error:
        raise PartnerRefused(code=_code_of(error.error) or "card_error") from None
    except stripe.IdempotencyError:
        raise PartnerRefused(code="idempotency_error") from None
    except (stripe.AuthenticationError, stripe.PermissionError):
        raise PartnerRefused(code="authentication") from None
    except stripe.InvalidRequestError as error:
        raise PartnerRefused(code=error.code or "invalid_request") from None
    except stripe.StripeError as error:
        status = error.http_status or 0
        if 400 <= status < 500 and status != HTTPStatus.CONFLICT:  # a conflict: the same key is being worked on
            raise PartnerRefused(code=error.code or f"http-{status}") from None
        raise PartnerUncertain(f"http {status}") from None
