"""Mail to the outside, over SMTP."""

from portal.integrations.email.smtp import SmtpEmailSender

__all__ = ["SmtpEmailSender"]
