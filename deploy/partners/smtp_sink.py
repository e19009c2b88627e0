"""A mail server that takes every mail and delivers none: it writes them into the inbox."""

import asyncio
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.partners.inbox import Inbox

LARGEST_MAIL = 1_000_000


class InboxHandler:
    """Takes what aiosmtpd received. Whoever is to be refused: `refuse@` is an unknown mailbox, `busy@` a full one."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("refuse@"):
            return f"550 5.1.1 <{address}>: no such mailbox here"
        if address.startswith("busy@"):
            return "452 4.2.2 Mailbox full, try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # see above
        content = envelope.content
        mail = message_from_bytes(content if isinstance(content, bytes) else b"", policy=default)
        assert isinstance(mail, EmailMessage)
        for receiver in envelope.rcpt_tos:
            self._inbox.add(
                channel="email",
                to=receiver,
                from_=str(mail["From"] or envelope.mail_from or ""),
                subject=str(mail["Subject"] or ""),
                text=_part(mail, "plain"),
                html=_part(mail, "html"),
                language=str(mail["Content-Language"] or ""),
                reference=str(mail["Message-ID"] or ""),
            )
        return "250 Message accepted for delivery"


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


async def serve_smtp(
    inbox: Inbox, *, port: int, host: str = "127.0.0.1", certificate: ssl.SSLContext | None = None
) -> asyncio.Server:
    """Listen; with a certificate STARTTLS is offered and required."""
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            InboxHandler(inbox),
            hostname="localhost",
            ident="Mail sink",
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            tls_context=certificate,
            require_starttls=certificate is not None,
            loop=loop,
        )

    return await loop.create_server(session, host, port)
