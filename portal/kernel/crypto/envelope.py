"""The sealed form of a value: `version(1) | algorithm(1) | key id(16) | nonce(12) | AES-256-GCM ciphertext and tag`.

The additional data (tenant|table|column|row) ties a ciphertext to its place: moved elsewhere, it does not open.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
AES_256_GCM = 1
_HEADER = 2 + 16 + 12


class BrokenSeal(RuntimeError):
    """A sealed value was altered, moved, or names an unknown version or algorithm."""


def seal(plain: bytes, *, key_id: UUID, key: bytes, aad: bytes) -> bytes:
    """Seal bytes under a 32-byte data key."""
    nonce = os.urandom(12)
    header = bytes([VERSION, AES_256_GCM]) + key_id.bytes + nonce
    return header + AESGCM(key).encrypt(nonce, plain, header[:18] + aad)


def key_id_of(sealed: bytes) -> UUID:
    """Which data key opens it; raises BrokenSeal for an unknown version or algorithm."""
    if len(sealed) < _HEADER + 16 or sealed[0] != VERSION or sealed[1] != AES_256_GCM:
        raise BrokenSeal("unknown version or algorithm")
    return UUID(bytes=bytes(sealed[2:18]))


def unseal(sealed: bytes, *, key: bytes, aad: bytes) -> bytes:
    """Open what `seal` made; raises BrokenSeal."""
    key_id_of(sealed)
    try:
        return AESGCM(key).decrypt(sealed[18:30], bytes(sealed[_HEADER:]), bytes(sealed[:18]) + aad)
    except InvalidTag as error:
        raise BrokenSeal("altered or moved") from error
