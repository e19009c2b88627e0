"""A signed note makes the invoice, at the price of the day of booking; the database guards ledger and prices."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.billing import invoice_of_visit, issue_invoice, ledger_of, price_of, set_price
from portal.billing.models import LedgerEntry
from portal.charting import NoteSigned
from portal.kernel.db import constraint_of
from portal.kernel.events import emit
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.visits import plan_visit, visit_by_id
from tests.factories.billing import PRICE, make_price, read_invoice
from tests.factories.visits import make_booked_visit


@pytest.fixture
def visit(worker_database, database, clinic, clock, outside):
    return make_booked_visit(worker_database, database, clinic, now=clock.now)


def sign(system, visit, clock) -> None:
    """What charting tells."""
    signed = NoteSigned(
        note_id=new_id(),
        visit_id=visit.visit_id,
        patient_id=visit.patient_id,
        practitioner_id=visit.practitioner_id,
    )
    with system("charting") as session:
        emit(session, signed, now=clock.now)


def test_signed_note_makes_one_invoice_and_one_message(
    visit, worker_database, clinic, clock, system, run_tasks, outside
) -> None:
    make_price(worker_database, clinic, visit.visit_type_id, now=clock.now - timedelta(days=1))
    run_tasks()
    outside.sms.sent.clear()
    sign(system, visit, clock)
    sign(system, visit, clock)
    run_tasks()
    invoice = read_invoice(worker_database, clinic, visit.visit_id)
    assert (invoice.amount, invoice.status, invoice.number) == (PRICE, "open", 1001)
    assert invoice.description["ar"] == "الزيارة الأولى"
    [message] = outside.sms.sent
    assert message.text.startswith("Harbour Clinic: there is a bill for your visit.")
    assert f"/p/{visit.patient_id}/invoices/{invoice.id}" in message.text


def test_price_of_the_day_of_booking_counts(visit, worker_database, clinic, clock, system, run_tasks) -> None:
    make_price(worker_database, clinic, visit.visit_type_id, now=clock.now - timedelta(days=1))
    later = clock.now + timedelta(minutes=1)
    make_price(worker_database, clinic, visit.visit_type_id, now=later, amount=Money(9900, "USD"))
    run_tasks()
    clock.advance(minutes=2)
    sign(system, visit, clock)
    run_tasks()
    assert read_invoice(worker_database, clinic, visit.visit_id).amount == PRICE
    with system("billing") as session:
        assert price_of(session, visit_type_id=visit.visit_type_id, at=clock.now) == Money(9900, "USD")


def test_free_visit_is_paid_at_once_and_nobody_is_bothered(
    visit, worker_database, clinic, clock, system, run_tasks, outside
) -> None:
    make_price(worker_database, clinic, visit.visit_type_id, now=clock.now - timedelta(days=1), amount=Money(0, "USD"))
    run_tasks()
    outside.sms.sent.clear()
    sign(system, visit, clock)
    run_tasks()
    invoice = read_invoice(worker_database, clinic, visit.visit_id)
    assert (invoice.status, invoice.paid_at) == ("paid", clock.now)
    assert outside.sms.sent == []
    with system("billing") as session:
        assert ledger_of(session, invoice_id=invoice.id) == []


def test_visit_that_was_booked_without_a_price_is_not_invoiced(
    worker_database, database, clinic, clock, system, run_tasks
) -> None:
    visit = make_booked_visit(worker_database, database, clinic, now=clock.now, price=None)
    run_tasks()
    sign(system, visit, clock)
    run_tasks()
    with system("billing") as session:
        assert invoice_of_visit(session, visit_id=visit.visit_id) is None


def test_numbers_count_up_in_each_clinic(
    visit, worker_database, database, clinic, other_clinic, clock, system, run_tasks
) -> None:
    run_tasks()
    elsewhere = make_booked_visit(worker_database, database, other_clinic, now=clock.now)
    numbers = []
    for place, booked in ((clinic, visit), (other_clinic, elsewhere)):
        make_price(worker_database, place, booked.visit_type_id, now=clock.now)
        with system("visits", tenant=place) as session:
            from portal.scheduling import appointment_by_id

            plan_visit(session, appointment=appointment_by_id(session, appointment_id=booked.visit_id))
        with system("billing", tenant=place) as session:
            known = visit_by_id(session, visit_id=booked.visit_id)
            numbers.append(issue_invoice(session, visit=known, now=clock.now).number)
    assert numbers == [1001, 1001]


def entry(bill, account: str, amount: int, transaction_id, now, currency: str = "USD") -> LedgerEntry:
    return LedgerEntry(
        patient_id=bill.visit.patient_id,
        transaction_id=transaction_id,
        invoice_id=bill.invoice_id,
        account=account,
        amount_minor=amount,
        currency=currency,
        kind="payment",
        booked_at=now,
    )


@pytest.mark.parametrize(
    "lines",
    [
        [("receivable", 100, "USD")],
        [("receivable", 100, "USD"), ("card-clearing", -99, "USD")],
        [("receivable", 100, "USD"), ("card-clearing", -100, "EUR")],
    ],
)
def test_database_refuses_a_transaction_that_does_not_balance(bill, system, clock, lines) -> None:
    transaction = new_id()
    with pytest.raises(IntegrityError) as refused, system("billing") as session:
        for account, amount, currency in lines:
            session.add(entry(bill, account, amount, transaction, clock.now, currency))
    assert constraint_of(refused.value) == "ck_ledger_balances"


def test_database_refuses_to_add_to_a_balanced_transaction(bill, system, clock) -> None:
    with pytest.raises(IntegrityError) as refused, system("billing") as session:
        session.add(entry(bill, "receivable", 1, bill.invoice_id, clock.now))
    assert constraint_of(refused.value) == "uq_ledger_entry_account"
    with pytest.raises(IntegrityError) as refused, system("billing") as session:
        session.add(entry(bill, "refunds", 1, bill.invoice_id, clock.now))
    assert constraint_of(refused.value) == "ck_ledger_balances"


@pytest.mark.parametrize("table", ["ledger_entry", "price"])
def test_nobody_rewrites_ledger_or_prices(bill, system, table) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), system("billing") as session:
        session.execute(text(f"UPDATE billing.{table} SET amount_minor = 1"))
    with pytest.raises(DBAPIError, match="permission denied"), system("billing") as session:
        session.execute(text(f"DELETE FROM billing.{table}"))


def test_amount_of_an_invoice_never_changes(bill, system) -> None:
    with pytest.raises(IntegrityError, match="immutable"), system("billing") as session:
        session.execute(text("UPDATE billing.invoice SET amount_minor = 1"))


def test_office_lists_filters_and_counts(bill, new_client, clinic) -> None:
    desk = new_client().sign_in(bill.visit.desk)
    page = desk.get(clinic.path("staff/invoices"))
    assert "1 bill" in page.text
    assert "Maria Gomez" in page.text
    assert "Not paid yet" in page.text
    assert "0 bills" in desk.get(clinic.path("staff/invoices?show=paid")).text
    assert "1 bill" in desk.get(clinic.path("staff/invoices?show=nonsense&after=x")).text
    assert "1 bill" in desk.get(clinic.path(f"staff/invoices?after={'9' * 30}")).text
    page = desk.get(bill.office_path)
    assert "Owed by the patient" in page.text
    assert "Earned" in page.text


def test_another_clinic_sees_nothing(bill, other_clinic, session_as, new_client, clinic) -> None:
    stranger = Principal.of(tenant_id=other_clinic.id, user_id=bill.visit.desk, roles=[Role.CLINIC_ADMIN])
    with session_as(stranger.acting(purpose="billing-office")) as session:
        assert invoice_of_visit(session, visit_id=bill.visit.visit_id) is None


def test_patient_writes_no_invoice_and_no_ledger(bill, session_as, clinic, clock) -> None:
    payer = Principal.of(tenant_id=clinic.id, user_id=bill.visit.account, roles=[Role.PATIENT])
    with pytest.raises(DBAPIError, match="row-level security"), session_as(payer.acting(purpose="payment")) as session:
        session.add(entry(bill, "receivable", -1, new_id(), clock.now))
    with session_as(payer.acting(purpose="payment")) as session:
        done = session.execute(text("UPDATE billing.invoice SET status = 'paid'"))
        assert done.rowcount == 0


def test_patient_sets_no_price(bill, session_as, clinic, clock) -> None:
    payer = Principal.of(tenant_id=clinic.id, user_id=bill.visit.account, roles=[Role.PATIENT])
    with pytest.raises(DBAPIError, match="row-level security"), session_as(payer.acting(purpose="prices")) as session:
        set_price(session, visit_type_id=bill.visit.visit_type_id, amount=Money(1, "USD"), now=clock.now)
