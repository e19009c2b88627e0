"""Stripe's webhooks: verified by signature and age, then read into the port's words.

Owns which of Stripe's event types mean something to billing. It trusts nothing before the signature is checked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import stripe

from portal.billing.ports import GatewayEvent, GatewayEventKind, UnverifiedWebhook
from portal.integrations.cards.amounts import from_stripe
from portal.kernel.strict_json import read_json

TOLERANCE = timedelta(seconds=300)

Fields = Mapping[str, Any]


def read_event(*, payload: bytes, signature: str, secrets: Sequence[str], now: datetime) -> GatewayEvent:
    """The event of a webhook that was signed at most five minutes ago; raises UnverifiedWebhook.

    `secrets`: any of them counts, so that one may take over from another.
    """
    try:
        if not any(_is_signed(payload, signature, secret) for secret in secrets):
            raise UnverifiedWebhook("signature")
        event = read_json(payload)
        subject: Fields = event["data"]["object"]
        event_id, event_type, created = str(event["id"]), str(event["type"]), int(event["created"])
    except (ValueError, LookupError, TypeError):
        raise UnverifiedWebhook("body") from None
    signed_at = re.search(r"(?:^|,)t=(\d{1,12})", signature)
    if signed_at is None or abs(now - datetime.fromtimestamp(int(signed_at[1]), UTC)) > TOLERANCE:
        raise UnverifiedWebhook("outside the tolerance")
    read = _READERS.get(event_type, _other)
    metadata = subject.get("metadata") or {}
    return GatewayEvent(
        id=event_id,
        at=datetime.fromtimestamp(created, UTC),
        tenant_id=_uuid(metadata.get("tenant")),
        invoice_id=_uuid(metadata.get("invoice") or subject.get("client_reference_id")),
        **read(subject),
    )


def _is_signed(payload: bytes, signature: str, secret: str) -> bool:
    try:
        # The age is checked by the caller: the client would compare with the machine's clock instead of `now`.
        stripe.WebhookSignature.verify_header(payload, signature, secret, tolerance=None)
    except (stripe.SignatureVerificationError, ValueError):
        return False
    return bool(secret)


def _event(
    kind: GatewayEventKind,
    subject: Fields,
    *,
    amount: str = "amount",
    checkout: str = "",
    payment: str = "payment_intent",
    refund: str = "",
) -> dict[str, Any]:
    """The event's particulars; each word names the field of Stripe's object in which it stands."""
    units, currency = subject.get(amount), subject.get("currency")
    return {
        "kind": kind,
        "checkout_id": _id(subject.get(checkout)),
        "payment_id": _id(subject.get(payment)),
        "refund_id": _id(subject.get(refund)),
        "amount": from_stripe(units, currency) if isinstance(units, int) and currency else None,
    }


def _checkout(kind: GatewayEventKind) -> Callable[[Fields], dict[str, Any]]:
    return lambda subject: _event(kind, subject, amount="amount_total", checkout="id")


def _completed(subject: Fields) -> dict[str, Any]:
    # Methods other than cards complete the page first and pay later.
    paid = subject.get("payment_status") == "paid"
    return _checkout(GatewayEventKind.PAID if paid else GatewayEventKind.OTHER)(subject)


def _payment_failed(subject: Fields) -> dict[str, Any]:
    return _event(GatewayEventKind.DECLINED, subject, payment="id")


def _refund(subject: Fields) -> dict[str, Any]:
    kinds = {
        "succeeded": GatewayEventKind.REFUNDED,
        "failed": GatewayEventKind.REFUND_FAILED,
        "canceled": GatewayEventKind.REFUND_FAILED,
    }
    return _event(kinds.get(subject.get("status", ""), GatewayEventKind.OTHER), subject, refund="id")


def _charge_refunded(subject: Fields) -> dict[str, Any]:
    return _event(GatewayEventKind.REFUND_TOTAL, subject, amount="amount_refunded")


def _other(subject: Fields) -> dict[str, Any]:
    return {
        "kind": GatewayEventKind.OTHER,
        "checkout_id": None,
        "payment_id": None,
        "refund_id": None,
        "amount": None,
    }


_READERS: Mapping[str, Callable[[Fields], dict[str, Any]]] = {
    "checkout.session.completed": _completed,
    "checkout.session.async_payment_succeeded": _checkout(GatewayEventKind.PAID),
    "checkout.session.async_payment_failed": _checkout(GatewayEventKind.DECLINED),
    "checkout.session.expired": _checkout(GatewayEventKind.EXPIRED),
    "payment_intent.payment_failed": _payment_failed,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refunded": _charge_refunded,
}


def _id(value: Any) -> str | None:
    if isinstance(value, dict):  # an expanded object
        value = value.get("id")
    return value if isinstance(value, str) else None


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
