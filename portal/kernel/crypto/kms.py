"""The key-encryption key, behind the `Kms` port, and its local adapter."""

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap


class Kms(Protocol):
    """Wraps and unwraps data keys under a key-encryption key that never leaves it.

    `key_name` names the key that wraps now; what an older one wrapped still opens. `context` says whose key it is and
    for what (tenant, dataset): an adapter that can binds the key to it.
    """

    key_name: str

    def wrap(self, key: bytes, *, context: Mapping[str, str]) -> bytes: ...

    def unwrap(self, wrapped: bytes, *, context: Mapping[str, str]) -> bytes: ...


class UnableToUnwrap(RuntimeError):
    """No key-encryption key at hand wrapped this data key."""


class LocalKms:
    """Key-encryption keys in a local file, AES key wrap (RFC 3394), which has no place for a context.

    A key a line (base64, 32 bytes): the first wraps, all of them unwrap. A new key is put before the old one, which
    is taken out once `portal keys rotate --kek` has wrapped everything anew.
    """

    def __init__(self, key_file: Path, *, make: bool = False) -> None:
        if make and not key_file.exists():
            key_file.parent.mkdir(parents=True, exist_ok=True)
            fresh = key_file.with_name(f".{key_file.name}.{secrets.token_hex(8)}")
            fresh.touch(mode=0o600)
            fresh.write_bytes(base64.b64encode(os.urandom(32)))
            try:
                os.link(fresh, key_file)
            except FileExistsError:
                pass  # another process made it first: its key is the key
            finally:
                fresh.unlink()
        self._keks = [base64.b64decode(line) for line in key_file.read_bytes().split()]
        if not self._keks or any(len(kek) != 32 for kek in self._keks):
            raise ValueError(f"{key_file} must hold 32 bytes in base64 on each line")
        # A digest of a random key tells which key it is and nothing about it.
        self.key_name = f"local-file {hashlib.sha256(self._keks[0]).hexdigest()[:16]}"

    def wrap(self, key: bytes, *, context: Mapping[str, str]) -> bytes:
        return aes_key_wrap(self._keks[0], key)

    def unwrap(self, wrapped: bytes, *, context: Mapping[str, str]) -> bytes:
        """Raises UnableToUnwrap."""
        for kek in self._keks:
            try:
                return aes_key_unwrap(kek, wrapped)
            except (InvalidUnwrap, ValueError):
                continue  # an older key wrapped it
        raise UnableToUnwrap("no key in KEY_FILE wrapped it")
