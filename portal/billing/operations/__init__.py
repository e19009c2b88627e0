"""Verbs of billing, by what they act on."""

from portal.billing.operations.invoices import book, issue_invoice, set_price
from portal.billing.operations.payments import (
    AlreadyPaid,
    begin_attempt,
    capture,
    decline,
    expire,
    note_checkout,
    take_event,
)
from portal.billing.operations.refunds import NothingToRefund, ask_refund, settle_refund

__all__ = [
    "AlreadyPaid",
    "NothingToRefund",
    "ask_refund",
    "begin_attempt",
    "book",
    "capture",
    "decline",
    "expire",
    "issue_invoice",
    "note_checkout",
    "set_price",
    "settle_refund",
    "take_event",
]
