"""Links in messages: how their address says the language of the message around it."""

from urllib.parse import urlsplit

from portal.kernel.locale import known_language

#: Short, since a text message pays for it.
LINK_PARAMETER = "in"


def carrying_language(address: str, language: str) -> str:
    """The address of a link, saying in which language its message is; its query and its anchor stay."""
    parts = urlsplit(address)
    said = f"{LINK_PARAMETER}={known_language(language)}"
    return parts._replace(query=f"{parts.query}&{said}" if parts.query else said).geturl()
