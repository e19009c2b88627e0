"""Money goes back: by the office, by hand at the gateway, once, and the ledger follows."""

import pytest

from portal.billing import capture
from portal.billing.ports import GatewayEventKind as Kind
from portal.kernel.errors import PartnerUncertain
from portal.kernel.money import Money
from tests.billing.conftest import PRICE, begin, hook

EARNED_AND_GIVEN_BACK = {"receivable": 0, "revenue": -4500, "card-clearing": 0, "refunds": 4500}


@pytest.fixture
def paid(patient, bill, cards, run_tasks):
    """The bill, paid."""
    begin(patient, bill)
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id=cards.pay("cs_1"))
    run_tasks()
    assert bill.read().status == "paid"
    return bill


@pytest.fixture
def desk(new_client, bill):
    return new_client().sign_in(bill.visit.desk)


def give_back(desk, bill):
    page = desk.get(bill.office_path)
    question = desk.get(page.links()["Give back"])
    assert "$45.00" in question.text
    return desk.submit(question, follow=True)


def test_office_gives_a_payment_back(desk, paid, cards, run_tasks, patient) -> None:
    page = give_back(desk, paid)
    assert "The refund is on its way." in page.html
    assert "Give back" not in page.links()
    run_tasks()
    assert [refund.state for refund in paid.refunds()] == ["done"]
    assert paid.balance() == EARNED_AND_GIVEN_BACK
    assert paid.read().status == "refunded"
    assert "Money given back" in desk.get(paid.office_path).text
    page = patient.get(paid.path)
    assert "Given back on" in page.text
    assert page.forms() == []


def test_two_who_press_at_once_give_back_once(new_client, paid, cards, run_tasks) -> None:
    one, other = new_client().sign_in(paid.visit.desk), new_client().sign_in(paid.visit.admin)
    pages = [browser.get(browser.get(paid.office_path).links()["Give back"]) for browser in (one, other)]
    one.submit(pages[0], follow=True)
    assert "There is nothing left of this payment to give back." in other.submit(pages[1], follow=True).html
    run_tasks()
    assert len(cards.refunds) == 1


def test_webhook_of_our_own_refund_books_nothing_twice(desk, paid, cards, run_tasks, patient) -> None:
    cards.answer_refunds = "pending"
    give_back(desk, paid)
    run_tasks()
    assert [refund.state for refund in paid.refunds()] == ["pending"]
    assert paid.read().status == "paid"
    told = {"refund_id": "re_1", "payment_id": "pi_cs_1", "amount": PRICE}
    for event in ("evt_7", "evt_7", "evt_8"):
        hook(patient, cards, paid, Kind.REFUNDED, id=event, **told)
        run_tasks()
    assert paid.balance() == EARNED_AND_GIVEN_BACK
    assert len(paid.refunds()) == 1


def test_webhook_before_the_answer_is_the_same_refund(desk, paid, cards, run_tasks, patient, clock) -> None:
    cards.fail_with.append(PartnerUncertain())
    give_back(desk, paid)
    run_tasks()
    assert [refund.state for refund in paid.refunds()] == ["asked"]
    hook(patient, cards, paid, Kind.REFUNDED, id="evt_7", refund_id="re_1", payment_id="pi_cs_1", amount=PRICE)
    clock.advance(minutes=5)
    run_tasks()
    assert [refund.state for refund in paid.refunds()] == ["done"]
    assert paid.balance() == EARNED_AND_GIVEN_BACK
    assert len(cards.refunds) == 1


def test_refund_made_by_hand_at_the_gateway_is_booked(paid, cards, patient, run_tasks, desk) -> None:
    told = {"refund_id": "re_hand", "payment_id": "pi_cs_1", "amount": Money(1500, "USD")}
    hook(patient, cards, paid, Kind.REFUNDED, id="evt_7", **told)
    assert paid.balance() == {"receivable": 0, "revenue": -4500, "card-clearing": 3000, "refunds": 1500}
    assert [refund.asked_by for refund in paid.refunds()] == [None]
    assert "At the card partner" in desk.get(paid.office_path).text


def test_refund_that_fails_after_all_is_undone_and_can_be_asked_again(desk, paid, cards, run_tasks, patient) -> None:
    give_back(desk, paid)
    run_tasks()
    told = {"refund_id": "re_1", "payment_id": "pi_cs_1"}
    hook(patient, cards, paid, Kind.REFUND_FAILED, id="evt_7", **told)
    assert [refund.state for refund in paid.refunds()] == ["failed"]
    assert paid.balance() == {"receivable": 0, "revenue": -4500, "card-clearing": 4500, "refunds": 0}
    assert paid.read().status == "paid"
    give_back(desk, paid)
    run_tasks()
    assert paid.read().status == "refunded"


def test_second_payment_is_flagged_and_given_back_from_what_is_owed(paid, system, desk, run_tasks, clock) -> None:
    with system("billing") as session:
        attempt = session.merge(paid.attempts()[0])
        assert capture(session, attempt=attempt, gateway_payment_id="pi_2", amount=PRICE, now=clock.now)
    assert (paid.read().status, paid.read().flag) == ("paid", "overpaid")
    assert paid.balance()["receivable"] == -4500
    flagged = desk.get(desk.clinic.path("staff/invoices?show=flagged"))
    assert "Paid too much" in flagged.text
    give_back(desk, paid)
    run_tasks()
    assert (paid.read().status, paid.read().flag) == ("paid", None)
    assert paid.balance() == {"receivable": 0, "revenue": -4500, "card-clearing": 4500}


def test_wrong_amount_is_given_back_and_the_bill_is_open_again(patient, bill, cards, run_tasks, desk) -> None:
    begin(patient, bill)
    payment = cards.pay("cs_1", amount=Money(4500, "EUR"))
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id=payment)
    run_tasks()
    assert bill.read().flag == "amount-differs"
    page = desk.get(bill.office_path)
    desk.submit(desk.get(page.links()["Give back"]), follow=True)
    run_tasks()
    assert (bill.read().status, bill.read().flag) == ("open", None)
    assert "Pay by card" in patient.get(bill.path).text


def test_clinician_gives_nothing_back(new_client, paid) -> None:
    payment = paid.payments()[0].id
    path = f"{paid.office_path}/payments/{payment}/refund"
    assert new_client().sign_in(paid.visit.clinician).get(path).status == 403
    assert new_client().sign_in(paid.visit.account).get(path).status == 403
