"""A mail with a picture, as a server on the other end of a real connection takes it."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from portal.integrations.email import SmtpEmailSender
from portal.notifications.ports import InlinePicture, OutgoingEmail
from tests.integrations.partners import free_port

PICTURE = InlinePicture(content_id="0190-b@logo.invalid", content=b"\x89PNG\r\n\x1a\n" + bytes(range(256)))


class Taker:
    """Keeps each mail as it came."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802  # aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=default)  # type: ignore[attr-defined]
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[Controller]:
    running = Controller(Taker(), hostname="127.0.0.1", port=free_port())
    running.start()
    yield running
    running.stop()


def taken(server: Controller, picture: InlinePicture | None) -> EmailMessage:
    sender = SmtpEmailSender(host="127.0.0.1", port=server.port, sender="clinic@portal.example", security="none")
    sender.send(
        OutgoingEmail(
            to="maria@example.org",
            subject="Su cita",
            text="Mañana a las 9:00.",
            html='<p><img src="cid:0190-b@logo.invalid" alt=""> Mañana a las <b>9:00</b>.</p>',
            picture=picture,
            message_id="0190-a@portal.example",
            language="es",
        )
    )
    (mail,) = server.handler.mails
    assert isinstance(mail, EmailMessage)
    return mail


def test_the_picture_stands_beside_the_html_that_shows_it(server: Controller) -> None:
    mail = taken(server, PICTURE)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    image = list(mail.walk())[-1]
    assert image["Content-ID"] == "<0190-b@logo.invalid>"
    assert image.get_content() == PICTURE.content


def test_the_picture_is_no_file_to_download(server: Controller) -> None:
    mail = taken(server, PICTURE)
    image = list(mail.walk())[-1]
    assert (image.get_content_disposition(), image.get_filename()) == ("inline", None)
    assert list(mail.iter_attachments()) == []


def test_both_texts_and_their_language_are_where_they_were(server: Controller) -> None:
    mail = taken(server, PICTURE)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and text.get_content().strip() == "Mañana a las 9:00."
    assert html is not None and "<b>9:00</b>" in html.get_content()
    assert mail["Content-Language"] == "es"


def test_mail_without_a_picture_has_two_parts(server: Controller) -> None:
    kinds = [part.get_content_type() for part in taken(server, None).walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
