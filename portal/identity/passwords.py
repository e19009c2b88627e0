"""Passwords of staff, as argon2id hashes (RFC 9106; 46 MiB, the OWASP minimum for one pass, with two passes)."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
#: Hash of nobody's password: checking it costs what checking a real one does.
_NOBODY = _hasher.hash("an account that does not exist")


def _spelled(password: str) -> str:
    """One spelling whatever the keyboard: accents may come composed or not."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """The hash, with its parameters and a fresh salt."""
    return _hasher.hash(_spelled(password))


def is_right(password: str, hashed: str | None) -> bool:
    """Whether the password belongs to the hash; the same work when there is no hash."""
    try:
        matches = _hasher.verify(hashed or _NOBODY, _spelled(password))
    except (VerificationError, InvalidHashError):
        return False
    return matches and hashed is not None


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(hashed)
