"""Money given back: by the office, or by hand at the gateway. Every verb here may come twice and in any order."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.billing.events import InvoiceRefunded
from portal.billing.models import Invoice, Payment, RefundRow
from portal.billing.operations.invoices import book, lock_invoice, restate
from portal.billing.ports import GatewayEvent
from portal.billing.queries import ledger_of, payments_of, refundable, refunds_of
from portal.billing.rules import Line, refund_lines, reversed_lines
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import PortalError
from portal.kernel.events import emit
from portal.kernel.ids import new_id
from portal.kernel.tasks import schedule

REFUND = "billing.refund"


class NothingToRefund(PortalError):
    """The payment is refunded already, or a refund is on its way."""

    code = "nothing-to-refund"


def ask_refund(session: PortalSession, *, payment: Payment, now: datetime) -> RefundRow:
    """Ask the gateway for what is left of a payment, after commit. Raises NothingToRefund."""
    lock_invoice(session, invoice_id=payment.invoice_id)
    amount = refundable(session, payment=payment)
    if amount.amount_minor <= 0:
        raise NothingToRefund
    row = RefundRow(
        patient_id=payment.patient_id,
        invoice_id=payment.invoice_id,
        payment_id=payment.id,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
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
    """What the gateway says of a refund: pending, done or failed. Done is booked once, and undone if it then fails."""
    invoice = lock_invoice(session, invoice_id=refund.invoice_id)
    session.refresh(refund)
    if refund.state in {state, "failed"} or (refund.state == "done" and state == "pending"):
        return
    was = refund.state
    if state == "done":
        _book_refund(session, invoice=invoice, refund=refund, now=now)
    elif was == "done":
        _book_failure(session, invoice=invoice, refund=refund, now=now)
    refund.state = state
    refund.settled_at = None if state == "pending" else now
    restate(session, invoice=invoice, now=now)
    if state == "done":
        emit(
            session,
            InvoiceRefunded(refund_id=refund.id, invoice_id=invoice.id, patient_id=invoice.patient_id),
            now=now,
        )


def take_refund(session: PortalSession, *, event: GatewayEvent, now: datetime) -> None:
    """What a webhook tells of a refund: ours, by its id there or the payment that waits for one; or one made by hand.

    A refund of a payment that is not known here is nobody's.
    """
    refund = session.scalar(select(RefundRow).where(RefundRow.gateway_refund_id == event.refund_id))
    payment = session.scalar(select(Payment).where(Payment.gateway_payment_id == event.payment_id))
    if refund is None and payment is not None:
        lock_invoice(session, invoice_id=payment.invoice_id)
        refund = session.scalar(
            select(RefundRow).where(
                RefundRow.payment_id == payment.id,
                RefundRow.state == "asked",
                RefundRow.amount_minor == (event.amount.amount_minor if event.amount else 0),
            )
        ) or _made_by_hand(session, payment=payment, event=event, now=now)
    if refund is None:
        return
    refund.gateway_refund_id = event.refund_id
    session.flush()
    settle_refund(session, refund=refund, state="done" if event.kind == "refunded" else "failed", now=now)


def _made_by_hand(session: PortalSession, *, payment: Payment, event: GatewayEvent, now: datetime) -> RefundRow | None:
    if event.amount is None:
        return None
    row = RefundRow(
        patient_id=payment.patient_id,
        invoice_id=payment.invoice_id,
        payment_id=payment.id,
        amount_minor=event.amount.amount_minor,
        currency=event.amount.currency,
        state="asked",
        asked_by=None,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _book_refund(session: PortalSession, *, invoice: Invoice, refund: RefundRow, now: datetime) -> None:
    lines = refund_lines(
        refund.amount,
        invoiced=invoice.amount,
        paid=[one.amount for one in payments_of(session, invoice_id=invoice.id)],
        refunded=[one.amount for one in refunds_of(session, invoice_id=invoice.id) if one.state == "done"],
    )
    book(session, of=refund.id, invoice=invoice, kind="refund", lines=lines, now=now)


def _book_failure(session: PortalSession, *, invoice: Invoice, refund: RefundRow, now: datetime) -> None:
    booked = [
        Line(account=entry.account, amount=entry.amount)
        for entry in ledger_of(session, invoice_id=invoice.id)
        if entry.transaction_id == refund.id
    ]
    book(session, of=new_id(), invoice=invoice, kind="refund-failed", lines=reversed_lines(booked), now=now)
