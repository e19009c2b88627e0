"""Prices and invoices of tests."""

from datetime import datetime
from uuid import UUID

from portal.billing import Invoice, invoice_of_visit, issue_invoice, set_price
from portal.kernel.db import Database
from portal.kernel.money import Money
from portal.scheduling import appointment_by_id
from portal.visits import plan_visit
from tests.support.clinics import Clinic

PRICE = Money(4500, "USD")


def make_price(
    database: Database, clinic: Clinic, visit_type_id: UUID, *, now: datetime, amount: Money = PRICE
) -> None:
    """What a visit type costs from `now` on."""
    with database.transaction(clinic.system("provisioning")) as session:
        set_price(session, visit_type_id=visit_type_id, amount=amount, now=now)


def make_invoice(database: Database, clinic: Clinic, visit_id: UUID, *, now: datetime) -> Invoice:
    """The invoice of a booked visit, as a signed note makes it."""
    with database.transaction(clinic.system("visits")) as session:
        appointment = appointment_by_id(session, appointment_id=visit_id)
        assert appointment is not None
        visit = plan_visit(session, appointment=appointment)
    with database.transaction(clinic.system("billing")) as session:
        return issue_invoice(session, visit=visit, now=now)


def read_invoice(database: Database, clinic: Clinic, visit_id: UUID) -> Invoice:
    """The invoice of a visit as it stands."""
    with database.transaction(clinic.system("billing")) as session:
        invoice = invoice_of_visit(session, visit_id=visit_id)
        assert invoice is not None
        return invoice
