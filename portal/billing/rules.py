"""Pure decisions of billing: the entries of each ledger transaction, and what they make of an invoice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from portal.kernel.money import Money

Status = Literal["open", "paid", "refunded"]
Flag = Literal["overpaid", "amount-differs"]

#: States of an attempt that may still be paid; an invoice has one such attempt at most.
OPEN = ("started", "waiting", "declined")

#: When the gateway is asked how a payment page stands if its webhook does not come, counted from the page's making.
LOOK_UPS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
#: Once more when the page is closed for good.
AFTER_CLOSING = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a ledger transaction; positive is debit."""

    account: str
    amount: Money


def invoice_lines(amount: Money) -> tuple[Line, ...]:
    """The patient owes, the clinic has earned."""
    return Line(account="receivable", amount=amount), Line(account="revenue", amount=-amount)


def payment_lines(amount: Money) -> tuple[Line, ...]:
    """The gateway holds the money, the patient owes it no more."""
    return Line(account="card-clearing", amount=amount), Line(account="receivable", amount=-amount)


def refund_lines(
    amount: Money, *, invoiced: Money, paid: Sequence[Money], refunded: Sequence[Money]
) -> tuple[Line, ...]:
    """Given back. What never paid the invoice was owed to the patient; the rest is taken from what the clinic earned.

    `paid` and `refunded`: all that came and went before.
    """
    came = _sum(paid, amount.currency)
    if amount.currency != invoiced.currency or came < invoiced.amount_minor:
        owed = amount.amount_minor
    else:
        too_much = came - _sum(refunded, amount.currency) - invoiced.amount_minor
        owed = min(amount.amount_minor, max(too_much, 0))
    lines = [Line(account="card-clearing", amount=-amount)]
    if owed:
        lines.append(Line(account="receivable", amount=Money(owed, amount.currency)))
    if owed < amount.amount_minor:
        lines.append(Line(account="refunds", amount=Money(amount.amount_minor - owed, amount.currency)))
    return tuple(lines)


def reversed_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Undone: each line with the other sign."""
    return tuple(Line(account=line.account, amount=-line.amount) for line in lines)


def standing(*, invoiced: Money, paid: Sequence[Money], refunded: Sequence[Money]) -> tuple[Status, Flag | None]:
    """(status, flag) of an invoice by the money that came for it and went back."""
    if not invoiced:
        return "paid", None
    kept = _sum(paid, invoiced.currency) - _sum(refunded, invoiced.currency)
    others = {one.currency for one in (*paid, *refunded)} - {invoiced.currency}
    is_foreign = any(_sum(paid, code) != _sum(refunded, code) for code in others)
    if kept >= invoiced.amount_minor:
        return "paid", "overpaid" if kept > invoiced.amount_minor or is_foreign else None
    if is_foreign:
        return "open", "amount-differs"
    if any(one.currency == invoiced.currency for one in refunded) and _sum(paid, invoiced.currency) >= (
        invoiced.amount_minor
    ):
        return "refunded", None
    return "open", "amount-differs" if kept else None


def _sum(amounts: Sequence[Money], currency: str) -> int:
    return sum(one.amount_minor for one in amounts if one.currency == currency)
