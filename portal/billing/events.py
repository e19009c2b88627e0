"""What billing tells the others."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class InvoiceIssued(Event):
    """A signed note made an invoice."""

    name: ClassVar[str] = "billing.invoice_issued"
    invoice_id: UUID
    patient_id: UUID
    visit_id: UUID


@dataclass(frozen=True, kw_only=True)
class PaymentCaptured(Event):
    """Money for an invoice is ours."""

    name: ClassVar[str] = "billing.payment_captured"
    payment_id: UUID
    invoice_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvoiceRefunded(Event):
    """Money of an invoice went back to the patient."""

    name: ClassVar[str] = "billing.invoice_refunded"
    refund_id: UUID
    invoice_id: UUID
    patient_id: UUID
