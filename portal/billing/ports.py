"""What billing needs of the outside: a gateway that takes cards on its own page, so that no card number reaches us;
and somebody who makes a PDF.

Owns the shapes that cross that border; which gateway stands behind is decided in `portal.app.wiring`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol
from uuid import UUID

from portal.kernel.errors import PortalError
from portal.kernel.money import Money


class UnverifiedWebhook(PortalError):
    """The call does not come from the gateway, is altered, or is older than the tolerance."""

    code = "unverified-webhook"


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A payment page that waits for one patient; `url` is the gateway's."""

    id: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class CheckoutState:
    """What became of a payment page.

    `failure_code` is the gateway's word for the last card that was declined; the page may still be open for another.
    """

    id: str
    status: Literal["open", "complete", "expired"]
    payment_status: Literal["paid", "unpaid"]
    payment_id: str | None
    amount: Money
    failure_code: str | None


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money on its way back."""

    id: str
    status: Literal["pending", "succeeded", "failed"]


class GatewayEventKind(StrEnum):
    """What a webhook tells."""

    PAID = "paid"  # a checkout is complete and its money is ours: checkout_id, payment_id, amount
    DECLINED = "declined"  # a card was refused; the page may still be open
    EXPIRED = "expired"  # nobody paid in time: checkout_id
    REFUNDED = "refunded"  # one refund went through: refund_id, payment_id, amount of this refund
    REFUND_FAILED = "refund-failed"  # the money could not be returned: refund_id
    REFUND_TOTAL = "refund-total"  # all that was returned of a payment so far, refunds made by hand included
    OTHER = "other"  # nothing that billing acts upon


@dataclass(frozen=True, kw_only=True)
class GatewayEvent:
    """A verified webhook. It may come again, late, and in any order: `id` is the same at each delivery.

    `tenant_id` and `invoice_id` are those given with the checkout or refund; None when somebody made it by hand at the
    gateway. They say where to look, not what is true: what is paid is read with `retrieve_checkout`.
    """

    id: str
    kind: GatewayEventKind
    at: datetime
    tenant_id: UUID | None
    invoice_id: UUID | None
    checkout_id: str | None
    payment_id: str | None
    refund_id: str | None
    amount: Money | None


class CardGateway(Protocol):
    """Takes and returns money by card.

    Each call raises PartnerUnavailable (nothing happened), PartnerRefused (for good, `.code` is the gateway's word) or
    PartnerUncertain (no answer after sending). The calls with an idempotency key may be repeated with the same
    arguments after either doubt and act once; the same key with other arguments is refused.
    """

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
        """A payment page over the amount. `description` is read by the patient and by the gateway: no health data."""

    def retrieve_checkout(self, *, checkout_id: str) -> CheckoutState:
        """How the page stands now."""

    def expire_checkout(self, *, checkout_id: str) -> CheckoutState:
        """Close the page, before another is opened for the same invoice. A paid one stays paid: read the answer."""

    def refund(
        self, *, idempotency_key: str, tenant_id: UUID, invoice_id: UUID, payment_id: str, amount: Money
    ) -> Refund:
        """Return the amount, all or part of a payment."""

    def read_webhook(self, *, payload: bytes, signature: str, now: datetime) -> GatewayEvent:
        """Verify a call (the body's bytes as they came, the signature header) and read it; raises UnverifiedWebhook."""


class ReceiptRenderer(Protocol):
    """Makes a tagged PDF of a template of this portal in a language, right-to-left included."""

    def render(self, template: str, language: str, values: Mapping[str, Any]) -> bytes: ...
