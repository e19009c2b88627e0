"""Reads of billing."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, true

from portal.billing.models import Invoice, LedgerEntry, Payment, PaymentAttempt, Price, Receipt, RefundRow
from portal.billing.rules import OPEN
from portal.kernel.db import Page, Place, PortalSession, page_of
from portal.kernel.money import Money


def price_of(session: PortalSession, *, visit_type_id: UUID, at: datetime) -> Money | None:
    """What a visit type costs at an instant; None when nobody set a price by then (the first price then counts)."""
    return prices_of(session, [visit_type_id], at=at).get(visit_type_id)


def prices_of(session: PortalSession, visit_type_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, Money]:
    """Prices in force by visit type. Readable by anybody of the clinic, visitors included."""
    found: dict[UUID, Price] = {}
    rows = session.scalars(
        select(Price).where(Price.visit_type_id.in_(list(visit_type_ids))).order_by(Price.valid_from, Price.id)
    )
    for price in rows:
        if price.valid_from <= at or price.visit_type_id not in found:
            found[price.visit_type_id] = price
    return {key: price.amount for key, price in found.items()}


def price_history(session: PortalSession, *, visit_type_id: UUID) -> list[Price]:
    """All prices that a visit type ever had, newest first."""
    return list(
        session.scalars(select(Price).where(Price.visit_type_id == visit_type_id).order_by(Price.valid_from.desc()))
    )


def invoice_by_id(session: PortalSession, *, invoice_id: UUID, patient_id: UUID | None = None) -> Invoice | None:
    """An invoice; with `patient_id`, only when it is that patient's."""
    invoice = session.get(Invoice, (session.tenant_id, invoice_id))
    return invoice if invoice is not None and patient_id in {None, invoice.patient_id} else None


def invoice_of_visit(session: PortalSession, *, visit_id: UUID) -> Invoice | None:
    """The invoice of a visit."""
    return session.scalar(select(Invoice).where(Invoice.visit_id == visit_id))


def invoices_of_visits(session: PortalSession, visit_ids: Iterable[UUID]) -> dict[UUID, Invoice]:
    """Invoices by visit."""
    wanted = list(visit_ids)
    if not wanted:
        return {}
    return {one.visit_id: one for one in session.scalars(select(Invoice).where(Invoice.visit_id.in_(wanted)))}


def invoices_of_patient(
    session: PortalSession, *, patient_id: UUID, is_open: bool = False, after: Place | None = None
) -> Page[Invoice]:
    """A page of a patient's invoices, newest first. `is_open`: of those that wait for payment."""
    wanted = select(Invoice).where(Invoice.patient_id == patient_id)
    if is_open:
        wanted = wanted.where(Invoice.status == "open")
    return page_of(session, wanted, by=Invoice.issued_at, newest=True, after=after)


def latest_invoices(session: PortalSession, *, patient_id: UUID, limit: int) -> list[Invoice]:
    """A patient's invoices that wait for payment, then the others; the newest of each first, at most `limit`."""
    waits = Invoice.status == "open"
    wanted = select(Invoice).where(Invoice.patient_id == patient_id)
    return list(
        session.scalars(wanted.order_by(waits.desc(), Invoice.issued_at.desc(), Invoice.id.desc()).limit(limit))
    )


def ledger_of(session: PortalSession, *, invoice_id: UUID) -> list[LedgerEntry]:
    """An invoice's ledger entries in the order of booking."""
    return list(
        session.scalars(
            select(LedgerEntry)
            .where(LedgerEntry.invoice_id == invoice_id)
            .order_by(LedgerEntry.booked_at, LedgerEntry.id)
        )
    )


def ledger_balance(session: PortalSession, *, invoice: Invoice) -> dict[str, Money]:
    """What stands on each account of the ledger for an invoice, in its currency; on "receivable", what is owed."""
    balance: dict[str, Money] = {}
    for entry in ledger_of(session, invoice_id=invoice.id):
        if entry.currency == invoice.currency:
            balance[entry.account] = balance.get(entry.account, Money(0, entry.currency)) + entry.amount
    return balance


def payment_by_id(session: PortalSession, *, payment_id: UUID, invoice_id: UUID) -> Payment | None:
    """A payment, when it is that invoice's."""
    payment = session.get(Payment, (session.tenant_id, payment_id))
    return payment if payment is not None and payment.invoice_id == invoice_id else None


def payments_of(session: PortalSession, *, invoice_id: UUID) -> list[Payment]:
    """Payments of an invoice."""
    return list(session.scalars(select(Payment).where(Payment.invoice_id == invoice_id).order_by(Payment.captured_at)))


def refunds_of(session: PortalSession, *, invoice_id: UUID) -> list[RefundRow]:
    """Refunds of an invoice."""
    return list(
        session.scalars(select(RefundRow).where(RefundRow.invoice_id == invoice_id).order_by(RefundRow.asked_at))
    )


def attempts_of(session: PortalSession, *, invoice_id: UUID) -> list[PaymentAttempt]:
    """Payment attempts of an invoice, newest first."""
    return list(
        session.scalars(
            select(PaymentAttempt)
            .where(PaymentAttempt.invoice_id == invoice_id)
            .order_by(PaymentAttempt.started_at.desc(), PaymentAttempt.id.desc())
        )
    )


def attempt_by_id(session: PortalSession, *, attempt_id: UUID, invoice_id: UUID) -> PaymentAttempt | None:
    """A payment attempt, when it is that invoice's."""
    attempt = session.get(PaymentAttempt, (session.tenant_id, attempt_id))
    return attempt if attempt is not None and attempt.invoice_id == invoice_id else None


def open_attempt_of(session: PortalSession, *, invoice_id: UUID) -> PaymentAttempt | None:
    """The invoice's attempt that may still be paid."""
    return session.scalar(
        select(PaymentAttempt).where(PaymentAttempt.invoice_id == invoice_id, PaymentAttempt.state.in_(OPEN))
    )


def attempt_of_checkout(session: PortalSession, *, checkout_id: str) -> PaymentAttempt | None:
    """The attempt of one of the gateway's pages."""
    return session.scalar(select(PaymentAttempt).where(PaymentAttempt.checkout_id == checkout_id))


def receipt_of(session: PortalSession, *, invoice_id: UUID) -> Receipt | None:
    """The stored receipt of an invoice."""
    return session.scalar(select(Receipt).where(Receipt.invoice_id == invoice_id))


def refundable(session: PortalSession, *, payment: Payment) -> Money:
    """What is left of a payment; nothing while a refund is on its way."""
    refunds = [one for one in refunds_of(session, invoice_id=payment.invoice_id) if one.payment_id == payment.id]
    if any(one.state in {"asked", "pending"} for one in refunds):
        return Money(0, payment.currency)
    back = sum(one.amount_minor for one in refunds if one.state == "done")
    return Money(payment.amount_minor - back, payment.currency)


def invoice_page(session: PortalSession, *, which: str, after: Place | None = None) -> Page[Invoice]:
    """A page of the clinic's invoices, newest first. `which`: open, paid, refunded, flagged or all."""
    wanted: ColumnElement[bool] = Invoice.status == which
    if which == "flagged":
        wanted = Invoice.flag.is_not(None)
    elif which == "all":
        wanted = true()
    return page_of(session, select(Invoice).where(wanted), by=Invoice.issued_at, newest=True, after=after)
