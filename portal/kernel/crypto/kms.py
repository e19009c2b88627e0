"""The key-encryption key, behind the `Kms` port, and its local adapter."""

import base64
import os
import secrets
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap


class Kms(Protocol):
    """Wraps and unwraps data keys under a key-encryption key that never leaves it."""

    key_name: str

    def wrap(self, key: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes) -> bytes: ...


class LocalKms:
    """Key-encryption key in a local file (base64, 32 bytes), AES key wrap (RFC 3394)."""

    key_name = "local-file"

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
        self._kek = base64.b64decode(key_file.read_bytes().strip())
        if len(self._kek) != 32:
            raise ValueError(f"{key_file} must hold 32 bytes in base64")

    def wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self._kek, key)

    def unwrap(self, wrapped: bytes) -> bytes:
        return aes_key_unwrap(self._kek, wrapped)
