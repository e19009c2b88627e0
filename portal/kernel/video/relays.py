"""Relays: the STUN and TURN servers that a page hands to its peer connection, with credentials that lapse."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.kernel.config import Settings

TURN_LIFE = timedelta(hours=4)
"""Longer than any visit: a relay asks for the credentials again at each refresh of an allocation."""


def turn_credentials(*, secret: str, participant_id: UUID, now: datetime) -> tuple[str, str]:
    """User name and password of coturn's time-limited scheme (draft-uberti-behave-turn-rest-00, section 2.2)."""
    username = f"{int((now + TURN_LIFE).timestamp())}:{participant_id.hex}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def ice_servers(*, settings: Settings, participant_id: UUID, now: datetime) -> list[dict[str, Any]]:
    """What the page hands to RTCPeerConnection: RTCIceServer objects (W3C WebRTC, section 4.2.2)."""
    servers: list[dict[str, Any]] = []
    if settings.stun_urls:
        servers.append({"urls": list(settings.stun_urls)})
    if settings.turn_urls:
        username, credential = turn_credentials(
            secret=settings.turn_secret.get_secret_value(),
            participant_id=participant_id,
            now=now,
        )
        servers.append(
            {
                "urls": list(settings.turn_urls),
                "username": username,
                "credential": credential,
            }
        )
    return servers
