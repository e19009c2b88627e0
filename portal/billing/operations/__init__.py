"""Verbs of billing, by what they act on."""

from portal.billing.operations.invoices import NoPrice, issue_invoice, set_price
from portal.billing.operations.payments import (
    LOOK_UP,
    AlreadyPaid,
    UnderReview,
    ask_look_up,
    begin_attempt,
    capture,
    decline,
    expire,
    fail_attempt,
    note_checkout,
    take_event,
)
from portal.billing.operations.refunds import REFUND, NothingToRefund, ask_refund, settle_refund, take_refund

__all__ = [
    "LOOK_UP",
    "REFUND",
    "AlreadyPaid",
    "NoPrice",
    "NothingToRefund",
    "UnderReview",
    "ask_look_up",
    "ask_refund",
    "begin_attempt",
    "capture",
    "decline",
    "expire",
    "fail_attempt",
    "issue_invoice",
    "note_checkout",
    "set_price",
    "settle_refund",
    "take_event",
    "take_refund",
]
