"""Tables of billing."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Base, Instant, OptionalInstant, PatientRow, TenantRow, ref, table_args
from portal.kernel.money import Money

SCHEMA = "billing"


class Priced:
    """An amount of money in two columns."""

    amount_minor: Mapped[int]
    currency: Mapped[str]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Price(Priced, TenantRow, Base):
    """What a visit type costs from an instant on; a new price is a new row."""

    __tablename__ = "price"
    __table_args__ = table_args(SCHEMA, ref("visit_type_id", "scheduling.visit_type"))
    visit_type_id: Mapped[UUID]
    valid_from: Mapped[Instant]


class Invoice(Priced, PatientRow, Base):
    """What one visit costs the patient. The ledger is the truth of what was paid; `status` follows it."""

    __tablename__ = "invoice"
    __table_args__ = table_args(SCHEMA, ref("visit_id", "visits.visit"), ref("patient_id", "patients.patient"))
    visit_id: Mapped[UUID]
    number: Mapped[int]
    description: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    flag: Mapped[str | None]
    issued_at: Mapped[Instant]
    paid_at: Mapped[OptionalInstant]


class LedgerEntry(Priced, PatientRow, Base):
    """A line of a balanced transaction; positive is debit."""

    __tablename__ = "ledger_entry"
    __table_args__ = table_args(SCHEMA, ref("invoice_id", "billing.invoice"))
    transaction_id: Mapped[UUID]
    invoice_id: Mapped[UUID]
    account: Mapped[str]
    kind: Mapped[str]
    booked_at: Mapped[Instant]


class PaymentAttempt(Priced, PatientRow, Base):
    """One payment page at the gateway; its id is the idempotency key there."""

    __tablename__ = "payment_attempt"
    __table_args__ = table_args(SCHEMA, ref("invoice_id", "billing.invoice"))
    invoice_id: Mapped[UUID]
    state: Mapped[str]
    language: Mapped[str]
    checkout_id: Mapped[str | None]
    url: Mapped[str | None]
    expires_at: Mapped[OptionalInstant]
    failure_code: Mapped[str | None]
    started_at: Mapped[Instant]
    settled_at: Mapped[OptionalInstant]


class Payment(Priced, PatientRow, Base):
    """Money that the gateway captured for us."""

    __tablename__ = "payment"
    __table_args__ = table_args(SCHEMA, ref("invoice_id", "billing.invoice"))
    invoice_id: Mapped[UUID]
    attempt_id: Mapped[UUID | None]
    gateway_payment_id: Mapped[str]
    captured_at: Mapped[Instant]


class RefundRow(Priced, PatientRow, Base):
    """Money asked back by the office (or given back by hand at the gateway), and what became of it."""

    __tablename__ = "refund"
    __table_args__ = table_args(SCHEMA, ref("payment_id", "billing.payment"))
    invoice_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    state: Mapped[str]
    gateway_refund_id: Mapped[str | None]
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[Instant]
    settled_at: Mapped[OptionalInstant]
    failure_code: Mapped[str | None]


class SeenEvent(Base):
    """A webhook that was taken; the gateway's id is its key, so it is taken once."""

    __tablename__ = "gateway_event"
    __table_args__ = table_args(SCHEMA)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str]
    received_at: Mapped[Instant]


class Receipt(PatientRow, Base):
    """The stored PDF of a paid invoice."""

    __tablename__ = "receipt"
    __table_args__ = table_args(SCHEMA, ref("invoice_id", "billing.invoice"))
    invoice_id: Mapped[UUID]
    object_id: Mapped[UUID]
    language: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    rendered_at: Mapped[Instant]
