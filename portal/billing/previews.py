"""A bill that nobody has to pay."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from portal.billing.models import Invoice
from portal.kernel.db import Page
from portal.kernel.locale import gettext as _
from portal.patients.previews import whose_example
from portal.practitioners.previews import example_practitioner
from portal.scheduling.previews import example_appointment, example_visit_type
from portal.web.access import clinic, now
from portal.web.previews import Preview, register_preview


def example_invoice() -> Invoice | None:
    """For what the clinic offers first; never added to a session."""
    offered, agreed = example_visit_type(), example_appointment(ahead=-timedelta(days=1))
    if offered is None or agreed is None:
        return None
    return Invoice(
        tenant_id=clinic().id,
        id=UUID(int=3),
        patient_id=agreed.patient_id,
        visit_id=agreed.id,
        number=1001,
        description=offered.names,
        status="open",
        flag=None,
        issued_at=now(),
        amount_minor=4500,
        currency=clinic().currency,
    )


def _invoice(part: str) -> Mapping[str, Any] | None:
    invoice = example_invoice()
    if invoice is None:
        return None
    return {
        "invoice": invoice,
        "appointment": example_appointment(ahead=-timedelta(days=1)),
        "practitioner": example_practitioner(),
        "payments": [],
        "refunds": [],
        "attempt": None,
        "receipt": None,
        **whose_example(),
    }


def _invoices(part: str) -> Mapping[str, Any] | None:
    invoice = example_invoice()
    if invoice is None:
        return None
    page = Page(rows=[invoice], total=1, after=None)
    return {"page": page, "show": "all", "ways": {}, **whose_example()}


register_preview(
    Preview(name="bills", place=90, template="billing/invoices.html", title=lambda: _("Bills"), example=_invoices)
)
register_preview(
    Preview(name="bill", place=91, template="billing/invoice.html", title=lambda: _("A bill"), example=_invoice)
)
