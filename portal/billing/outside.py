"""Calls to the card gateway that nobody waits for: looking a payment up, giving money back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.billing.models import Payment, PaymentAttempt, RefundRow
from portal.billing.operations import LOOK_UP, REFUND, capture, decline, expire, settle_refund
from portal.billing.ports import CardGateway, CheckoutState, Refund
from portal.kernel.db import PortalSession
from portal.kernel.money import Money


def settle_checkout(session: PortalSession, *, attempt: PaymentAttempt, state: CheckoutState, now: datetime) -> None:
    """Bring an attempt to what the gateway says of its page: paid, expired, declined or still open."""
    if state.payment_status == "paid" and state.payment_id:
        capture(session, attempt=attempt, gateway_payment_id=state.payment_id, amount=state.amount, now=now)
    elif state.status == "expired":
        expire(session, attempt=attempt, now=now)
    elif state.failure_code:
        decline(session, attempt=attempt, failure_code=state.failure_code)


class LookUpPayment:
    """Asks the gateway how a payment page stands, after its webhook or when that was lost. Subject: the attempt."""

    kind = LOOK_UP
    purpose = "billing"

    def __init__(self, gateway: CardGateway) -> None:
        self._gateway = gateway

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> str | None:
        """The page to ask for; None when it is paid or there never was one."""
        attempt = session.get(PaymentAttempt, (session.tenant_id, subject_id))
        return None if attempt is None or attempt.state == "paid" else attempt.checkout_id

    def call(self, request: str, *, again: bool, now: datetime) -> CheckoutState:
        """Reading is harmless however often."""
        return self._gateway.retrieve_checkout(checkout_id=request)

    def settle(self, session: PortalSession, subject_id: UUID, answer: CheckoutState, *, now: datetime) -> None:
        """Book what was paid."""
        attempt = session.get_one(PaymentAttempt, (session.tenant_id, subject_id), with_for_update=True)
        settle_checkout(session, attempt=attempt, state=answer, now=now)

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None:
        """The next look-up, or the webhook, will tell."""


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """What a refund needs at the gateway."""

    refund_id: UUID
    tenant_id: UUID
    invoice_id: UUID
    gateway_payment_id: str
    amount: Money


class RefundPayment:
    """Asks the gateway to give a payment back. Subject: the refund; its id is the idempotency key."""

    kind = REFUND
    purpose = "billing"

    def __init__(self, gateway: CardGateway) -> None:
        self._gateway = gateway

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> RefundRequest | None:
        """What to ask for; None when it is settled."""
        refund = session.get_one(RefundRow, (session.tenant_id, subject_id))
        if refund.state != "asked":
            return None
        payment = session.get_one(Payment, (session.tenant_id, refund.payment_id))
        return RefundRequest(
            refund_id=refund.id,
            tenant_id=refund.tenant_id,
            invoice_id=refund.invoice_id,
            gateway_payment_id=payment.gateway_payment_id,
            amount=refund.amount,
        )

    def call(self, request: RefundRequest, *, again: bool, now: datetime) -> Refund:
        """The gateway's idempotency key makes a second call the first one's answer."""
        return self._gateway.refund(
            idempotency_key=str(request.refund_id),
            tenant_id=request.tenant_id,
            invoice_id=request.invoice_id,
            payment_id=request.gateway_payment_id,
            amount=request.amount,
        )

    def settle(self, session: PortalSession, subject_id: UUID, answer: Refund, *, now: datetime) -> None:
        """Book it when the money is on its way."""
        refund = session.get_one(RefundRow, (session.tenant_id, subject_id), with_for_update=True)
        refund.gateway_refund_id = answer.id
        state = {"succeeded": "done", "failed": "failed"}.get(answer.status, "pending")
        settle_refund(session, refund=refund, state=state, now=now)

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None:
        """Given up: the office sees it and may ask again."""
        refund = session.get_one(RefundRow, (session.tenant_id, subject_id), with_for_update=True)
        refund.failure_code = code
        settle_refund(session, refund=refund, state="failed", now=now)
