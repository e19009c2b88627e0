"""Tickets: what opens one socket of the sidecar, once, within a minute.

Owns their signature, their row and their redemption. Does not decide who may have one: the caller has.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import update
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import (
    Base,
    Instant,
    OptionalInstant,
    PortalSession,
    TenantRow,
    table_args,
)
from portal.kernel.errors import PortalError
from portal.kernel.ids import new_id

TICKET_LIFE = timedelta(seconds=60)


class VideoRole(StrEnum):
    """On which side of the visit somebody is. The clinician's end keeps its offer when two offers cross."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    GUEST = "guest"


class TicketUse(StrEnum):
    """What the ticket opens: the call, a place in the waiting room (notices only), or the device test."""

    CALL = "call"
    WAIT = "wait"
    ECHO = "echo"


class TicketRefused(PortalError):
    """The ticket is forged, torn, out of time, or was used already. Which of them is nobody's business."""

    code = "ticket-refused"


class VideoTicket(TenantRow, Base):
    """A ticket that was issued: web inserts, the sidecar redeems once. It holds no patient data."""

    __tablename__ = "video_ticket"
    __table_args__ = table_args("kernel")

    visit_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(comment="patient, clinician or guest")
    expires_at: Mapped[Instant]
    redeemed_at: Mapped[OptionalInstant]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClaims:
    """What a ticket says. `id` is the row that makes it work once."""

    tenant_id: UUID
    id: UUID
    visit_id: UUID
    participant_id: UUID
    role: VideoRole
    use: TicketUse
    expires_at: datetime


def _serializer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="video-ticket", signer_kwargs={"digest_method": hashlib.sha256})


def sign_ticket(claims: TicketClaims, *, key: str) -> str:
    """The claims as text for one message; about 270 characters."""
    ids = (claims.tenant_id, claims.id, claims.visit_id, claims.participant_id)
    raw = b"".join(part.bytes for part in ids)
    packed = base64.urlsafe_b64encode(raw).decode()
    return _text(_serializer(key).dumps([packed, claims.role, claims.use, int(claims.expires_at.timestamp())]))


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def read_ticket(ticket: str, *, key: str, now: datetime) -> TicketClaims:
    """Claims of a ticket whose signature and time hold; raises TicketRefused. Whether it is unused, the row knows."""
    try:
        packed, role, use, expires = _serializer(key).loads(ticket)
        raw = base64.urlsafe_b64decode(packed)
        tenant, ticket_id, visit, participant = (UUID(bytes=raw[at : at + 16]) for at in range(0, 64, 16))
        claims = TicketClaims(
            tenant_id=tenant,
            id=ticket_id,
            visit_id=visit,
            participant_id=participant,
            role=VideoRole(role),
            use=TicketUse(use),
            expires_at=datetime.fromtimestamp(expires, tz=now.tzinfo),
        )
    except (BadData, ValueError, TypeError) as error:
        raise TicketRefused("not a ticket of ours") from error
    if sign_ticket(claims, key=key) != ticket:
        raise TicketRefused("not as we wrote it")  # base64 leaves bits of a last letter unread
    if claims.expires_at <= now:
        raise TicketRefused("out of time")
    return claims


def issue_ticket(
    session: PortalSession,
    *,
    key: str,
    visit_id: UUID,
    participant_id: UUID,
    role: VideoRole,
    use: TicketUse = TicketUse.CALL,
    now: datetime,
) -> str:
    """A ticket for one socket, good for a minute and for one use. The caller has checked that they may enter."""
    expires_at = (now + TICKET_LIFE).replace(microsecond=0)
    claims = TicketClaims(
        tenant_id=session.tenant_id,
        id=new_id(),
        visit_id=visit_id,
        participant_id=participant_id,
        role=role,
        use=use,
        expires_at=expires_at,
    )
    session.add(
        VideoTicket(
            id=claims.id,
            visit_id=visit_id,
            participant_id=participant_id,
            role=role.value,
            expires_at=expires_at,
        )
    )
    session.flush()
    return sign_ticket(claims, key=key)


def redeem_ticket(session: PortalSession, *, claims: TicketClaims, now: datetime) -> bool:
    """Use the ticket up; False when it was used, is out of time, or was never issued. One statement, so one winner."""
    row = session.execute(
        update(VideoTicket)
        .where(
            VideoTicket.tenant_id == claims.tenant_id,
            VideoTicket.id == claims.id,
            VideoTicket.visit_id == claims.visit_id,
            VideoTicket.participant_id == claims.participant_id,
            VideoTicket.role == claims.role.value,
            VideoTicket.redeemed_at.is_(None),
            VideoTicket.expires_at > now,
        )
        .values(redeemed_at=now)
        .returning(VideoTicket.id)
        .execution_options(synchronize_session=False)
    )
    return row.first() is not None
