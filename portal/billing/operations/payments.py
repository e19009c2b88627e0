"""Payment attempts and what the gateway says of them. Every verb here may come twice and in any order."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from portal.billing.events import PaymentCaptured
from portal.billing.models import Invoice, Payment, PaymentAttempt, SeenEvent
from portal.billing.operations.invoices import book
from portal.billing.ports import Checkout, GatewayEvent
from portal.billing.queries import payments_of
from portal.billing.rules import payment_lines, state_after_payment
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import PortalError
from portal.kernel.events import emit
from portal.kernel.money import Money

OPEN = ("started", "waiting", "declined")


class AlreadyPaid(PortalError):
    """The invoice needs no payment."""

    code = "already-paid"


def begin_attempt(session: PortalSession, *, invoice: Invoice, now: datetime) -> PaymentAttempt:
    """The invoice's one open attempt, made when there is none: a double click gets the same. Raises AlreadyPaid."""
    if invoice.status != "open":
        raise AlreadyPaid
    attempt = PaymentAttempt(
        patient_id=invoice.patient_id,
        invoice_id=invoice.id,
        amount_minor=invoice.amount_minor,
        currency=invoice.currency,
        state="started",
        started_at=now,
    )
    try:
        with session.begin_nested():
            session.add(attempt)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_payment_attempt_open":
            raise
        return session.scalars(
            select(PaymentAttempt).where(PaymentAttempt.invoice_id == invoice.id, PaymentAttempt.state.in_(OPEN))
        ).one()
    return attempt


def note_checkout(session: PortalSession, *, attempt: PaymentAttempt, checkout: Checkout) -> None:
    """The gateway's page for an attempt."""
    if attempt.state == "started":
        attempt.checkout_id, attempt.url, attempt.state = checkout.id, checkout.url, "waiting"
        session.flush()


def take_event(session: PortalSession, *, event: GatewayEvent, now: datetime) -> bool:
    """Whether a webhook is new; a second copy waits for the first and is told that it is not."""
    row = insert(SeenEvent).values(tenant_id=session.tenant_id, id=event.id, kind=event.kind.value, received_at=now)
    return session.execute(row.on_conflict_do_nothing().returning(SeenEvent.id)).first() is not None


def capture(
    session: PortalSession, *, attempt: PaymentAttempt, gateway_payment_id: str, amount: Money, now: datetime
) -> Payment | None:
    """Book a payment, once for each of the gateway's payments; None when it was booked before."""
    invoice = session.scalars(
        select(Invoice).where(Invoice.id == attempt.invoice_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()
    if session.scalar(select(Payment).where(Payment.gateway_payment_id == gateway_payment_id)) is not None:
        return None
    payment = Payment(
        patient_id=invoice.patient_id,
        invoice_id=invoice.id,
        attempt_id=attempt.id,
        gateway_payment_id=gateway_payment_id,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        captured_at=now,
    )
    session.add(payment)
    session.flush()
    book(session, invoice=invoice, kind="payment", lines=payment_lines(amount), now=now)
    attempt.state, attempt.settled_at, attempt.failure_code = "paid", now, None
    paid = sum(
        one.amount_minor for one in payments_of(session, invoice_id=invoice.id) if one.currency == amount.currency
    )
    invoice.status, invoice.flag = state_after_payment(invoiced=invoice.amount, paid=Money(paid, amount.currency))
    if invoice.status == "paid":
        invoice.paid_at = invoice.paid_at or now
    session.flush()
    if invoice.status == "paid":
        emit(
            session,
            PaymentCaptured(payment_id=payment.id, invoice_id=invoice.id, patient_id=invoice.patient_id),
            now=now,
        )
    return payment


def decline(session: PortalSession, *, attempt: PaymentAttempt, failure_code: str | None) -> None:
    """A card was refused; the page is open for another."""
    if attempt.state in OPEN:
        attempt.state, attempt.failure_code = "declined", failure_code
        session.flush()


def expire(session: PortalSession, *, attempt: PaymentAttempt, now: datetime) -> None:
    """Nobody paid in time; the patient may begin again."""
    if attempt.state in OPEN:
        attempt.state, attempt.settled_at = "expired", now
        session.flush()
