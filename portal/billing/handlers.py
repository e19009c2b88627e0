"""Reactions: a signed note makes the invoice, an invoice its message, a payment the receipt."""

from datetime import datetime

from portal.billing.events import InvoiceIssued, PaymentCaptured
from portal.billing.operations import NoPrice, issue_invoice
from portal.billing.queries import invoice_by_id
from portal.billing.receipts import RENDER_RECEIPT
from portal.billing.sending import send_about
from portal.charting import NoteSigned
from portal.kernel.db import PortalSession
from portal.kernel.tasks import on, schedule
from portal.visits import visit_by_id


@on(NoteSigned, kind="billing.invoice", purpose="billing")
def invoice(session: PortalSession, event: NoteSigned, *, now: datetime) -> None:
    """The visit is documented: what it costs is known and due."""
    visit = visit_by_id(session, visit_id=event.visit_id)
    if visit is None:
        return
    try:
        issue_invoice(session, visit=visit, now=now)
    except NoPrice:
        return


@on(InvoiceIssued, kind="billing.announce_invoice", purpose="billing")
def announce(session: PortalSession, event: InvoiceIssued, *, now: datetime) -> None:
    """Tell the patient, unless there is nothing to pay."""
    issued = invoice_by_id(session, invoice_id=event.invoice_id)
    if issued is not None and issued.status == "open":
        send_about(session, invoice=issued, template="invoice_issued", now=now)


@on(PaymentCaptured, kind="billing.ask_for_receipt", purpose="receipts")
def ask_for_receipt(session: PortalSession, event: PaymentCaptured, *, now: datetime) -> None:
    """Have the receipt made, once an invoice."""
    key = f"{RENDER_RECEIPT}:{event.invoice_id}"
    schedule(session, kind=RENDER_RECEIPT, subject_id=event.invoice_id, key=key, due_at=now)
