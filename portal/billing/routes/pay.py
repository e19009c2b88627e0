"""Paying an invoice by card: a page at the gateway, and our own page that leads there and back.

The attempt is committed before the gateway is called, and its id is the key by which the gateway knows a repeated call:
however often the button is pressed, there is one page to pay on. What was paid is never taken from the browser that
comes back; the gateway is asked.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.billing.access import Permission
from portal.billing.models import Invoice, PaymentAttempt
from portal.billing.operations import (
    AlreadyPaid,
    UnderReview,
    ask_look_up,
    begin_attempt,
    fail_attempt,
    note_checkout,
)
from portal.billing.ports import Checkout
from portal.billing.queries import attempt_by_id, receipt_of
from portal.billing.routes import blueprint
from portal.billing.routes.invoices import person_context, their_invoice
from portal.billing.wiring import wired
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.kernel.locale import current_locale, use_locale
from portal.kernel.locale import gettext as _
from portal.web.access import clinic, db, now, requires
from portal.web.pages import found, render, see, unchanged, wants_fragment
from portal.web.transactions import commit_before_call, in_second_transaction, writes

#: For so long after a payment its page looks by itself whether the receipt is there.
RECEIPT_SOON = timedelta(minutes=10)


@blueprint.post("/p/<uuid:patient>/invoices/<uuid:invoice>/pay")
@requires(Permission.INVOICE_PAY, purpose="payment")
@writes
def pay(patient: UUID, invoice: UUID) -> ResponseReturnValue:
    """Begin to pay, or go on with what was begun."""
    _person, known = their_invoice(patient, invoice)
    try:
        attempt = begin_attempt(db(), invoice=known, language=current_locale().language, now=now())
    except AlreadyPaid:
        flash(_("There is nothing to pay for this bill."), "info")
        return see("billing.invoice", patient=patient, invoice=invoice)
    except UnderReview:
        flash(_("We are looking at a payment for this bill. Please call us before you pay again."), "warning")
        return see("billing.invoice", patient=patient, invoice=invoice)
    page: dict[str, Any] = {"patient": patient, "invoice": invoice, "attempt": attempt.id}
    if attempt.state != "started":
        if attempt.expires_at is not None and attempt.expires_at <= now():
            ask_look_up(db(), attempt=attempt, key=f"expired:{now().isoformat()}", due_at=now())
        return see("billing.attempt", **page)
    number = known.number
    commit_before_call(url_for("billing.attempt", **page))
    _open_page(attempt, number=number)
    return see("billing.attempt", **page)


def _open_page(attempt: PaymentAttempt, *, number: int) -> None:
    """Have the gateway make the page. In doubt the attempt stays as it is, and the patient may press the button again:
    the same key brings the same page."""
    try:
        checkout = _create(attempt, number=number)
    except (PartnerUnavailable, PartnerUncertain):
        return
    except PartnerRefused as refusal:
        with in_second_transaction() as second:
            fail_attempt(second, attempt_id=attempt.id, code=refusal.code, now=now())
        return
    with in_second_transaction() as second:
        note_checkout(second, attempt_id=attempt.id, checkout=checkout, now=now())


def _create(attempt: PaymentAttempt, *, number: int) -> Checkout:
    wiring = wired()
    own: dict[str, Any] = {"patient": attempt.patient_id, "invoice": attempt.invoice_id}
    with use_locale(attempt.language, current_locale().zone):
        description = _("Bill %(number)s, %(clinic)s", number=number, clinic=clinic().name)
    return wiring.gateway.create_checkout(
        idempotency_key=str(attempt.id),
        tenant_id=attempt.tenant_id,
        invoice_id=attempt.invoice_id,
        amount=attempt.amount,
        description=description,
        success_url=wiring.public_url + url_for("billing.returned", **own, attempt=attempt.id),
        cancel_url=wiring.public_url + url_for("billing.attempt", **own, attempt=attempt.id),
        language=attempt.language,
    )


@blueprint.get("/p/<uuid:patient>/invoices/<uuid:invoice>/pay/<uuid:attempt>")
@requires(Permission.INVOICE_PAY, purpose="payment", polled=True)
def attempt(patient: UUID, invoice: UUID, attempt: UUID) -> ResponseReturnValue:
    """The way to the payment page, and what became of it."""
    return _page(patient, invoice, attempt, is_back=False)


@blueprint.get("/p/<uuid:patient>/invoices/<uuid:invoice>/pay/<uuid:attempt>/return")
@requires(Permission.INVOICE_PAY, purpose="payment", polled=True)
def returned(patient: UUID, invoice: UUID, attempt: UUID) -> ResponseReturnValue:
    """Back from the payment page: shows what we know, and asks again by itself until the gateway has told us."""
    return _page(patient, invoice, attempt, is_back=True)


def _page(patient: UUID, invoice: UUID, attempt: UUID, *, is_back: bool) -> ResponseReturnValue:
    person, known = their_invoice(patient, invoice)
    one = found(attempt_by_id(db(), attempt_id=attempt, invoice_id=invoice))
    view = _view(known, one, is_back=is_back)
    receipt = receipt_of(db(), invoice_id=invoice) if view == "paid" else None
    endpoint = "billing.returned" if is_back else "billing.attempt"
    asks_again = view in {"starting", "confirming"} or (view == "paid" and receipt is None and _is_news(known))
    if wants_fragment() and asks_again and request.args.get("version") == view:
        return unchanged()
    this_page = url_for(endpoint, patient=patient, invoice=invoice, attempt=attempt)
    return render(
        "billing/pay.html",
        fragment="state",
        view=view,
        invoice=known,
        attempt=one,
        receipt=receipt,
        this_page=this_page,
        again=f"{this_page}?{urlencode({'version': view})}" if asks_again else None,
        **person_context(person),
    )


def _is_news(invoice: Invoice) -> bool:
    """Just paid: the receipt is a matter of seconds. What is not there by then comes by a message."""
    return invoice.paid_at is not None and invoice.paid_at > now() - RECEIPT_SOON


def _view(invoice: Invoice, attempt: PaymentAttempt, *, is_back: bool) -> str:
    """Which of the page's faces to show."""
    if attempt.state == "paid":
        return "paid" if invoice.flag is None else "review"
    if invoice.status != "open":
        return "paid"
    if attempt.state == "started":
        return "starting"
    if attempt.state in {"waiting", "declined"}:
        is_over = attempt.expires_at is not None and attempt.expires_at <= now()
        if is_over or is_back:
            return "confirming"  # the gateway leads back to us only from a card that it took
        return "ready" if attempt.state == "waiting" else "declined"
    return attempt.state
