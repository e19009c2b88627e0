"""Payment attempts and what the gateway says of them. Every verb here may come twice and in any order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from portal.billing.events import PaymentCaptured
from portal.billing.models import Invoice, Payment, PaymentAttempt, SeenEvent
from portal.billing.operations.invoices import book, lock_invoice, restate
from portal.billing.ports import Checkout, GatewayEvent
from portal.billing.queries import open_attempt_of
from portal.billing.rules import AFTER_CLOSING, LOOK_UPS, OPEN, payment_lines
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import PortalError
from portal.kernel.events import emit
from portal.kernel.money import Money
from portal.kernel.tasks import schedule

LOOK_UP = "billing.look_up_payment"


class AlreadyPaid(PortalError):
    """The invoice needs no payment."""

    code = "already-paid"


class UnderReview(PortalError):
    """Money came that does not fit; the office looks at it before more is taken."""

    code = "payment-under-review"


def begin_attempt(session: PortalSession, *, invoice: Invoice, language: str, now: datetime) -> PaymentAttempt:
    """The invoice's one open attempt, made when there is none: a double click gets the same.

    Raises AlreadyPaid, UnderReview. What the gateway is told of an attempt never changes, its language included, since
    the attempt's id is the key by which the gateway knows a repeated call.
    """
    if invoice.status != "open":
        raise AlreadyPaid
    if invoice.flag is not None:
        raise UnderReview
    attempt = PaymentAttempt(
        patient_id=invoice.patient_id,
        invoice_id=invoice.id,
        amount_minor=invoice.amount_minor,
        currency=invoice.currency,
        state="started",
        language=language,
        started_at=now,
    )
    try:
        with session.begin_nested():
            session.add(attempt)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_payment_attempt_open":
            raise
        known = open_attempt_of(session, invoice_id=invoice.id)
        assert known is not None
        return known
    return attempt


def note_checkout(session: PortalSession, *, attempt_id: UUID, checkout: Checkout, now: datetime) -> None:
    """The gateway's page for an attempt; and the gateway is asked how it stands if it does not tell by itself."""
    attempt = session.get_one(PaymentAttempt, (session.tenant_id, attempt_id), with_for_update=True)
    if attempt.state != "started":
        return
    attempt.checkout_id, attempt.url, attempt.state = checkout.id, checkout.url, "waiting"
    attempt.expires_at = checkout.expires_at
    session.flush()
    for number, due_at in enumerate([*(now + wait for wait in LOOK_UPS), checkout.expires_at + AFTER_CLOSING]):
        ask_look_up(session, attempt=attempt, key=str(number), due_at=due_at)


def fail_attempt(session: PortalSession, *, attempt_id: UUID, code: str, now: datetime) -> None:
    """The gateway made no page; the patient may begin again."""
    attempt = session.get_one(PaymentAttempt, (session.tenant_id, attempt_id), with_for_update=True)
    if attempt.state == "started":
        attempt.state, attempt.failure_code, attempt.settled_at = "failed", code, now
        session.flush()


def ask_look_up(session: PortalSession, *, attempt: PaymentAttempt, key: str, due_at: datetime) -> None:
    """Have the gateway asked how an attempt's page stands. The same key twice is one look."""
    schedule(session, kind=LOOK_UP, subject_id=attempt.id, key=f"lookup:{attempt.id}:{key}", due_at=due_at)


def take_event(session: PortalSession, *, event: GatewayEvent, now: datetime) -> bool:
    """Whether a webhook is new; a second copy waits for the first and is told that it is not."""
    row = insert(SeenEvent).values(tenant_id=session.tenant_id, id=event.id, kind=event.kind.value, received_at=now)
    return session.execute(row.on_conflict_do_nothing().returning(SeenEvent.id)).first() is not None


def capture(
    session: PortalSession, *, attempt: PaymentAttempt, gateway_payment_id: str, amount: Money, now: datetime
) -> Payment | None:
    """Book a payment, once for each of the gateway's payments; None when it was booked before.

    One over another amount or currency than the invoice's is booked as well, since the money is there; it does not pay
    the invoice, which is flagged for the office.
    """
    invoice = lock_invoice(session, invoice_id=attempt.invoice_id)
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
    book(session, of=payment.id, invoice=invoice, kind="payment", lines=payment_lines(amount), now=now)
    attempt.state, attempt.settled_at, attempt.failure_code = "paid", now, None
    restate(session, invoice=invoice, now=now)
    if invoice.status == "paid":
        captured = PaymentCaptured(payment_id=payment.id, invoice_id=invoice.id, patient_id=invoice.patient_id)
        emit(session, captured, now=now)
    return payment


def decline(session: PortalSession, *, attempt: PaymentAttempt, failure_code: str | None) -> None:
    """A card was refused; the page is open for another."""
    if attempt.state in {"waiting", "declined"}:
        attempt.state, attempt.failure_code = "declined", failure_code
        session.flush()


def expire(session: PortalSession, *, attempt: PaymentAttempt, now: datetime) -> None:
    """Nobody paid in time; the patient may begin again."""
    if attempt.state in OPEN:
        attempt.state, attempt.settled_at = "expired", now
        session.flush()
