"""Mails over real SMTP connections."""

import asyncio
import datetime as dt
import socketserver
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.partners.inbox import Inbox, read_inbox
from deploy.partners.smtp_sink import serve_smtp
from portal.integrations.email import SmtpEmailSender
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.notifications.ports import OutgoingEmail
from tests.support.serving import in_background

UNKNOWN = "refuse@example.org"


def mail(to: str = "maria@example.org", **changes: str | None) -> OutgoingEmail:
    fields: dict[str, str | None] = {
        "subject": "Su cita en la clínica",
        "text": "Mañana a las 9:00.\n\nفي الساعة ٩",
        "html": "<p>Mañana a las <b>9:00</b>.</p>",
        "message_id": "0190-a@portal.example",
        "language": "es",
        **changes,
    }
    return OutgoingEmail(to=to, **fields)  # type: ignore[arg-type]  # html alone may be None


def sender(port: int, **changes: object) -> SmtpEmailSender:
    fields: dict[str, object] = {"security": "none", "sender": "Clínica <clinic@portal.example>", **changes}
    return SmtpEmailSender(host="localhost", port=port, **fields)  # type: ignore[arg-type]  # as each test names them


def test_mail_arrives_with_both_texts_and_our_headers(sinks) -> None:
    sender(sinks.smtp_port).send(mail("both@example.org"))
    (taken,) = sinks.inbox("both@example.org")
    assert taken.subject == "Su cita en la clínica"
    assert taken.text.strip() == "Mañana a las 9:00.\n\nفي الساعة ٩"
    assert "<b>9:00</b>" in taken.html
    assert taken.from_ == "Clínica <clinic@portal.example>"
    assert (taken.channel, taken.language, taken.reference) == ("email", "es", "<0190-a@portal.example>")


def test_mail_without_html_is_plain(sinks) -> None:
    sender(sinks.smtp_port).send(mail("plain@example.org", html=None))
    (taken,) = sinks.inbox("plain@example.org")
    assert taken.html == ""


def test_address_in_another_script_is_reached(sinks) -> None:
    sender(sinks.smtp_port).send(mail("مريم@example.org"))
    assert len(sinks.inbox("مريم@example.org")) == 1


def test_unknown_mailbox_is_refused_for_good_and_unnamed(sinks) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        sender(sinks.smtp_port).send(mail(UNKNOWN))
    assert refusal.value.code == "smtp-550"
    assert UNKNOWN not in "".join(traceback.format_exception(refusal.value))


def test_full_mailbox_may_be_tried_again(sinks) -> None:
    with pytest.raises(PartnerUnavailable):
        sender(sinks.smtp_port).send(mail("busy@example.org"))


@pytest.mark.parametrize("field", ["to", "subject", "message_id"])
def test_line_break_cannot_add_a_header(sinks, field) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        sender(sinks.smtp_port).send(mail(**{"to": "x@example.org", field: "x@example.org\r\nBcc: y@example.org"}))
    assert refusal.value.code == "malformed-message"
    assert sinks.inbox("y@example.org") == []


def test_no_server_means_that_nothing_happened(broken_server) -> None:
    with pytest.raises(PartnerUnavailable):
        sender(1).send(mail())


def test_silent_server_means_that_nothing_happened(broken_server) -> None:
    with pytest.raises(PartnerUnavailable):
        sender(broken_server(silent=True), timeout=0.3).send(mail())


def test_password_that_is_refused_is_final(smtp_that_answers) -> None:
    port = smtp_that_answers({"EHLO": b"250-x\r\n250 AUTH PLAIN", "AUTH": b"535 5.7.8 No"})
    with pytest.raises(PartnerRefused) as refusal:
        sender(port, username="portal", password="wrong").send(mail())
    assert refusal.value.code == "smtp-535"


def test_connection_lost_after_the_mail_was_sent_is_uncertain(smtp_that_answers) -> None:
    port = smtp_that_answers({"EHLO": b"250 x", "MAIL": b"250 ok", "RCPT": b"250 ok", "DATA": b"354 go", ".": None})
    with pytest.raises(PartnerUncertain):
        sender(port).send(mail())


def test_mail_refused_after_it_was_read_is_final(smtp_that_answers) -> None:
    port = smtp_that_answers(
        {"EHLO": b"250 x", "MAIL": b"250 k", "RCPT": b"250 k", "DATA": b"354 go", ".": b"554 spam"}
    )
    with pytest.raises(PartnerRefused) as refusal:
        sender(port).send(mail())
    assert refusal.value.code == "smtp-554"


def test_server_without_starttls_gets_nothing(sinks) -> None:
    with pytest.raises(PartnerUnavailable):
        sender(sinks.smtp_port, security="starttls").send(mail("secret@example.org"))
    assert sinks.inbox("secret@example.org") == []


def test_certificate_that_nobody_vouches_for_gets_nothing(tls_server) -> None:
    with pytest.raises(PartnerUnavailable):
        sender(tls_server.port, security="starttls").send(mail())
    assert read_inbox(tls_server.directory, limit=1) == []


def test_certificate_of_another_host_gets_nothing(tls_server) -> None:
    elsewhere = SmtpEmailSender(
        host="127.0.0.1", port=tls_server.port, sender="a@portal.example", security="starttls", tls=tls_server.trust
    )
    with pytest.raises(PartnerUnavailable):
        elsewhere.send(mail())


def test_mail_travels_encrypted_to_a_trusted_server(tls_server) -> None:
    sender(tls_server.port, security="starttls", tls=tls_server.trust).send(mail())
    assert len(read_inbox(tls_server.directory, limit=9)) == 1


@dataclass
class TlsServer:
    port: int
    directory: Path
    trust: ssl.SSLContext


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[TlsServer]:
    """The mail sink with STARTTLS and a certificate for "localhost" that only `trust` knows."""
    certificate = make_certificate(tmp_path / "localhost.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    loop = asyncio.new_event_loop()
    directory = tmp_path / "inbox"
    server = loop.run_until_complete(serve_smtp(Inbox(directory), port=0, certificate=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    trust = ssl.create_default_context(cafile=str(certificate))
    yield TlsServer(server.sockets[0].getsockname()[1], directory, trust)
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=5)
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.fixture
def smtp_that_answers() -> Iterator[Callable[[dict[str, bytes | None]], int]]:
    """A mail server that says to each command what the test wants; None hangs up."""
    servers: list[socketserver.ThreadingTCPServer] = []

    def make(answers: dict[str, bytes | None]) -> int:
        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 x\r\n")
                inside_data = False
                for line in self.rfile:
                    word = line.decode().strip().partition(" ")[0].upper()  # smtplib says "ehlo" and "mail"
                    if inside_data and word != ".":
                        continue
                    answer = answers.get(word, b"250 ok")
                    if answer is None:
                        return
                    inside_data = word == "DATA"
                    self.wfile.write(answer + b"\r\n")

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        in_background(server)
        servers.append(server)
        return int(server.server_address[1])

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def make_certificate(file: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + certificate.public_bytes(encoding))
    return file
