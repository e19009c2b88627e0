"""Passwords of staff, as argon2id hashes (RFC 9106; 46 MiB, the OWASP minimum for one pass, with two passes)."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.kernel.errors import PortalError

#: How many hashes a process works on at once (46 MiB each), and how long others wait for their turn.
AT_ONCE, WAIT_SECONDS = 4, 5.0


class PasswordsBusy(PortalError):
    """More people are signing in at this moment than the process has memory for."""

    code = "passwords-busy"


_turns = BoundedSemaphore(AT_ONCE)
_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
#: Hash of nobody's password: checking it costs what checking a real one does.
_NOBODY = _hasher.hash("an account that does not exist")


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


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(hashed)
