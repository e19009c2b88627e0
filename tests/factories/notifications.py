"""Messages of tests."""

from portal.notifications import Recipient, Template, register_template
from tests.factories.identity import email_address, phone_number

#: A message with all that a message can have; no context's own.
PLAIN = Template(
    name="test.plain",
    sms=lambda values: f"{values['clinic']}: {values['starts_at']} {values['link']}",
    subject=lambda values: f"{values['clinic']} on {values['starts_at']}",
    body=lambda values: [f"We see you on {values['starts_at']}.", "Bring <nothing> & nobody."],
    link_text=lambda values: "Open your visit",
)
register_template(PLAIN)


def by_sms(target: str | None = None, *, language: str = "en", zone: str = "America/New_York") -> Recipient:
    return Recipient(channel="sms", target=target or phone_number(), language=language, zone=zone)


def by_email(target: str | None = None, *, language: str = "en", zone: str = "America/New_York") -> Recipient:
    return Recipient(channel="email", target=target or email_address(), language=language, zone=zone)
