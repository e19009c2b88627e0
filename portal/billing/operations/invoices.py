"""Prices, invoices and the ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from portal.billing.events import InvoiceIssued
from portal.billing.models import Invoice, LedgerEntry, Price
from portal.billing.queries import invoice_of_visit, payments_of, price_of, refunds_of
from portal.billing.rules import Line, invoice_lines, standing
from portal.kernel.db import PortalSession
from portal.kernel.errors import PortalError
from portal.kernel.events import emit
from portal.kernel.money import Money
from portal.scheduling import appointment_by_id, visit_type_by_id
from portal.visits import Visit

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:place, 0))")
_LAST_NUMBER = text("SELECT coalesce(max(number), 1000) FROM billing.invoice")


class NoPrice(PortalError):
    """Nobody has set a price for the visit type: its visits are not invoiced."""

    code = "no-price"


def set_price(session: PortalSession, *, visit_type_id: UUID, amount: Money, now: datetime) -> Price:
    """A new price from now on; invoices that exist keep theirs."""
    price = Price(
        visit_type_id=visit_type_id, amount_minor=amount.amount_minor, currency=amount.currency, valid_from=now
    )
    session.add(price)
    session.flush()
    return price


def issue_invoice(session: PortalSession, *, visit: Visit, now: datetime) -> Invoice:
    """The invoice of a visit, made once; the price is the one in force when the appointment was booked.

    Raises NoPrice.
    """
    known = invoice_of_visit(session, visit_id=visit.id)
    if known is not None:
        return known
    appointment = appointment_by_id(session, appointment_id=visit.id)
    if appointment is None:
        raise NoPrice
    amount = price_of(session, visit_type_id=appointment.visit_type_id, at=appointment.booked_at)
    visit_type = visit_type_by_id(session, visit_type_id=appointment.visit_type_id)
    if amount is None or visit_type is None:
        raise NoPrice
    # Numbers of one tenant are given one after the other; other tenants do not wait.
    session.execute(_ONE_AT_A_TIME, {"place": f"invoice|{session.tenant_id}"})
    invoice = Invoice(
        patient_id=visit.patient_id,
        visit_id=visit.id,
        number=1 + int(session.execute(_LAST_NUMBER).scalar_one()),
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        description=visit_type.names,
        status="open" if amount else "paid",
        issued_at=now,
        paid_at=None if amount else now,
    )
    session.add(invoice)
    session.flush()
    if amount:
        book(session, of=invoice.id, invoice=invoice, kind="invoice", lines=invoice_lines(amount), now=now)
    emit(session, InvoiceIssued(invoice_id=invoice.id, patient_id=visit.patient_id, visit_id=visit.id), now=now)
    return invoice


def book(
    session: PortalSession, *, of: UUID, invoice: Invoice, kind: str, lines: tuple[Line, ...], now: datetime
) -> None:
    """Write one ledger transaction, `of` the invoice, payment or refund that makes it.

    The database refuses one of the same thing again, and at commit one that does not balance.
    """
    for line in lines:
        session.add(
            LedgerEntry(
                patient_id=invoice.patient_id,
                transaction_id=of,
                invoice_id=invoice.id,
                account=line.account,
                amount_minor=line.amount.amount_minor,
                currency=line.amount.currency,
                kind=kind,
                booked_at=now,
            )
        )
    session.flush()


def lock_invoice(session: PortalSession, *, invoice_id: UUID) -> Invoice:
    """The invoice as it stands now; money for it moves one after the other."""
    return session.scalars(
        select(Invoice).where(Invoice.id == invoice_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()


def restate(session: PortalSession, *, invoice: Invoice, now: datetime) -> None:
    """Bring status and flag to what payments and refunds say."""
    session.flush()
    invoice.status, invoice.flag = standing(
        invoiced=invoice.amount,
        paid=[one.amount for one in payments_of(session, invoice_id=invoice.id)],
        refunded=[one.amount for one in refunds_of(session, invoice_id=invoice.id) if one.state == "done"],
    )
    if invoice.status == "paid":
        invoice.paid_at = invoice.paid_at or now
    session.flush()
