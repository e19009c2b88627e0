"""What a checkout, a card and a refund do, as Stripe does it, with test cards only.

Owns the rules and the events that follow from them. Speaks no HTTP.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.partners.cards.forms import Refusal, integer, require_known, required
from deploy.partners.cards.store import Object, Store, new_id

API_VERSION = "2026-10-28.endive"
DAY = 24 * 3600
HELD_SECONDS = 30  # longer than the three tries before the browser goes back
LOCALES = (
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR "
    "ro ru sk sl sv th tr vi zh zh-HK zh-TW"
)
SESSION_PARAMETERS = frozenset(
    {
        "mode",
        "allowed_payment_method_types",
        "client_reference_id",
        "line_items",
        "metadata",
        "payment_intent_data",
        "success_url",
        "cancel_url",
        "locale",
        "expires_at",
        "expand",
    }
)


@dataclass(frozen=True, kw_only=True)
class TestCard:
    """How a test card behaves. `decline`: Stripe's decline code; `copies`: how often each webhook is delivered.

    `late`: the webhook waits for CARDS_DELAY. `first`: webhooks are delivered before the browser goes back.
    """

    __test__ = False

    number: str
    decline: str = ""
    copies: int = 1
    late: bool = False
    first: bool = False


CARDS = {
    card.number: card
    for card in (
        TestCard(number="4242424242424242"),
        TestCard(number="4000000000000002", decline="generic_decline"),
        TestCard(number="4000000000009995", decline="insufficient_funds"),
        TestCard(number="4000000000000259", late=True),
        TestCard(number="4000000000000077", copies=3, first=True),
    )
}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What came of a card: the checkout as it is now, why the card was declined, webhooks that must go first."""

    session: Object
    decline: str = ""
    deliver_first: tuple[int, ...] = ()


class Gateway:
    """Checkouts, payments and refunds over the store; `page_url` is the address before a checkout's id."""

    def __init__(self, store: Store, *, page_url: str, late_seconds: float, now: Callable[[], float]) -> None:
        self._store = store
        self._page_url = page_url
        self._late_seconds = late_seconds
        self._now = now

    def create_session(self, parameters: dict[str, Any]) -> Object:
        """A Checkout Session in payment mode; raises Refusal."""
        require_known(parameters, SESSION_PARAMETERS)
        if required(parameters, "mode") != "payment":
            raise Refusal("Only mode=payment is spoken here.", param="mode")
        amount, currency = _total(required(parameters, "line_items"))
        for name in ("success_url", "cancel_url"):
            if not str(required(parameters, name)).startswith(("http://", "https://")):
                raise Refusal("Not a valid URL", code="url_invalid", param=name)
        if parameters.get("locale", "auto") not in LOCALES.split():
            raise Refusal(f"Invalid locale: must be one of {LOCALES}", param="locale")
        now = int(self._now())
        expires_at = integer(parameters, "expires_at") if "expires_at" in parameters else now + DAY
        if not now + DAY // 48 <= expires_at <= now + DAY:
            raise Refusal("`expires_at` must be between 30 minutes and 24 hours from now.", param="expires_at")
        session_id = new_id("cs_test")
        session: Object = {
            "id": session_id,
            "object": "checkout.session",
            "mode": "payment",
            "ui_mode": "hosted_page",
            "status": "open",
            "payment_status": "unpaid",
            "payment_method_types": ["card"],
            "payment_intent": None,
            "amount_subtotal": amount,
            "amount_total": amount,
            "currency": currency,
            "client_reference_id": parameters.get("client_reference_id"),
            "metadata": parameters.get("metadata") or {},
            "locale": parameters.get("locale", "auto"),
            "success_url": parameters["success_url"],
            "cancel_url": parameters["cancel_url"],
            "url": f"{self._page_url}/{session_id}",
            "created": now,
            "expires_at": expires_at,
            "livemode": False,
        }
        # What Stripe keeps but does not show in the session.
        session["_description"] = parameters["line_items"][0]["price_data"]["product_data"]["name"]
        session["_payment_metadata"] = (parameters.get("payment_intent_data") or {}).get("metadata") or {}
        self._store.put(session, expires_at=expires_at)
        return session

    def find(self, object_id: str, *, kind: str) -> Object:
        """An object by its id; raises Stripe's 404."""
        found = self._store.get(object_id)
        if found is None or found["object"] != kind:
            raise Refusal(f"No such {kind}: '{object_id}'", status=404, code="resource_missing", param="id")
        return found

    def expire_session(self, session_id: str) -> Object:
        """Close an open checkout; raises Refusal for any other."""
        session = self.find(session_id, kind="checkout.session")
        if session["status"] != "open":
            raise Refusal('Only Checkout Sessions with a status in ["open"] can be expired.', param="session")
        session |= {"status": "expired", "url": None}
        self._store.put(session)
        self._tell("checkout.session.expired", session)
        return session

    def expire_due(self) -> None:
        """Close the checkouts whose time is over."""
        for session in self._store.expired(self._now()):
            self.expire_session(session["id"])

    def pay(self, session_id: str, card: TestCard) -> Attempt:
        """Charge the card for an open checkout. For one that is over already nothing happens."""
        session = self.find(session_id, kind="checkout.session")
        if session["status"] != "open":
            return Attempt(session=session)
        payment = self._payment_of(session)
        session["payment_intent"] = payment["id"]
        if card.decline:
            payment["last_payment_error"] = {
                "type": "card_error",
                "code": "card_declined",
                "decline_code": card.decline,
                "message": "Your card was declined.",
            }
            self._store.put(payment)
            self._store.put(session, expires_at=session["expires_at"])
            self._tell("payment_intent.payment_failed", payment, card=card)
            return Attempt(session=session, decline=card.decline)
        charge = self._charge(payment, card)
        payment |= {
            "status": "succeeded",
            "amount_received": payment["amount"],
            "latest_charge": charge["id"],
            "last_payment_error": None,
        }
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        for changed in (charge, payment, session):
            self._store.put(changed)
        told = self._tell("checkout.session.completed", session, card=card, hold=card.first)
        return Attempt(session=session, deliver_first=told if card.first else ())

    def refund(self, parameters: dict[str, Any]) -> Object:
        """Return all or part of a payment; raises Refusal."""
        require_known(parameters, {"payment_intent", "amount", "metadata", "reason", "expand"})
        payment = self.find(str(required(parameters, "payment_intent")), kind="payment_intent")
        if payment["status"] != "succeeded":
            raise Refusal("This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
        charge = self.find(payment["latest_charge"], kind="charge")
        remaining = charge["amount"] - charge["amount_refunded"]
        amount = integer(parameters, "amount") if "amount" in parameters else remaining
        if remaining == 0:
            raise Refusal("Charge has already been refunded.", code="charge_already_refunded")
        if not 0 < amount <= remaining:
            raise Refusal("Refund amount is greater than unrefunded amount on charge.", param="amount")
        refund: Object = {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": payment["id"],
            "status": "succeeded",
            "reason": parameters.get("reason"),
            "metadata": parameters.get("metadata") or {},
            "created": int(self._now()),
        }
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self._store.put(refund)
        self._store.put(charge)
        card = CARDS[charge["_card"]]
        self._tell("refund.created", refund, card=card)
        self._tell("charge.refunded", charge, card=card)
        return refund

    def _payment_of(self, session: Object) -> Object:
        if session["payment_intent"]:
            return self.find(session["payment_intent"], kind="payment_intent")
        return {
            "id": new_id("pi"),
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_received": 0,
            "currency": session["currency"],
            "status": "requires_payment_method",
            "latest_charge": None,
            "last_payment_error": None,
            "metadata": session["_payment_metadata"],
            "created": int(self._now()),
            "livemode": False,
        }

    def _charge(self, payment: Object, card: TestCard) -> Object:
        return {
            "id": new_id("ch"),
            "object": "charge",
            "amount": payment["amount"],
            "amount_refunded": 0,
            "currency": payment["currency"],
            "paid": True,
            "refunded": False,
            "status": "succeeded",
            "payment_intent": payment["id"],
            "metadata": payment["metadata"],
            "created": int(self._now()),
            "_card": card.number,
        }

    def _tell(
        self, event_type: str, subject: Object, *, card: TestCard | None = None, hold: bool = False
    ) -> tuple[int, ...]:
        """Write the event's deliveries; `hold` leaves the first try to the caller."""
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "type": event_type,
            "created": int(self._now()),
            "livemode": False,
            "data": {"object": shown(subject)},
        }
        copies, late = (card.copies, card.late) if card is not None else (1, False)
        due_at = self._now() + (HELD_SECONDS if hold else self._late_seconds if late else 0)
        return tuple(self._store.add_delivery(json.dumps(event), due_at=due_at) for _ in range(copies))


def shown(value: Object) -> Object:
    """The object without what is kept for ourselves."""
    return {name: inner for name, inner in value.items() if not name.startswith("_")}


def _total(items: Any) -> tuple[int, str]:
    """Amount in the currency's smallest unit, and the currency, of a checkout's lines."""
    total, currencies = 0, set()
    for item in items if isinstance(items, list) else []:
        price = required(item, "price_data")
        required(required(price, "product_data"), "name")
        currencies.add(str(required(price, "currency")).lower())
        total += integer(price, "unit_amount") * integer(item, "quantity")
    if len(currencies) != 1:
        raise Refusal("All line items must have one and the same currency.", param="line_items")
    if total < 50:
        raise Refusal("The amount is below the least that can be charged.", code="amount_too_small")
    return total, currencies.pop()
