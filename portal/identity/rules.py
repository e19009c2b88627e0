"""Pure decisions of identity: limits, what a code's hash is, what a device is called, how a contact is masked."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from portal.kernel.permissions import CLEARANCES, STAFF_ROLES

Channel = Literal["sms", "email"]

CODE_DIGITS = 6
#: NIST SP 800-63B section 5.1.1.2: length is what counts, no rules of composition.
PASSWORD_LENGTH = (12, 200)
#: So much earlier than it says may a session lock.
TOUCH_EVERY = timedelta(seconds=15)
WINDOW = timedelta(hours=1)
#: RFC 6238: seconds of a step, and how many steps a clock may be off either way.
STEP_SECONDS, STEPS_OFF = 30, 1
SECRET_BYTES = 20
RECOVERY_CODES, RECOVERY_DIGITS = 10, 12
PENDING = timedelta(minutes=10)
STEP_UP = timedelta(minutes=20)
#: How long a passkey may take to answer.
CHALLENGE = timedelta(minutes=5)
#: How long the link of an invitation works.
INVITATION_LIFE = timedelta(days=7)
#: What an administrator of a clinic may give to others: work there, and clearances. Nothing of the platform's own.
GRANTABLE = STAFF_ROLES | CLEARANCES
#: How often somebody goes through who may do what, and how long before it is due it is asked for.
REVIEW_EVERY, REVIEW_AHEAD = timedelta(days=90), timedelta(days=14)
#: Who has not signed in for so long may not need their account.
IDLE = timedelta(days=60)
DECISIONS = ("keep", "change", "end")
#: Actions for which a second factor is shown again.
ACTIONS = frozenset(
    {"sign", "refund", "factors", "break-glass", "invite-proxy", "export", "roles", "keys", "sessions", "link"}
)
#: Those for which a second factor that was shown while signing in, a short while ago, is enough.
SIGN_IN_COUNTS_FOR = frozenset({"sign", "link"})


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many tries within an hour are free; those above it cost a wait. None: no limit of that sort.

    `target`: of one account or contact, from anywhere; `here`: of one, from one network address; `address`: of
    anything, from one network address; `in_all`: in the clinic. `device`: of one account on a device on which it has
    signed in before, where none of the others counts.
    """

    target: int | None
    here: int | None
    address: int
    in_all: int
    device: int


#: Codes are asked for, passwords and second factors are tried, questions to passkeys are asked for; ways to a clinic's
#: provider are begun and come back from, and it tells of logouts. A hospital's staff share one address.
LIMITS: Mapping[str, Limit] = {
    "code": Limit(target=5, here=None, address=30, in_all=3_000, device=5),
    "password": Limit(target=50, here=10, address=50, in_all=1_000, device=10),
    "factor": Limit(target=10, here=None, address=50, in_all=1_000, device=10),
    "question": Limit(target=None, here=None, address=200, in_all=10_000, device=0),
    "sso": Limit(target=None, here=None, address=1_000, in_all=20_000, device=0),
    "sso-callback": Limit(target=None, here=None, address=1_000, in_all=20_000, device=0),
    "logout": Limit(target=None, here=None, address=2_000, in_all=20_000, device=0),
}
#: The wait after the first try above a limit; it doubles with each further one.
FIRST_WAIT = timedelta(minutes=1)


def wait_after(count: int, free: int | None, *, last: datetime | None, now: datetime) -> timedelta:
    """How long until the next try, after so many within WINDOW, the last of them then. Never longer than WINDOW."""
    if free is None or last is None or count < free:
        return timedelta(0)
    doublings: int = 2 ** min(count - free, 10)
    return max(last + min(FIRST_WAIT * doublings, WINDOW) - now, timedelta(0))


@dataclass(frozen=True, kw_only=True)
class KnownDevice:
    """What a browser says of itself in a cookie that we have signed: its name, and the marks of who signed in on it."""

    id: str
    marks: tuple[str, ...]


def device_mark(index: bytes) -> str:
    """What a device keeps of a contact: part of its keyed hash."""
    return base64.urlsafe_b64encode(index[:9]).decode()


@dataclass(frozen=True, kw_only=True)
class SignInRules:
    """How long codes and sessions last, and how often what may be tried in an hour. Settings fill it in."""

    code_minutes: int = 10
    code_tries: int = 5
    limits: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)
    session: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class SharedPcRules:
    """When a session of staff locks and ends. A clinic says, within LIMITS_OF_SHARED_PCS."""

    lock_minutes: int = 5
    idle_minutes: int = 15
    longest_hours: int = 12
    pin_allowed: bool = True


LIMITS_OF_SHARED_PCS = {"lock_minutes": (1, 15), "idle_minutes": (5, 30), "longest_hours": (1, 12)}
#: How often it may be tried to open a locked session; then it takes a sign-in.
UNLOCK_TRIES = 5
PIN_DIGITS = 6


def is_weak_pin(pin: str) -> bool:
    """Among those that are tried first: two figures only, a half twice, figures in a row, a year or a day."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    halves = pin[:3] == pin[3:] or pin[:2] * 3 == pin
    years = pin[:2] in {"19", "20"} or pin[2:4] in {"19", "20"}
    return len(set(pin)) <= 2 or halves or (len(steps) == 1 and steps <= {0, 1, 9}) or years


@dataclass(frozen=True, kw_only=True)
class PasskeyPlace:
    """Where passkeys belong: the host that they are made for, and the origins of the pages that may ask for one."""

    host: str
    origins: tuple[str, ...]


def code_digest(*, key: bytes, code_id: UUID, code: str) -> bytes:
    """Keyed hash of a code, bound to its row: six digits alone would be found by trying them all."""
    return hmac.new(key, b"identity.one_time_code|" + code_id.bytes + code.encode(), hashlib.sha256).digest()


def token_digest(token: str) -> bytes:
    """Hash of a session's token. The token has 256 random bits, so no key and no stretching are needed."""
    return hashlib.sha256(token.encode()).digest()


def challenge_digest(challenge: bytes) -> bytes:
    """Hash of a question to a passkey: 256 random bits, as a token."""
    return hashlib.sha256(challenge).digest()


def recovery_digest(*, key: bytes, account_id: UUID, code: str) -> bytes:
    """Keyed hash of a printed code, bound to its account."""
    return hmac.new(key, b"identity.recovery_code|" + account_id.bytes + code.encode(), hashlib.sha256).digest()


def totp(secret: str, step: int) -> str:
    """The code of a time step (RFC 6238: HMAC-SHA-1, six digits). `secret` is base32."""
    key = base64.b32decode(secret)
    sha1 = hashes.SHA1()  # noqa: S303  # what apps take; a keyed hash does not suffer from collisions
    return TOTP(key, CODE_DIGITS, sha1, STEP_SECONDS).generate(step * STEP_SECONDS).decode()


def step_at(now: datetime) -> int:
    """The time step of an instant."""
    return int(now.timestamp()) // STEP_SECONDS


def current_code(secret: str, *, now: datetime) -> str:
    """What an app with this secret shows at that moment."""
    return totp(secret, step_at(now))


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The step around now whose code this is, the newest first; None for another code."""
    here = step_at(now)
    steps = range(here + STEPS_OFF, here - STEPS_OFF - 1, -1)
    return next((step for step in steps if hmac.compare_digest(totp(secret, step), code)), None)


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
    ("Chrome", r"\b(Headless)?(Chrome|CriOS|Chromium)/"),
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
