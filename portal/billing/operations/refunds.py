"""Money given back by the office."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.billing.models import Invoice, Payment, RefundRow
from portal.billing.operations.invoices import book
from portal.billing.rules import refund_lines
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import PortalError
from portal.kernel.tasks import schedule

REFUND = "billing.refund"


class NothingToRefund(PortalError):
    """The payment is refunded already, or a refund is on its way."""

    code = "nothing-to-refund"


def ask_refund(session: PortalSession, *, payment: Payment, now: datetime) -> RefundRow:
    """Ask the gateway for the whole payment back, after commit; once for each payment. Raises NothingToRefund."""
    row = RefundRow(
        patient_id=payment.patient_id,
        invoice_id=payment.invoice_id,
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        state="asked",
        asked_by=session.principal.actor_id,
        asked_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_refund_payment":
            raise NothingToRefund from error
        raise
    schedule(session, kind=REFUND, subject_id=row.id, key=f"refund:{row.id}", due_at=now)
    return row


def settle_refund(session: PortalSession, *, refund: RefundRow, state: str, now: datetime) -> None:
    """What the gateway says of a refund: pending, done or failed. Done is booked once."""
    if refund.state in {"done", "failed"} or refund.state == state:
        return
    refund.state = state
    if state in {"done", "failed"}:
        refund.settled_at = now
    session.flush()
    if state != "done":
        return
    invoice = session.scalars(select(Invoice).where(Invoice.id == refund.invoice_id).with_for_update()).one()
    book(session, invoice=invoice, kind="refund", lines=refund_lines(refund.amount), now=now)
    entries = session.scalars(select(RefundRow).where(RefundRow.invoice_id == invoice.id, RefundRow.state == "done"))
    payments = session.scalars(select(Payment).where(Payment.invoice_id == invoice.id))
    left = sum(p.amount_minor for p in payments) - sum(r.amount_minor for r in entries)
    if left < invoice.amount_minor:
        invoice.status, invoice.flag = "refunded", None
    elif left == invoice.amount_minor:
        invoice.flag = None
    session.flush()
