"""Passwords of staff, as argon2id hashes (RFC 9106; 46 MiB, the OWASP minimum for one pass, with two passes)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from portal.identity.rules import PASSWORD_LENGTH
from portal.kernel.errors import PortalError

#: How many hashes a process works on at once (46 MiB each), and how long others wait for their turn.
AT_ONCE, WAIT_SECONDS = 4, 5.0


#: zxcvbn's guesses below which a password is too common: what a stolen hash gives away within weeks.
FEWEST_GUESSES = 10**9
#: It reads no further; what is longer is judged by its beginning.
_READ = 72

#: Why a password is refused: too short or too long, known to whoever knows the person, or among the first guessed.
Fault = Literal["length", "personal", "common"]


class WeakPassword(PortalError):
    """The password is not taken; `fault` says why."""

    code = "weak-password"

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault


class PasswordsBusy(PortalError):
    """More people are signing in at this moment than the process has memory for."""

    code = "passwords-busy"


_turns = BoundedSemaphore(AT_ONCE)
_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
#: Nobody's hash, 16 and 32 bytes of zeros: checking it costs what checking a real one does, making it costs nothing.
_NOBODY = "$argon2id$v=19$m={},t={},p={}${}${}".format(
    _hasher.memory_cost, _hasher.time_cost, _hasher.parallelism, 22 * "A", 43 * "A"
)


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a turn; raises PasswordsBusy when none comes."""
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise PasswordsBusy
    try:
        yield
    finally:
        _turns.release()


def _spelled(password: str) -> str:
    """One spelling whatever the keyboard: accents may come composed or not."""
    return unicodedata.normalize("NFKC", password)


def require_strong(password: str, *, personal: Iterable[str]) -> None:
    """Raise WeakPassword for one that is guessed first. `personal`: names, addresses, the clinic's name.

    No rules of composition (NIST SP 800-63B section 5.1.1.2): how long it is, whether it is common, and whose it is.
    """
    if not PASSWORD_LENGTH[0] <= len(password) <= PASSWORD_LENGTH[1]:
        raise WeakPassword("length")
    known = sorted({word for text in personal for word in _words(text)}, key=len, reverse=True)
    letters = left = "".join(_words(password))
    for word in known:
        left = left.replace(word, "") if len(word) > 2 else left
    if letters and not left:
        raise WeakPassword("personal")
    if zxcvbn(_spelled(password)[:_READ], user_inputs=known, max_length=_READ)["guesses"] < FEWEST_GUESSES:
        raise WeakPassword("common")


def _words(text: str) -> list[str]:
    """Words of a name, an address or a password, without figures and signs."""
    return re.findall(r"[^\W\d_]+", _spelled(text).casefold())


def hash_password(password: str) -> str:
    """The hash, with its parameters and a fresh salt."""
    with _turn():
        return _hasher.hash(_spelled(password))


def is_right(password: str, hashed: str | None) -> bool:
    """Whether the password belongs to the hash; the same work when there is no hash."""
    try:
        with _turn():
            matches = _hasher.verify(hashed or _NOBODY, _spelled(password))
    except (VerificationError, InvalidHashError):
        return False
    return matches and hashed is not None


def password_cost() -> tuple[int, int, int]:
    """What a hash costs today: memory in KiB, passes, lanes."""
    return _hasher.memory_cost, _hasher.time_cost, _hasher.parallelism


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(hashed)
