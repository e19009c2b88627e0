"""Passwords of tests cost what they cost in the portal, but each is worked out once a process.

Owns no parameter: what is asked for the first time is hashed or compared by the portal's own hasher. Most accounts of
tests have the same password, and nobody asks about its hash.
"""

from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError


class Remembering:
    """A hasher that gives the same answer to the same question without working for it again."""

    def __init__(self, real: PasswordHasher) -> None:
        self._real = real
        self._hashes: dict[str, str] = {}
        self._right: dict[tuple[str, str], bool] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def hash(self, password: str) -> str:
        """The hash that the password got first, with that one's salt."""
        if password not in self._hashes:
            self._hashes[password] = self._real.hash(password)
        return self._hashes[password]

    def verify(self, hashed: str, password: str) -> bool:
        """True or VerifyMismatchError; a hash that cannot be read is never remembered."""
        question = (hashed, password)
        if question not in self._right:
            try:
                self._right[question] = bool(self._real.verify(hashed, password))
            except VerifyMismatchError:
                self._right[question] = False
        if not self._right[question]:
            raise VerifyMismatchError
        return True
