"""The office's invoices: what is open, what was paid, what needs a look, and giving money back."""

from typing import Any
from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.billing.access import Permission
from portal.billing.models import Invoice
from portal.billing.operations import NothingToRefund, ask_refund
from portal.billing.queries import (
    attempts_of,
    invoice_by_id,
    invoice_page,
    ledger_balance,
    ledger_of,
    payment_by_id,
    payments_of,
    receipt_of,
    refundable,
    refunds_of,
)
from portal.billing.routes import blueprint
from portal.kernel.locale import gettext as _
from portal.patients import patient_by_id, patients_by_id
from portal.scheduling import appointment_by_id
from portal.web.access import db, now, requires
from portal.web.pages import found, render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes

FILTERS = ("open", "flagged", "paid", "refunded", "all")


@blueprint.get("/staff/invoices")
@requires(Permission.INVOICE_LIST, purpose="billing-office")
def office_invoices() -> ResponseReturnValue:
    """A page of the clinic's invoices."""
    which = request.args.get("show", "open")
    which = which if which in FILTERS else "open"
    page = invoice_page(db(), which=which, after=asked_place())
    return render(
        "billing/office_invoices.html",
        which=which,
        page=page,
        people=patients_by_id(db(), {one.patient_id for one in page.rows}),
        ways=ways(page, "billing.office_invoices", show=which),
    )


@blueprint.get("/staff/invoices/<uuid:invoice>")
@requires(Permission.INVOICE_LIST, purpose="billing-office")
def office_invoice(invoice: UUID) -> ResponseReturnValue:
    """One invoice with its ledger."""
    known = found(invoice_by_id(db(), invoice_id=invoice))
    return render("billing/office_invoice.html", **_context(known))


def _context(known: Invoice) -> dict[str, Any]:
    payments = payments_of(db(), invoice_id=known.id)
    return {
        "invoice": known,
        "patient": found(patient_by_id(db(), patient_id=known.patient_id)),
        "appointment": appointment_by_id(db(), appointment_id=known.visit_id),
        "entries": ledger_of(db(), invoice_id=known.id),
        "balance": ledger_balance(db(), invoice=known),
        "attempts": attempts_of(db(), invoice_id=known.id),
        "payments": payments,
        "refundable": {one.id: refundable(db(), payment=one) for one in payments},
        "refunds": refunds_of(db(), invoice_id=known.id),
        "receipt": receipt_of(db(), invoice_id=known.id),
    }


@blueprint.route("/staff/invoices/<uuid:invoice>/payments/<uuid:payment>/refund", methods=["GET", "POST"])
@requires(Permission.INVOICE_REFUND, purpose="billing-office", step_up="refund")
@writes
def refund(invoice: UUID, payment: UUID) -> ResponseReturnValue:
    """Ask once more, then ask the gateway to give the money back."""
    known = found(invoice_by_id(db(), invoice_id=invoice))
    paid = found(payment_by_id(db(), payment_id=payment, invoice_id=invoice))
    if request.method == "POST":
        try:
            ask_refund(db(), payment=paid, now=now())
            flash(_("The refund is on its way. You will see here when it is done."), "success")
        except NothingToRefund:
            flash(_("There is nothing left of this payment to give back."), "warning")
        return see("billing.office_invoice", invoice=invoice)
    person = found(patient_by_id(db(), patient_id=known.patient_id))
    amount = refundable(db(), payment=paid)
    if amount.amount_minor <= 0:
        flash(_("There is nothing left of this payment to give back."), "warning")
        return see("billing.office_invoice", invoice=invoice)
    return render("billing/refund.html", invoice=known, payment=paid, patient=person, amount=amount)
