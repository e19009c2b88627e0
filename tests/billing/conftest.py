"""An invoice that waits to be paid, and a gateway in memory."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask

from portal import billing
from portal.billing import Invoice
from portal.billing.ports import GatewayEventKind
from portal.kernel.db import Database
from portal.kernel.money import Money
from tests.factories.billing import PRICE, make_invoice, make_price, read_invoice
from tests.factories.visits import BookedVisit, make_booked_visit
from tests.support.cards import RecordingCards
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside


@pytest.fixture
def cards(app: Flask, outside: Outside, clock: Clock) -> RecordingCards:
    """The gateway, for the web and for the worker alike."""
    outside.cards.now = clock
    billing.wire(gateway=outside.cards, public_url="https://localhost")
    return outside.cards


@dataclass(frozen=True)
class Bill:
    """A visit with its invoice, and what tests do with it."""

    clinic: Clinic
    visit: BookedVisit
    worker: Database
    invoice_id: UUID
    number: int

    @property
    def path(self) -> str:
        return self.clinic.path(f"p/{self.visit.patient_id}/invoices/{self.invoice_id}")

    @property
    def office_path(self) -> str:
        return self.clinic.path(f"staff/invoices/{self.invoice_id}")

    def read(self) -> Invoice:
        return read_invoice(self.worker, self.clinic, self.visit.visit_id)

    def attempts(self) -> list[billing.PaymentAttempt]:
        with self.worker.transaction(self.clinic.system("billing")) as session:
            return billing.attempts_of(session, invoice_id=self.invoice_id)

    def payments(self) -> list[billing.Payment]:
        with self.worker.transaction(self.clinic.system("billing")) as session:
            return billing.payments_of(session, invoice_id=self.invoice_id)

    def refunds(self) -> list[billing.RefundRow]:
        with self.worker.transaction(self.clinic.system("billing")) as session:
            return billing.refunds_of(session, invoice_id=self.invoice_id)

    def ledger(self) -> list[billing.LedgerEntry]:
        with self.worker.transaction(self.clinic.system("billing")) as session:
            return billing.ledger_of(session, invoice_id=self.invoice_id)

    def balance(self) -> dict[str, int]:
        with self.worker.transaction(self.clinic.system("billing")) as session:
            invoice = billing.invoice_of_visit(session, visit_id=self.visit.visit_id)
            assert invoice is not None
            found = billing.ledger_balance(session, invoice=invoice)
        return {account: amount.amount_minor for account, amount in found.items()}


def make_bill(worker: Database, web: Database, clinic: Clinic, *, now: datetime, language: str = "en") -> Bill:
    visit = make_booked_visit(worker, web, clinic, now=now, language=language)
    make_price(worker, clinic, visit.visit_type_id, now=now)
    invoice = make_invoice(worker, clinic, visit.visit_id, now=now)
    return Bill(clinic=clinic, visit=visit, worker=worker, invoice_id=invoice.id, number=invoice.number)


@pytest.fixture
def bill(worker_database: Database, database: Database, clinic: Clinic, clock: Clock, cards: RecordingCards) -> Bill:
    """45 dollars to pay."""
    return make_bill(worker_database, database, clinic, now=clock.now)


@pytest.fixture
def patient(client: PolicedClient, bill: Bill) -> PolicedClient:
    """The patient's browser."""
    return client.sign_in(bill.visit.account)


def begin(patient: PolicedClient, bill: Bill) -> Page:
    """Press "Pay by card"; the page that it leads to."""
    return patient.submit(patient.get(bill.path), button="pay" if bill.attempts() else "Pay", follow=True)


@dataclass(frozen=True)
class Answer:
    """What we answer the gateway."""

    status: int
    taken: bool | None


def hook(patient: PolicedClient, cards: RecordingCards, bill: Bill, kind: GatewayEventKind, **values: object) -> Answer:
    """The gateway calls."""
    known: dict[str, object] = {"tenant_id": bill.clinic.id, "invoice_id": bill.invoice_id}
    return deliver(patient, cards.tell(kind, **(known | values)))  # type: ignore[arg-type]  # an event's fields


def deliver(caller: PolicedClient, body: bytes, *, signature: str = "signed") -> Answer:
    """A call without a cookie, a token or a page before it."""
    headers = {"Stripe-Signature": signature}
    response = caller.app.test_client().post(
        "/webhooks/cards", data=body, content_type="application/json", headers=headers, base_url=BASE
    )
    return Answer(status=response.status_code, taken=(response.json or {}).get("taken"))


__all__ = ["PRICE", "Bill", "Money", "begin", "deliver", "hook", "make_bill"]
