"""Messages to people: what is to be said to whom and when, and what became of it.

Owns the registry of templates, their rendering in the recipient's language and zone, and deliveries by e-mail and SMS.
It is told what to send and to whom; it never asks. Preferences and quiet hours are a later part of this room.
"""

from portal.notifications import access
from portal.notifications.access import Permission
from portal.notifications.operations import (
    SEND,
    SEND_CODE,
    AlreadyQueued,
    Recipient,
    cancel_messages,
    queue_code,
    queue_mail,
    queue_message,
)
from portal.notifications.queries import TroubledDelivery, count_failed_deliveries, failed_deliveries
from portal.notifications.rendering import Rendered, render_email, render_sms
from portal.notifications.sending import SendMessage
from portal.notifications.templates import (
    Template,
    UnknownTemplate,
    Values,
    register_template,
    template_by_name,
    template_names,
)

__all__ = [
    "SEND",
    "SEND_CODE",
    "AlreadyQueued",
    "Permission",
    "Recipient",
    "Rendered",
    "SendMessage",
    "Template",
    "TroubledDelivery",
    "UnknownTemplate",
    "Values",
    "access",
    "cancel_messages",
    "count_failed_deliveries",
    "failed_deliveries",
    "queue_code",
    "queue_mail",
    "queue_message",
    "register_template",
    "render_email",
    "render_sms",
    "template_by_name",
    "template_names",
]
