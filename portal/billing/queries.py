"""Reads of billing."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from portal.billing.models import Invoice, LedgerEntry, Payment, PaymentAttempt, Price, Receipt, RefundRow
from portal.kernel.db import PortalSession
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


def invoices_of_patient(session: PortalSession, *, patient_id: UUID) -> list[Invoice]:
    """A patient's invoices, newest first."""
    return list(
        session.scalars(select(Invoice).where(Invoice.patient_id == patient_id).order_by(Invoice.issued_at.desc()))
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


def attempt_by_id(session: PortalSession, *, attempt_id: UUID) -> PaymentAttempt | None:
    """A payment attempt."""
    return session.get(PaymentAttempt, (session.tenant_id, attempt_id))


def attempt_of_checkout(session: PortalSession, *, checkout_id: str) -> PaymentAttempt | None:
    """The attempt of one of the gateway's pages."""
    return session.scalar(select(PaymentAttempt).where(PaymentAttempt.checkout_id == checkout_id))


def receipt_of(session: PortalSession, *, invoice_id: UUID) -> Receipt | None:
    """The stored receipt of an invoice."""
    return session.scalar(select(Receipt).where(Receipt.invoice_id == invoice_id))
