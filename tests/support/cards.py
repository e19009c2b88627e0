"""A card gateway in memory, for tests that are not about the gateway itself."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Literal
from uuid import UUID

from portal.billing.ports import Checkout, CheckoutState, GatewayEvent, GatewayEventKind, Refund, UnverifiedWebhook
from portal.kernel.clock import utc_now
from portal.kernel.money import Money


@dataclass
class RecordingCards:
    """A CardGateway. `fail_with` is raised instead of answering, once for each entry; the call may act before it."""

    pages: dict[str, CheckoutState] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    refunds: dict[str, Refund] = field(default_factory=dict)
    events: dict[bytes, GatewayEvent] = field(default_factory=dict)
    fail_with: list[Exception] = field(default_factory=list)
    answer_refunds: Literal["pending", "succeeded", "failed"] = "succeeded"
    now: Callable[[], datetime] = utc_now
    _by_key: dict[str, Checkout] = field(default_factory=dict)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def create_checkout(self, *, idempotency_key: str, amount: Money, **asked: Any) -> Checkout:
        self.asked.append({"idempotency_key": idempotency_key, "amount": amount, **asked})
        with self._one_at_a_time:
            checkout = self._checkout(idempotency_key, amount)
        self._fail()
        return checkout

    def _checkout(self, key: str, amount: Money) -> Checkout:
        if key not in self._by_key:
            page = f"cs_{len(self._by_key) + 1}"
            self.pages[page] = CheckoutState(
                id=page, status="open", payment_status="unpaid", payment_id=None, amount=amount, failure_code=None
            )
            expires_at = self.now() + timedelta(days=1)
            self._by_key[key] = Checkout(id=page, url=f"https://cards.example/{page}", expires_at=expires_at)
        return self._by_key[key]

    def retrieve_checkout(self, *, checkout_id: str) -> CheckoutState:
        self._fail()
        return self.pages[checkout_id]

    def expire_checkout(self, *, checkout_id: str) -> CheckoutState:
        self._fail()
        if self.pages[checkout_id].status == "open":
            self.change(checkout_id, status="expired")
        return self.pages[checkout_id]

    def refund(
        self, *, idempotency_key: str, tenant_id: UUID, invoice_id: UUID, payment_id: str, amount: Money
    ) -> Refund:
        known = self.refunds.setdefault(
            idempotency_key,
            Refund(id=f"re_{len(self.refunds) + 1}", status=self.answer_refunds),  # type: ignore[arg-type]  # set by tests
        )
        self._fail()
        return known

    def read_webhook(self, *, payload: bytes, signature: str, now: datetime) -> GatewayEvent:
        if signature != "signed" or payload not in self.events:
            raise UnverifiedWebhook
        return self.events[payload]

    def change(self, page: str, **values: Any) -> None:
        """The page is now something else."""
        self.pages[page] = replace(self.pages[page], **values)

    def pay(self, page: str, *, amount: Money | None = None) -> str:
        """The patient pays on the page; returns the payment's id."""
        payment = f"pi_{page}"
        self.change(
            page,
            status="complete",
            payment_status="paid",
            payment_id=payment,
            amount=amount or self.pages[page].amount,
            failure_code=None,
        )
        return payment

    def tell(self, kind: GatewayEventKind, *, id: str = "evt_1", **values: Any) -> bytes:
        """The body of a webhook."""
        known: dict[str, Any] = dict.fromkeys(
            ("tenant_id", "invoice_id", "checkout_id", "payment_id", "refund_id", "amount")
        )
        body = f"{id} {kind}".encode()
        self.events[body] = GatewayEvent(id=id, kind=kind, at=self.now(), **(known | values))
        return body

    def _fail(self) -> None:
        if self.fail_with:
            raise self.fail_with.pop(0)
