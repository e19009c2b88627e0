"""Ledger lines balance, and an invoice stands as its money says."""

from hypothesis import given
from hypothesis import strategies as st

from portal.billing.rules import invoice_lines, payment_lines, refund_lines, reversed_lines, standing
from portal.kernel.money import Money

amounts = st.integers(min_value=1, max_value=10_000_000).map(lambda minor: Money(minor, "USD"))
lists = st.lists(amounts, max_size=4)
DUE = Money(4500, "USD")


def total(lines) -> int:
    return sum(line.amount.amount_minor for line in lines)


@given(amount=amounts, invoiced=amounts, paid=lists, refunded=lists)
def test_every_transaction_balances_and_names_each_account_once(amount, invoiced, paid, refunded) -> None:
    for lines in (
        invoice_lines(amount),
        payment_lines(amount),
        refund_lines(amount, invoiced=invoiced, paid=paid, refunded=refunded),
        reversed_lines(refund_lines(amount, invoiced=invoiced, paid=paid, refunded=refunded)),
    ):
        assert total(lines) == 0
        assert len({line.account for line in lines}) == len(lines)
        assert all(line.amount for line in lines)


def usd(*amounts: int) -> list[Money]:
    return [Money(amount, "USD") for amount in amounts]


def test_standing_by_what_came_and_went() -> None:
    assert standing(invoiced=DUE, paid=[], refunded=[]) == ("open", None)
    assert standing(invoiced=Money(0, "USD"), paid=[], refunded=[]) == ("paid", None)
    assert standing(invoiced=DUE, paid=usd(4500), refunded=[]) == ("paid", None)
    assert standing(invoiced=DUE, paid=usd(4500, 4500), refunded=[]) == ("paid", "overpaid")
    assert standing(invoiced=DUE, paid=usd(4500, 4500), refunded=usd(4500)) == ("paid", None)
    assert standing(invoiced=DUE, paid=usd(4500), refunded=usd(4500)) == ("refunded", None)
    assert standing(invoiced=DUE, paid=usd(4500), refunded=usd(1500)) == ("refunded", None)
    assert standing(invoiced=DUE, paid=usd(3000), refunded=[]) == ("open", "amount-differs")
    assert standing(invoiced=DUE, paid=usd(3000), refunded=usd(3000)) == ("open", None)


def test_money_of_another_currency_never_pays() -> None:
    euros = Money(4500, "EUR")
    assert standing(invoiced=DUE, paid=[euros], refunded=[]) == ("open", "amount-differs")
    assert standing(invoiced=DUE, paid=[euros], refunded=[euros]) == ("open", None)
    assert standing(invoiced=DUE, paid=[euros, DUE], refunded=[]) == ("paid", "overpaid")
    assert standing(invoiced=DUE, paid=[euros, DUE], refunded=[euros]) == ("paid", None)


def test_what_was_paid_too_much_is_not_taken_from_the_earnings() -> None:
    lines = refund_lines(Money(6000, "USD"), invoiced=DUE, paid=usd(4500, 4500), refunded=[])
    assert {line.account: line.amount.amount_minor for line in lines} == {
        "card-clearing": -6000,
        "receivable": 4500,
        "refunds": 1500,
    }
