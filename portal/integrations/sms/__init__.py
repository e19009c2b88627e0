"""Text messages to the outside, over Twilio's REST API."""

from portal.integrations.sms.twilio import TwilioSmsSender

__all__ = ["TwilioSmsSender"]
