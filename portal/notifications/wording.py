"""What staff read about a message: how it was to travel, and what became of it."""

from portal.kernel.locale import lazy_gettext as _l
from portal.notifications.templates import UnknownTemplate, template_by_name

CHANNELS = {"sms": _l("Text message"), "email": _l("E-mail")}
TROUBLE_WORDS = {
    "failed": _l("It was not sent. Contact the person in another way."),
    "uncertain": _l("Nobody knows whether it arrived. Contact the person in another way."),
}


def template_title(name: str) -> str:
    """What staff call a message; its code where a newer process registered it."""
    try:
        title = template_by_name(name).title
    except UnknownTemplate:
        return name
    return title() if title else name
