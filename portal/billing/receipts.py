"""The receipt of a paid invoice: a PDF in the patient's language, made once, stored, and announced."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.billing.models import Invoice, Receipt
from portal.billing.ports import ReceiptRenderer
from portal.billing.queries import payments_of, receipt_of
from portal.billing.sending import send_about
from portal.kernel.db import PortalSession
from portal.kernel.locale import own_text
from portal.kernel.objects import ObjectStore
from portal.patients import patient_by_id
from portal.practitioners import practitioner_by_id
from portal.scheduling import appointment_by_id
from portal.tenancy import letterhead

RENDER_RECEIPT = "billing.render_receipt"


@dataclass(frozen=True, kw_only=True)
class ReceiptRequest:
    """What the renderer needs, read before it starts."""

    language: str
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RenderedReceipt:
    """The PDF and the language that it is in."""

    language: str
    content: bytes


class RenderReceipt:
    """Makes the PDF (kernel.tasks.Outside): rendering takes long, so no transaction stays open meanwhile.

    Subject: the invoice.
    """

    kind = RENDER_RECEIPT
    purpose = "receipts"
    template = "billing/receipt.pdf.html"

    def __init__(self, *, renderer: ReceiptRenderer, objects: ObjectStore) -> None:
        self._renderer = renderer
        self._objects = objects

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> ReceiptRequest | None:
        """What stands on the receipt; None when it is there already."""
        invoice = session.get(Invoice, (session.tenant_id, subject_id))
        if invoice is None or receipt_of(session, invoice_id=subject_id) is not None:
            return None
        patient = patient_by_id(session, patient_id=invoice.patient_id)
        appointment = appointment_by_id(session, appointment_id=invoice.visit_id)
        if patient is None or appointment is None:
            return None
        practitioner = practitioner_by_id(session, practitioner_id=appointment.practitioner_id)
        service, service_language = own_text(invoice.description, patient.language)
        values = {
            "clinic": letterhead(session),
            "number": invoice.number,
            "patient_name": patient.display_name,
            "service": service,
            "service_language": service_language,
            "practitioner_name": practitioner.name if practitioner else "",
            "visit_at": appointment.starts_at,
            "issued_at": invoice.issued_at,
            "paid_at": invoice.paid_at,
            "amount": invoice.amount,
            "references": [one.gateway_payment_id for one in payments_of(session, invoice_id=invoice.id)],
            "zone": patient.zone,
        }
        return ReceiptRequest(language=patient.language, values=values)

    def call(self, request: ReceiptRequest, *, again: bool, now: datetime) -> RenderedReceipt:
        """Render; doing it again harms nobody."""
        content = self._renderer.render(self.template, request.language, request.values)
        return RenderedReceipt(language=request.language, content=content)

    def settle(self, session: PortalSession, subject_id: UUID, answer: RenderedReceipt, *, now: datetime) -> None:
        """Store the object, then the row that names it, and tell the patient."""
        if receipt_of(session, invoice_id=subject_id) is not None:
            return
        invoice = session.get_one(Invoice, (session.tenant_id, subject_id))
        stored = self._objects.put(session, answer.content)
        session.add(
            Receipt(
                patient_id=invoice.patient_id,
                invoice_id=invoice.id,
                object_id=stored.id,
                language=answer.language,
                size=stored.size,
                sha256=stored.sha256,
                rendered_at=now,
            )
        )
        session.flush()
        send_about(session, invoice=invoice, template="receipt_ready", now=now)

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None:
        """Nothing to undo: the payment stands without its receipt, and the dead task names the invoice."""
