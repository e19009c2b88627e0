"""The way to the partners: claim, call, settle.

A mail or a text message has no idempotency key at the partner. When a call may have reached it, the next try looks the
message up first (SMS) or assumes nothing (mail: the Message-ID is the same, so a duplicate can be recognised), and then
resends once, as a task of its own; a second doubt ends as `uncertain`, for people to see.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.kernel.links import carrying_language
from portal.kernel.tasks import schedule
from portal.notifications.models import Delivery
from portal.notifications.operations import task_key
from portal.notifications.ports import EmailSender, OutgoingEmail, OutgoingSms, SmsSender
from portal.notifications.rendering import render_email, render_sms
from portal.notifications.templates import template_by_name
from portal.tenancy import letterhead, own_clinic

#: What may still be sent: a failed one comes back when staff retry its task.
OPEN = ("queued", "sending", "failed")


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message ready to leave."""

    message: OutgoingEmail | OutgoingSms
    since: datetime
    resent: bool


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a call. State: sent, resend (once more, as a task of its own) or uncertain."""

    state: str
    partner_id: str | None = None


class SendMessage:
    """Sends one delivery (kernel.tasks.Outside)."""

    purpose = "notifications"

    def __init__(self, kind: str, *, email: EmailSender, sms: SmsSender, public_url: str, mail_domain: str) -> None:
        """`kind`: SEND or SEND_CODE. `public_url` goes before a path in `link`, which then says the language.

        `mail_domain` ends Message-IDs.
        """
        self.kind = kind
        self._email = email
        self._sms = sms
        self._public_url = public_url.rstrip("/")
        self._mail_domain = mail_domain

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> Outgoing | None:
        """The message in words, marked as on its way; None when there is nothing to send any more."""
        delivery = session.get(Delivery, (session.tenant_id, subject_id), with_for_update=True)
        if delivery is None or delivery.state not in OPEN:
            return None
        if delivery.useful_until is not None and delivery.useful_until <= now:
            _finish(delivery, state="cancelled", error_code="too-late", now=now)
            session.flush()
            return None
        message = self._written(session, delivery)
        delivery.state, delivery.finished_at = "sending", None
        delivery.attempts += 1
        delivery.sending_since = delivery.sending_since or now
        session.flush()
        return Outgoing(message=message, since=delivery.sending_since, resent=delivery.resent)

    def call(self, request: Outgoing, *, again: bool, now: datetime) -> Outcome:
        """Send, or after a doubt look first; raises what the ports raise."""
        if not again:
            return Outcome(state="sent", partner_id=self._send(request.message))
        known = self._find(request)
        if known is not None:
            return Outcome(state="sent", partner_id=known)
        return Outcome(state="uncertain" if request.resent else "resend")

    def settle(self, session: PortalSession, subject_id: UUID, answer: Outcome, *, now: datetime) -> None:
        """Store what became of it."""
        delivery = session.get_one(Delivery, (session.tenant_id, subject_id))
        if answer.state == "resend":
            delivery.resent = True
            key = f"{task_key(delivery.key)}:resend"
            schedule(session, kind=self.kind, subject_id=subject_id, key=key, due_at=now)
        elif answer.state == "sent":
            _finish(delivery, state="sent", now=now)
            delivery.partner_id = answer.partner_id
        else:
            _finish(delivery, state="uncertain", error_code=PartnerUncertain.code, now=now)
        session.flush()

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None:
        """Given up. The values stay, so that staff can retry once the cause is gone."""
        delivery = session.get_one(Delivery, (session.tenant_id, subject_id))
        delivery.state = "uncertain" if code == PartnerUncertain.code else "failed"
        delivery.error_code, delivery.finished_at = code, now
        session.flush()

    def _written(self, session: PortalSession, delivery: Delivery) -> OutgoingEmail | OutgoingSms:
        template = template_by_name(delivery.template)
        values = dict(delivery.values or {})
        if values.get("link", "").startswith("/"):
            values["link"] = self._public_url + carrying_language(values["link"], delivery.language)
        reader = {"language": delivery.language, "zone": delivery.zone}
        if delivery.channel == "sms":
            written = render_sms(template, values=values, clinic=own_clinic(session).name, **reader)
            return OutgoingSms(to=delivery.target, text=written.text)
        written = render_email(template, values=values, clinic=letterhead(session), **reader)
        return OutgoingEmail(
            to=delivery.target,
            subject=written.subject,
            text=written.text,
            html=written.html,
            picture=written.picture,
            message_id=f"{delivery.id}@{self._mail_domain}",
            language=written.language,
        )

    def _send(self, message: OutgoingEmail | OutgoingSms) -> str | None:
        if isinstance(message, OutgoingSms):
            return self._sms.send(message)
        self._email.send(message)
        return None

    def _find(self, request: Outgoing) -> str | None:
        if isinstance(request.message, OutgoingEmail):
            return None
        try:
            return self._sms.find(request.message, request.since)
        except (PartnerUnavailable, PartnerRefused) as error:
            # Whether the message went out is as open as before: the next try has to look again.
            raise PartnerUncertain from error


def _finish(delivery: Delivery, *, state: str, now: datetime, error_code: str | None = None) -> None:
    delivery.state, delivery.error_code, delivery.finished_at = state, error_code, now
    delivery.values = None
