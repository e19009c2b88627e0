"""What notifications needs of the outside: somebody who carries a mail, and somebody who carries a text message.

Owns the shapes that cross that border; which partner stands behind is decided in `portal.app.wiring`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class InlinePicture:
    """A PNG that travels within a mail, so that nothing is fetched; the HTML names it cid:`content_id` (RFC 2392)."""

    content_id: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class OutgoingEmail:
    """One mail to one person. `html` repeats `text` for readers that prefer it, and shows `picture`.

    `message_id` is ours ("<delivery id>@<domain>", brackets optional) and the same at each try, so that a duplicate
    can be recognised. `language` is a BCP 47 tag of the text.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    picture: InlinePicture | None = None
    message_id: str
    language: str


class EmailSender(Protocol):
    """Carries mails."""

    def send(self, message: OutgoingEmail) -> None:
        """Hand the mail to the partner; returns when the partner has taken it over.

        Raises PartnerUnavailable (nothing happened), PartnerRefused (for good, `.code` says why) or PartnerUncertain
        (the mail was on its way when the connection broke).
        """


@dataclass(frozen=True, kw_only=True)
class OutgoingSms:
    """One text message; `to` in E.164."""

    to: str
    text: str


class SmsSender(Protocol):
    """Carries text messages. The partner knows no idempotency key, so a doubt is looked up before one resend."""

    def send(self, message: OutgoingSms) -> str:
        """Hand the message to the partner; returns the partner's id. Raises as `EmailSender.send` does."""

    def find(self, message: OutgoingSms, since: datetime) -> str | None:
        """The partner's id of the newest message with this receiver and text made since then; None when there is none.

        Raises PartnerUnavailable or PartnerRefused: looking changes nothing.
        """
