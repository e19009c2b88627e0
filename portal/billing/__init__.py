"""Billing: what visits cost, invoices, the double-entry ledger, payments by card and refunds, receipts.

Owns prices by visit type, one invoice a visit, ledger entries, payment attempts on the gateway's page, what the gateway
told, and the stored receipts. Does not own visit types (scheduling), the visit (visits) or its note, whose signing
makes the invoice (charting). No card number reaches it.
"""

from portal.billing.access import Permission
from portal.billing.events import InvoiceIssued, InvoiceRefunded, PaymentCaptured
from portal.billing.models import Invoice, LedgerEntry, Payment, PaymentAttempt, Price, Receipt, RefundRow
from portal.billing.operations import (
    AlreadyPaid,
    NoPrice,
    NothingToRefund,
    UnderReview,
    ask_refund,
    begin_attempt,
    capture,
    issue_invoice,
    note_checkout,
    set_price,
    settle_refund,
    take_event,
)
from portal.billing.outside import LookUpPayment, RefundPayment
from portal.billing.ports import CardGateway, ReceiptRenderer
from portal.billing.queries import (
    attempts_of,
    invoice_by_id,
    invoice_of_visit,
    invoices_of_visits,
    latest_invoices,
    ledger_balance,
    ledger_of,
    payments_of,
    price_of,
    prices_of,
    receipt_of,
    refunds_of,
)
from portal.billing.receipts import RenderReceipt
from portal.billing.wiring import wire

__all__ = [
    "AlreadyPaid",
    "CardGateway",
    "Invoice",
    "InvoiceIssued",
    "InvoiceRefunded",
    "LedgerEntry",
    "LookUpPayment",
    "NoPrice",
    "NothingToRefund",
    "Payment",
    "PaymentAttempt",
    "PaymentCaptured",
    "Permission",
    "Price",
    "Receipt",
    "ReceiptRenderer",
    "RefundPayment",
    "RefundRow",
    "RenderReceipt",
    "UnderReview",
    "ask_refund",
    "attempts_of",
    "begin_attempt",
    "capture",
    "invoice_by_id",
    "invoice_of_visit",
    "invoices_of_visits",
    "issue_invoice",
    "latest_invoices",
    "ledger_balance",
    "ledger_of",
    "note_checkout",
    "payments_of",
    "price_of",
    "prices_of",
    "receipt_of",
    "refunds_of",
    "set_price",
    "settle_refund",
    "take_event",
    "wire",
]
