"""The administrator sets prices; everybody may know them before booking."""

import pytest

from portal.billing import price_of
from portal.kernel.money import Money
from portal.kernel.principal import Principal


@pytest.fixture
def admin(new_client, bill):
    return new_client().sign_in(bill.visit.admin)


def test_new_price_counts_from_now_on(admin, bill, clinic, database, clock) -> None:
    page = admin.get(clinic.path("staff/prices"))
    assert "$45.00" in page.text
    clock.advance(minutes=1)
    form = admin.get(clinic.path(f"staff/prices/{bill.visit.visit_type_id}"))
    answer = admin.submit(form, {"amount": "52.50"}, follow=True)
    assert "The price is saved." in answer.html
    assert "$52.50" in answer.text
    with database.transaction(Principal.visitor(tenant_id=clinic.id).acting(purpose="public")) as session:
        assert price_of(session, visit_type_id=bill.visit.visit_type_id, at=clock.now) == Money(5250, "USD")
    history = admin.get(clinic.path(f"staff/prices/{bill.visit.visit_type_id}"))
    assert "$45.00" in history.text


@pytest.mark.parametrize(
    ("amount", "said"), [("", "Price of a visit"), ("-1", "between"), ("1.234", "too many digits"), ("many", "amount")]
)
def test_bad_price_is_told(admin, bill, clinic, amount, said) -> None:
    form = admin.get(clinic.path(f"staff/prices/{bill.visit.visit_type_id}"))
    answer = admin.submit(form, {"amount": amount})
    assert answer.status == 422
    assert said in answer.text


def test_only_the_administrator_sets_prices(new_client, bill, clinic) -> None:
    for account in (bill.visit.desk, bill.visit.account, bill.visit.clinician):
        assert new_client().sign_in(account).get(clinic.path("staff/prices")).status == 403


def test_price_is_shown_before_booking(patient, bill, clinic) -> None:
    page = patient.get(clinic.path(f"p/{bill.visit.patient_id}/book"))
    assert "$45.00" in page.text
