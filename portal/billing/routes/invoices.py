"""The patient's invoices and their receipts."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.billing.access import Permission
from portal.billing.models import Invoice
from portal.billing.queries import (
    invoice_by_id,
    invoices_of_patient,
    open_attempt_of,
    payments_of,
    receipt_of,
    refunds_of,
)
from portal.billing.routes import blueprint
from portal.patients import Patient, patient_by_id
from portal.practitioners import practitioner_by_id
from portal.scheduling import appointment_by_id
from portal.web.access import db, door, requires
from portal.web.pages import document, found, render
from portal.web.paging import asked_place, ways


def person_context(person: Patient) -> dict[str, Any]:
    """Whose page it is, for the patient's layout."""
    return {
        "patient": person,
        "patient_name": person.display_name,
        "patient_href": url_for("home.start", patient=person.id),
    }


def their_invoice(patient_id: UUID, invoice_id: UUID) -> tuple[Patient, Invoice]:
    """The patient of the page and one of their invoices, or 404."""
    person = found(patient_by_id(db(), patient_id=patient_id))
    return person, found(invoice_by_id(db(), invoice_id=invoice_id, patient_id=patient_id))


@blueprint.get("/p/<uuid:patient>/invoices")
@requires(Permission.INVOICE_READ, purpose="payment")
def invoices(patient: UUID) -> ResponseReturnValue:
    """A page of them, newest first; with ?show=open those that wait for payment."""
    person = found(patient_by_id(db(), patient_id=patient))
    show = "open" if request.args.get("show") == "open" else None
    page = invoices_of_patient(db(), patient_id=patient, is_open=show is not None, after=asked_place())
    return render(
        "billing/invoices.html",
        page=page,
        show=show or "all",
        ways=ways(page, "billing.invoices", patient=patient, show=show),
        **person_context(person),
    )


@blueprint.get("/p/<uuid:patient>/invoices/<uuid:invoice>")
@requires(Permission.INVOICE_READ, purpose="payment")
def invoice(patient: UUID, invoice: UUID) -> ResponseReturnValue:
    """What it is for, what is paid, and how to pay or take the receipt along."""
    person, known = their_invoice(patient, invoice)
    appointment = appointment_by_id(db(), appointment_id=known.visit_id)
    practitioner = practitioner_by_id(db(), practitioner_id=appointment.practitioner_id) if appointment else None
    return render(
        "billing/invoice.html",
        invoice=known,
        appointment=appointment,
        practitioner=practitioner,
        payments=payments_of(db(), invoice_id=invoice),
        refunds=[one for one in refunds_of(db(), invoice_id=invoice) if one.state == "done"],
        attempt=open_attempt_of(db(), invoice_id=invoice),
        receipt=receipt_of(db(), invoice_id=invoice),
        **person_context(person),
    )


@blueprint.get("/p/<uuid:patient>/invoices/<uuid:invoice>/receipt.pdf")
@requires(Permission.INVOICE_READ, purpose="payment")
def receipt(patient: UUID, invoice: UUID) -> ResponseReturnValue:
    """The stored PDF."""
    _, known = their_invoice(patient, invoice)
    stored = found(receipt_of(db(), invoice_id=known.id))
    content = door().objects.get(db(), stored.object_id)
    return document(content, media_type="application/pdf", filename=f"receipt-{known.number}.pdf")
