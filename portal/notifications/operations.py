"""Verbs of notifications: a message is asked for, or no longer wanted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict
from portal.kernel.tasks import cancel, schedule
from portal.notifications.models import Delivery
from portal.notifications.templates import template_by_name

SEND = "notifications.send"
#: A code, for which somebody sits before a screen: it goes before what else waits.
SEND_CODE = "notifications.send_code"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who a message is for: a channel ("sms", "email"), E.164 or an address, and how its reader reads."""

    channel: str
    target: str
    language: str
    zone: str


class AlreadyQueued(Conflict):
    """A message with this key exists, and the one who asks may not see it."""

    code = "already-queued"


def queue_message(
    session: PortalSession,
    *,
    to: Recipient,
    template: str,
    values: Mapping[str, str],
    key: str,
    due_at: datetime,
    now: datetime,
    useful_until: datetime | None = None,
) -> UUID:
    """Ask for a message; returns the delivery's id. It is sent after commit, when it is due.

    `key` names the message: asked for twice by our own processes, it is one. After `useful_until` it is not sent any
    more. The values hold no health information: the clinic's name, times, links and codes only. `link` is a path of
    the portal or a whole address. Raises UnknownTemplate, AlreadyQueued.
    """
    kind = SEND_CODE if template_by_name(template).code else SEND
    delivery = Delivery(
        channel=to.channel,
        target=to.target,
        language=to.language,
        zone=to.zone,
        template=template,
        values=dict(values),
        key=key,
        queued_at=now,
        due_at=due_at,
        useful_until=useful_until,
    )
    try:
        with session.begin_nested():
            session.add(delivery)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_delivery_key":
            raise
        first = session.scalar(select(Delivery.id).where(Delivery.key == key))
        if first is None:
            raise AlreadyQueued from error
        return first
    schedule(session, kind=kind, subject_id=delivery.id, key=task_key(key), due_at=due_at)
    return delivery.id


def queue_mail(
    session: PortalSession,
    *,
    target: str,
    language: str,
    zone: str,
    template: str,
    values: Mapping[str, str],
    key: str,
    useful_until: datetime | None = None,
    now: datetime,
) -> UUID:
    """Answers identity's port: a message by mail, at once."""
    to = Recipient(channel="email", target=target, language=language, zone=zone)
    return queue_message(
        session, to=to, template=template, values=values, key=key, due_at=now, useful_until=useful_until, now=now
    )


def cancel_messages(session: PortalSession, *, key_prefix: str, now: datetime) -> int:
    """Take back what is not on its way yet; returns how many messages. For our own processes (handlers)."""
    cancel(session, key_prefix=task_key(key_prefix), now=now)
    result = session.execute(
        update(Delivery)
        .where(Delivery.key.startswith(key_prefix, autoescape=True), Delivery.state == "queued")
        .values(state="cancelled", finished_at=now, values_sealed=None)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(result, "rowcount", 0))


def task_key(key: str) -> str:
    """Key of the task that sends a message."""
    return f"message:{key}"


def queue_code(
    session: PortalSession,
    *,
    code_id: UUID,
    use: str = "sign-in",
    channel: str,
    target: str,
    code: str,
    valid_for: timedelta,
    language: str,
    zone: str,
    now: datetime,
) -> UUID:
    """Send a one-time code (identity's port CodeSender)."""
    return queue_message(
        session,
        to=Recipient(channel=channel, target=target, language=language, zone=zone),
        template="reset_code" if use == "reset" else "one_time_code",
        values={"code": code, "minutes": str(int(valid_for.total_seconds() // 60))},
        key=f"code:{code_id}",
        due_at=now,
        now=now,
        useful_until=now + valid_for,
    )
