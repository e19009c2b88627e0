"""Tables of notifications."""

from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import (
    Base,
    Encrypted,
    Instant,
    OptionalInstant,
    Sealed,
    TenantRow,
    index_column,
    sealed_column,
    table_args,
)


class Delivery(TenantRow, Base):
    """One message to one target. State: queued → sending → sent | failed | uncertain; queued → cancelled."""

    __tablename__ = "delivery"
    __table_args__ = table_args("notifications")
    channel: Mapped[str]
    target_sealed: Mapped[Sealed] = sealed_column(nullable=False)
    target_index: Mapped[bytes] = index_column(nullable=False)
    target = Encrypted[str]("target_sealed", index="target_index", normalise=lambda text: text.strip().casefold())
    language: Mapped[str]
    zone: Mapped[str]
    template: Mapped[str]
    values_sealed: Mapped[Sealed | None] = sealed_column()
    values = Encrypted[dict[str, str] | None]("values_sealed")
    key: Mapped[str] = mapped_column(comment="the same message asked for twice is one row")
    queued_at: Mapped[Instant]
    due_at: Mapped[Instant]
    useful_until: Mapped[OptionalInstant]
    state: Mapped[str] = mapped_column(default="queued")
    attempts: Mapped[int] = mapped_column(default=0, comment="claims")
    resent: Mapped[bool] = mapped_column(default=False, comment="the one resend after a doubt was asked for")
    sending_since: Mapped[OptionalInstant]
    finished_at: Mapped[OptionalInstant]
    partner_id: Mapped[str | None]
    error_code: Mapped[str | None]
