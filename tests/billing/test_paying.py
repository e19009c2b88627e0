"""A patient pays a bill: once, whatever happens on the way."""

from datetime import timedelta

import pytest

from portal.billing import LookUpPayment
from portal.billing.ports import GatewayEventKind as Kind
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.kernel.money import Money
from tests.billing.conftest import begin, deliver, hook
from tests.support.race import at_once


def test_patient_sees_what_is_to_pay(patient, bill) -> None:
    page = patient.get(patient.clinic.path(f"p/{bill.visit.patient_id}/invoices"))
    assert f"Bill {bill.number}" in page.text
    assert "To pay" in page.text
    page = patient.get(bill.path)
    assert "$45.00" in page.text
    assert "First visit" in page.text
    assert "Pay by card" in page.text


def test_empty_list_says_what_will_be_there(client, bill) -> None:
    client.sign_in(bill.visit.stranger)
    page = client.get(client.clinic.path(f"p/{bill.visit.stranger_id}/invoices"))
    assert "You have no bills" in page.text


def test_button_leads_to_our_own_page_with_a_plain_link_to_the_gateway(patient, bill, cards) -> None:
    page = begin(patient, bill)
    assert page.url.startswith(f"{bill.path}/pay/")
    assert page.links()["Go to the payment page"] == "https://cards.example/cs_1"
    assert 'rel="noreferrer"' in page.html
    asked = cards.asked[0]
    assert asked["amount"] == Money(4500, "USD")
    assert asked["tenant_id"] == bill.clinic.id
    assert asked["description"] == f"Bill {bill.number}, Harbour Clinic"
    assert asked["success_url"] == f"https://localhost{page.url}/return"
    assert asked["idempotency_key"] == page.url.rpartition("/")[2] == str(bill.attempts()[0].id)


def test_the_page_that_looks_again_hears_nothing_until_there_is_news(patient, bill, cards, run_tasks) -> None:
    page = begin(patient, bill)
    payment, htmx = cards.pay("cs_1"), {"HX-Request": "true"}
    again = f"{page.url}/return?version=confirming"
    assert f'hx-get="{again}"' in patient.get(f"{page.url}/return").html
    assert patient.get(again, headers=htmx).status == 204
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id=payment)
    run_tasks()
    assert "Your payment went through" in patient.get(again, headers=htmx).html


def test_paid_page_and_receipt_follow_the_webhook(patient, bill, cards, run_tasks, outside) -> None:
    page = begin(patient, bill)
    payment = cards.pay("cs_1")
    back = patient.get(f"{page.url}/return")
    assert "We are confirming your payment" in back.text
    assert 'http-equiv="refresh"' in back.html
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id=payment)
    run_tasks()
    back = patient.get(f"{page.url}/return")
    assert "Your payment went through" in back.text
    assert 'http-equiv="refresh"' not in back.html
    assert bill.read().status == "paid"
    assert bill.balance() == {"receivable": 0, "revenue": -4500, "card-clearing": 4500}
    receipt = patient.get(f"{bill.path}/receipt.pdf")
    assert receipt.response.mimetype == "application/pdf"
    assert receipt.data == b"%PDF billing/receipt.pdf.html en"
    assert f"receipt-{bill.number}.pdf" in receipt.response.headers["Content-Disposition"]
    texts = [message.text for message in outside.sms.sent]
    assert any("Your receipt:" in text and f"/invoices/{bill.invoice_id}" in text for text in texts)
    assert not any("45" in text.replace(str(bill.invoice_id), "").split("https")[0] for text in texts)


def test_a_paid_page_looks_again_until_the_receipt_is_there_but_not_for_ever(
    patient, bill, cards, run_tasks, clock, monkeypatch
) -> None:
    page = begin(patient, bill)
    payment = cards.pay("cs_1")
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id=payment)
    run_tasks()
    with monkeypatch.context() as slow_worker:
        slow_worker.setattr("portal.billing.routes.pay.receipt_of", lambda *_, **__: None)
        back = patient.get(f"{page.url}/return")
        assert "Your receipt is being made" in back.text
        assert 'http-equiv="refresh"' in back.html
        clock.advance(minutes=11)
        assert 'http-equiv="refresh"' not in patient.get(f"{page.url}/return").html
    assert "Download the receipt (PDF)" in patient.get(f"{page.url}/return").links()


def test_the_same_webhook_three_times_is_taken_once(patient, bill, cards, run_tasks) -> None:
    begin(patient, bill)
    payment = cards.pay("cs_1")
    taken = []
    for _again in range(3):
        answer = hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id=payment)
        assert answer.status == 200
        taken.append(answer.taken)
        run_tasks()
    assert taken == [True, False, False]
    assert len(bill.payments()) == 1
    assert len(bill.ledger()) == 4


def test_webhooks_at_the_same_moment_book_once(new_client, patient, bill, cards, run_tasks) -> None:
    begin(patient, bill)
    payment = cards.pay("cs_1")
    bodies = [
        cards.tell(Kind.PAID, id=id_, tenant_id=bill.clinic.id, checkout_id="cs_1", payment_id=payment)
        for id_ in ("evt_1", "evt_1", "evt_2", "evt_2")
    ]
    answers = at_once(lambda body: deliver(new_client(), body), bodies)
    assert sum(answer.taken for answer in answers) == 2
    run_tasks()
    assert len(bill.payments()) == 1
    assert bill.balance()["card-clearing"] == 4500


def test_lost_webhook_is_made_up_for_by_a_look(patient, bill, cards, run_tasks, clock) -> None:
    begin(patient, bill)
    cards.pay("cs_1")
    run_tasks()
    assert bill.read().status == "open"
    run_tasks(clock.now + timedelta(seconds=31))
    assert bill.read().status == "paid"
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id="pi_cs_1")
    run_tasks(clock.now + timedelta(days=2))
    assert len(bill.payments()) == 1


def test_webhook_without_our_signature_is_refused(patient, bill, cards) -> None:
    body = cards.tell(Kind.PAID, tenant_id=bill.clinic.id, checkout_id="cs_1", payment_id="pi_1")
    assert deliver(patient, body, signature="forged").status == 400
    assert deliver(patient, b"{}", signature="").status == 400


def test_webhook_alone_pays_nothing(patient, bill, cards, run_tasks) -> None:
    begin(patient, bill)
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id="pi_1", amount=Money(4500, "USD"))
    run_tasks()
    assert bill.read().status == "open"


def test_webhook_of_an_unknown_page_is_taken_and_changes_nothing(patient, bill, cards, run_tasks) -> None:
    assert hook(patient, cards, bill, Kind.PAID, checkout_id="cs_9", payment_id="pi_9").status == 200
    assert hook(patient, cards, bill, Kind.PAID, id="evt_2", tenant_id=None, checkout_id="cs_1").status == 200
    run_tasks()
    assert bill.payments() == []


def test_declined_card_can_be_followed_by_another(patient, bill, cards, run_tasks) -> None:
    page = begin(patient, bill)
    cards.change("cs_1", failure_code="insufficient_funds")
    hook(patient, cards, bill, Kind.DECLINED)
    run_tasks()
    page = patient.get(page.url)
    assert "Your card was not accepted" in page.text
    assert page.links()["Go to the payment page"] == "https://cards.example/cs_1"
    payment = cards.pay("cs_1")
    assert "We are confirming your payment" in patient.get(f"{page.url}/return").text
    hook(patient, cards, bill, Kind.PAID, id="evt_2", checkout_id="cs_1", payment_id=payment)
    run_tasks()
    assert bill.read().status == "paid"
    assert bill.attempts()[0].failure_code is None


def test_double_click_opens_one_page(new_client, bill, cards) -> None:
    browsers = [new_client().sign_in(bill.visit.account) for _ in range(4)]
    pages = [browser.get(bill.path) for browser in browsers]
    answers = at_once(lambda both: both[0].submit(both[1]), zip(browsers, pages, strict=True))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len(cards.pages) == 1
    assert len(bill.attempts()) == 1


def test_same_form_twice_leads_to_the_same_place(patient, bill, cards) -> None:
    page = patient.get(bill.path)
    first, second = patient.submit(page), patient.submit(page)
    assert first.location == second.location
    assert len(cards.asked) == 1


@pytest.mark.parametrize("doubt", [PartnerUnavailable(), PartnerUncertain()])
def test_gateway_out_of_reach_loses_nothing(patient, bill, cards, doubt) -> None:
    cards.fail_with.append(doubt)
    page = begin(patient, bill)
    assert "We could not open the payment page yet" in page.text
    page = patient.submit(page, button="Try again", follow=True)
    assert page.links()["Go to the payment page"] == "https://cards.example/cs_1"
    assert len({asked["idempotency_key"] for asked in cards.asked}) == 1


def test_process_that_dies_after_the_call_leaves_an_attempt_to_go_on_with(patient, bill, cards) -> None:
    cards.fail_with.append(KeyboardInterrupt())  # type: ignore[arg-type]  # as a kill does: nothing catches it
    with pytest.raises(KeyboardInterrupt):
        begin(patient, bill)
    assert [attempt.state for attempt in bill.attempts()] == ["started"]
    page = begin(patient, bill)
    assert page.links()["Go to the payment page"] == "https://cards.example/cs_1"
    assert len(cards.pages) == 1


def test_language_change_does_not_make_another_request_of_the_same_attempt(patient, bill, cards) -> None:
    cards.fail_with.append(PartnerUncertain())
    page = begin(patient, bill)
    patient.get(f"{bill.path}?lang=es")
    patient.submit(page, follow=True)
    first, second = cards.asked
    assert first == second


def test_refused_request_can_be_tried_anew(patient, bill, cards) -> None:
    cards.fail_with.append(PartnerRefused(code="amount_too_small"))
    page = begin(patient, bill)
    assert "We could not open the payment page. You have not been charged." in page.text
    page = patient.submit(page, button="Try again", follow=True)
    assert "Go to the payment page" in page.links()
    assert [attempt.state for attempt in bill.attempts()] == ["waiting", "failed"]


def test_closed_page_is_found_out_and_another_opened(patient, bill, cards, run_tasks, clock) -> None:
    page = begin(patient, bill)
    cards.change("cs_1", status="expired")
    run_tasks(clock.now + timedelta(days=1, minutes=5))
    page = patient.sign_in(bill.visit.account).get(page.url)
    assert "has closed without a payment" in page.text
    page = patient.submit(page, button="Try again", follow=True)
    assert page.links()["Go to the payment page"] == "https://cards.example/cs_2"


def test_stale_page_is_looked_at_before_another_is_opened(patient, bill, cards, run_tasks, clock) -> None:
    begin(patient, bill)
    clock.advance(days=1, minutes=1)
    cards.change("cs_1", status="expired")
    page = begin(patient.sign_in(bill.visit.account), bill)
    assert "We are confirming" in page.text
    run_tasks()
    assert "has closed without a payment" in patient.get(page.url).text


def test_paid_bill_cannot_be_paid_again(patient, bill, cards, run_tasks) -> None:
    page = patient.get(bill.path)
    begin(patient, bill)
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id=cards.pay("cs_1"))
    run_tasks()
    answer = patient.submit(page, follow=True)
    assert "There is nothing to pay for this bill." in answer.html
    assert len(cards.asked) == 1
    assert patient.get(bill.path).forms() == []


def test_another_amount_is_flagged_and_pays_nothing(patient, client, bill, cards, run_tasks, outside) -> None:
    page = begin(patient, bill)
    payment = cards.pay("cs_1", amount=Money(450, "USD"))
    hook(patient, cards, bill, Kind.PAID, checkout_id="cs_1", payment_id=payment)
    run_tasks()
    invoice = bill.read()
    assert (invoice.status, invoice.flag) == ("open", "amount-differs")
    assert "It does not match the bill" in patient.get(f"{page.url}/return").text
    assert "that does not fit this bill" in patient.get(bill.path).text
    assert not any(asked[0] == "billing/receipt.pdf.html" for asked in outside.pdf.rendered)


def test_strangers_and_clinicians_see_no_bill(client, new_client, bill, cards) -> None:
    stranger = new_client().sign_in(bill.visit.stranger)
    assert stranger.get(bill.path).status == 404
    assert stranger.get(bill.path.replace(str(bill.visit.patient_id), str(bill.visit.stranger_id))).status == 404
    assert stranger.post(f"{bill.path}/pay").status == 404
    clinician = new_client().sign_in(bill.visit.clinician)
    assert clinician.get(bill.path).status == 403
    assert clinician.get(bill.office_path).status == 403


def test_look_up_that_is_worked_twice_books_once(patient, bill, cards, system, clock) -> None:
    begin(patient, bill)
    cards.pay("cs_1")
    attempt = bill.attempts()[0].id
    work = LookUpPayment(cards)
    requests = []
    for _worker in range(2):
        with system("billing") as session:
            requests.append(work.claim(session, attempt, now=clock.now))
    for request in requests:
        answer = work.call(request, again=False, now=clock.now)
        with system("billing") as session:
            work.settle(session, attempt, answer, now=clock.now)
    assert len(bill.payments()) == 1
    assert bill.balance()["card-clearing"] == 4500
    with system("billing") as session:
        assert work.claim(session, attempt, now=clock.now) is None


def test_gateway_and_messages_hear_nothing_of_the_patient(patient, bill, cards, run_tasks, outside) -> None:
    run_tasks()
    begin(patient, bill)
    told = str(cards.asked) + " ".join(message.text for message in outside.sms.sent)
    for word in ("Maria", "Gomez", "1984", "617555"):
        assert word not in told.replace("call +16175550100", "")
