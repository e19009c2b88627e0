"""Pure decisions of billing: the entries of each ledger transaction, and what a payment makes of an invoice."""

from dataclasses import dataclass

from portal.kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a ledger transaction; positive is debit."""

    account: str
    amount: Money


def invoice_lines(amount: Money) -> tuple[Line, Line]:
    """The patient owes, the clinic has earned."""
    return Line(account="receivable", amount=amount), Line(account="revenue", amount=-amount)


def payment_lines(amount: Money) -> tuple[Line, Line]:
    """The gateway holds the money, the patient owes it no more."""
    return Line(account="card-clearing", amount=amount), Line(account="receivable", amount=-amount)


def refund_lines(amount: Money) -> tuple[Line, Line]:
    """Given back: the reverse of a payment, and the clinic's loss of the earning is booked when the invoice is."""
    return Line(account="receivable", amount=amount), Line(account="card-clearing", amount=-amount)


def state_after_payment(*, invoiced: Money, paid: Money) -> tuple[str, str | None]:
    """(status, flag) of an invoice once `paid` in all has come for it."""
    if paid.currency != invoiced.currency or paid.amount_minor < invoiced.amount_minor:
        return "open", "amount-differs"
    return "paid", "overpaid" if paid.amount_minor > invoiced.amount_minor else None
