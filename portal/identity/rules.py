"""Pure decisions of identity: limits, what a code's hash is, what a device is called, how a contact is masked."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

Channel = Literal["sms", "email"]

CODE_DIGITS = 6
#: NIST SP 800-63B section 5.1.1.2: length is what counts, no rules of composition.
PASSWORD_LENGTH = (12, 200)
TOUCH_EVERY = timedelta(minutes=1)
WINDOW = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class SignInRules:
    """How long codes and sessions last, and how often what may be tried in an hour. Settings fill it in."""

    code_minutes: int = 10
    code_tries: int = 5
    codes_per_target: int = 5
    codes_per_address: int = 30
    passwords_per_target: int = 50
    passwords_per_target_and_address: int = 10
    passwords_per_address: int = 50
    session: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(minutes=30)


def code_digest(*, key: bytes, code_id: UUID, code: str) -> bytes:
    """Keyed hash of a code, bound to its row: six digits alone would be found by trying them all."""
    return hmac.new(key, b"identity.one_time_code|" + code_id.bytes + code.encode(), hashlib.sha256).digest()


def token_digest(token: str) -> bytes:
    """Hash of a session's token. The token has 256 random bits, so no key and no stretching are needed."""
    return hashlib.sha256(token.encode()).digest()


def masked(channel: str, target: str) -> str:
    """Enough of a contact to recognise one's own: "•••• 0142", "m•••@example.com"."""
    if channel == "email":
        name, _, domain = target.partition("@")
        return f"{name[:1]}•••@{domain}"
    return f"•••• {target[-4:]}"


# First match wins: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari.
_BROWSERS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\b(OPR|Opera|Opera Mini)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("UC Browser", r"\bUCBrowser/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"\b(Chrome|CriOS|Chromium)/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("Android", r"\bAndroid\b"),
    ("iOS", r"\b(iPhone|iPad|iPod)\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)


def device_name(user_agent: str) -> str:
    """Browser family and system, as somebody knows their own device: "Chrome, Android". Empty when unknown."""
    names = (
        next((name for name, pattern in table if re.search(pattern, user_agent)), "") for table in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in names if name)
