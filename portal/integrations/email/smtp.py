"""Mails over SMTP: one connection a mail, certificates verified, every step's failure told apart.

Owns the mail's headers and its hand-over. What it says, to whom and when is decided by notifications.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Literal

from portal.kernel.clock import utc_now
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.notifications.ports import InlinePicture, OutgoingEmail

Security = Literal["none", "starttls", "tls"]


class SmtpEmailSender:
    """Implements `portal.notifications.ports.EmailSender`. Holds no connection between mails."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        username: str = "",
        password: str = "",
        security: Security = "starttls",
        timeout: float = 15.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`sender` as "Name <address>" or a bare address; `tls` replaces the system's trusted certificates."""
        self._host = host
        self._port = port
        self._sender = sender
        self._envelope_sender = parseaddr(sender)[1]
        self._username = username
        self._password = password
        self._security = security
        self._timeout = timeout
        self._tls = tls or ssl.create_default_context()

    def send(self, message: OutgoingEmail) -> None:
        """Hand the mail to the server; see the port for what it raises."""
        mail = self._compose(message)
        # One name for the greeting from our own configuration: smtplib would ask the name service at each mail.
        greeting = self._envelope_sender.rpartition("@")[2] or "localhost"
        with _nothing_sent_yet():
            smtp = self._connect(greeting)
        try:
            with _nothing_sent_yet():
                self._open(smtp)
                needs_utf8 = not message.to.isascii()
                if needs_utf8 and not smtp.has_extn("smtputf8"):
                    raise PartnerRefused(code="address-not-ascii")
                options = ["SMTPUTF8", "BODY=8BITMIME"] if needs_utf8 else []
                _require_accepted(smtp.mail(self._envelope_sender, options)[0])
                _require_accepted(smtp.rcpt(message.to)[0])
            _hand_over(smtp, mail.as_bytes(policy=SMTPUTF8 if needs_utf8 else SMTP))
        finally:
            _close(smtp)

    def _connect(self, greeting: str) -> smtplib.SMTP:
        if self._security == "tls":
            return smtplib.SMTP_SSL(
                self._host, self._port, local_hostname=greeting, timeout=self._timeout, context=self._tls
            )
        return smtplib.SMTP(self._host, self._port, local_hostname=greeting, timeout=self._timeout)

    def _open(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._security == "starttls":
            smtp.starttls(context=self._tls)
            smtp.ehlo_or_helo_if_needed()
        if self._username:
            smtp.login(self._username, self._password)

    def _compose(self, message: OutgoingEmail) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        try:
            mail["From"] = self._sender
            mail["To"] = message.to
            mail["Subject"] = message.subject
            mail["Date"] = format_datetime(utc_now())
            mail["Message-ID"] = f"<{message.message_id.strip('<>')}>"
            mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office replies stay away
            mail.set_content(message.text)
            if message.html is not None:
                mail.add_alternative(message.html, subtype="html")
                _put_in(mail, message.picture)
            # Last: Content-* headers that are there before would move into the first part.
            mail["Content-Language"] = message.language
        except (ValueError, MessageError):  # a line break in a header: somebody tries to add headers
            raise PartnerRefused(code="malformed-message") from None
        return mail


def _put_in(mail: EmailMessage, picture: InlinePicture | None) -> None:
    """The picture beside the HTML that shows it (multipart/related), not as a file to download."""
    if picture is not None:
        page = mail.get_body(("html",))
        assert page is not None
        page.add_related(picture.content, "image", "png", cid=f"<{picture.content_id}>", disposition="inline")


@contextmanager
def _nothing_sent_yet() -> Iterator[None]:
    """Before the mail itself is sent, a failure means that nothing happened."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:  # ssl.SSLError is an OSError
        raise PartnerUnavailable(type(error).__name__) from None


def _hand_over(smtp: smtplib.SMTP, content: bytes) -> None:
    try:
        code, _ = smtp.data(content)
    except smtplib.SMTPDataError as error:  # the server did not ask for the content
        raise _failure(error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        raise PartnerUncertain(type(error).__name__) from None
    _require_accepted(code)


def _require_accepted(code: int) -> None:
    if not 200 <= code < 300:
        raise _failure(code)


def _failure(code: int) -> PartnerRefused | PartnerUnavailable:
    """RFC 5321 section 4.2.1: 4yz may succeed when repeated, 5yz never. The server's words may quote the address."""
    return PartnerRefused(code=f"smtp-{code}") if 500 <= code < 600 else PartnerUnavailable(f"smtp {code}")


def _close(smtp: smtplib.SMTP) -> None:
    try:
        smtp.quit()
    except (smtplib.SMTPException, OSError):
        smtp.close()
