"""Files that leave the house (dumps, exports), sealed to the public keys of those who may open them.

A fresh key seals the content in chunks (AES-256-GCM; the nonce counts, its last byte marks the last chunk: STREAM,
https://eprint.iacr.org/2015/189), so that a file of any size passes through, and one that is cut, reordered or put
together from two does not open. That key is wrapped for each recipient by HPKE (RFC 9180) over X25519 and ML-KEM-768
together: it holds as long as one of the two does, also against who keeps today's files for a quantum computer.

    magic | version | number of recipients | for each: fingerprint(8) length(2) wrapped key | chunks
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from portal.kernel.crypto.envelope import BrokenSeal

_MAGIC = b"PORTALPARCEL"
_VERSION = 1
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_INFO = b"telemedicine-portal parcel 1"
CHUNK = 1 << 20
_TAG = 16
_SEED, _PUBLIC = 64, 1184  # bytes of ML-KEM-768's seed and public key; X25519's have 32


class NotForThisKey(RuntimeError):
    """The file was sealed to other keys than this one."""


class BadKey(ValueError):
    """That is not a key of this kind."""


@dataclass(frozen=True, kw_only=True)
class ParcelKey:
    """A public key: who has it seals, and opens nothing."""

    mlkem: bytes
    x25519: bytes

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.mlkem + self.x25519).digest()[:8]

    def __str__(self) -> str:
        return f"portal-parcel-public-1 {base64.b64encode(self.mlkem + self.x25519).decode()}"

    @classmethod
    def parse(cls, text: str) -> "ParcelKey":
        """Raises BadKey."""
        raw = _parsed(text, "public", _PUBLIC + 32)
        return cls(mlkem=raw[:_PUBLIC], x25519=raw[_PUBLIC:])

    def wrap(self, key: bytes, *, info: bytes) -> bytes:
        mlkem, x25519 = MLKEM768PublicKey.from_public_bytes(self.mlkem), X25519PublicKey.from_public_bytes(self.x25519)
        return _SUITE.encrypt(key, MLKEM768X25519PublicKey(mlkem, x25519), info=info)


@dataclass(frozen=True, kw_only=True, repr=False)
class SecretParcelKey:
    """A private key: who has it opens what was sealed to its public half. Kept apart from the files."""

    seed: bytes
    x25519: bytes

    @classmethod
    def make(cls) -> "SecretParcelKey":
        return cls(seed=MLKEM768PrivateKey.generate().private_bytes_raw(), x25519=os.urandom(32))

    @classmethod
    def parse(cls, text: str) -> "SecretParcelKey":
        """Raises BadKey."""
        raw = _parsed(text, "secret", _SEED + 32)
        return cls(seed=raw[:_SEED], x25519=raw[_SEED:])

    def text(self) -> str:
        """As its file holds it."""
        return f"portal-parcel-secret-1 {base64.b64encode(self.seed + self.x25519).decode()}"

    @property
    def public(self) -> ParcelKey:
        mlkem, x25519 = self._pair()
        return ParcelKey(mlkem=mlkem.public_key().public_bytes_raw(), x25519=x25519.public_key().public_bytes_raw())

    def unwrap(self, wrapped: bytes, *, info: bytes) -> bytes:
        """Raises BrokenSeal."""
        try:
            return _SUITE.decrypt(wrapped, MLKEM768X25519PrivateKey(*self._pair()), info=info)
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal("the wrapped key does not open") from error

    def _pair(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        return MLKEM768PrivateKey.from_seed_bytes(self.seed), X25519PrivateKey.from_private_bytes(self.x25519)


def seal_parcel(source: BinaryIO, target: BinaryIO, *, to: Sequence[ParcelKey]) -> int:
    """Seal all that `source` holds; returns how many bytes that were."""
    if not 0 < len(to) < 256:
        raise BadKey("name at least one recipient")
    key = os.urandom(32)
    head = _MAGIC + bytes([_VERSION, len(to)])
    for recipient in to:
        wrapped = recipient.wrap(key, info=_INFO)
        head += recipient.fingerprint + len(wrapped).to_bytes(2) + wrapped
    target.write(head)
    total = 0
    for nonce, chunk in _numbered(source, CHUNK):
        target.write(AESGCM(key).encrypt(nonce, chunk, head))
        total += len(chunk)
    return total


def open_parcel(source: BinaryIO, target: BinaryIO, *, key: SecretParcelKey) -> int:
    """Write what was sealed; returns how many bytes. Raises BrokenSeal, NotForThisKey.

    What was written before BrokenSeal was raised is a beginning only: the caller throws it away.
    """
    head, wrapped = _head(source)
    mine = wrapped.get(key.public.fingerprint)
    if mine is None:
        raise NotForThisKey(", ".join(one.hex() for one in wrapped))
    content = AESGCM(key.unwrap(mine, info=_INFO))
    total = 0
    for nonce, chunk in _numbered(source, CHUNK + _TAG):
        try:
            total += target.write(content.decrypt(nonce, chunk, head))
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal("altered, or cut off") from error
    return total


def _head(source: BinaryIO) -> tuple[bytes, dict[bytes, bytes]]:
    """The whole head, which every chunk is bound to, and the wrapped keys by their recipients' fingerprints."""
    head = _exactly(source, len(_MAGIC) + 2)
    if not head.startswith(_MAGIC) or head[-2] != _VERSION or not head[-1]:
        raise BrokenSeal("not a sealed file, or of an unknown version")
    wrapped = {}
    for _ in range(head[-1]):
        start = _exactly(source, 10)
        one = _exactly(source, int.from_bytes(start[8:]))
        wrapped[start[:8]] = one
        head += start + one
    return head, wrapped


def _exactly(source: BinaryIO, size: int) -> bytes:
    found = source.read(size)
    if len(found) != size:
        raise BrokenSeal("cut off")
    return found


def _numbered(source: BinaryIO, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Chunks with their nonces. There is always a last one, if need be an empty one."""
    number, chunk = 0, source.read(size)
    while True:
        following = source.read(size) if len(chunk) == size else b""
        yield number.to_bytes(11) + bytes([not following]), chunk
        if not following:
            return
        number, chunk = number + 1, following


def _parsed(text: str, kind: str, size: int) -> bytes:
    found = re.fullmatch(rf"portal-parcel-{kind}-1 ([A-Za-z0-9+/=]+)", text.strip())
    try:
        raw = base64.b64decode(found[1], validate=True) if found else b""
    except ValueError:
        raw = b""
    if len(raw) != size:
        raise BadKey(f"not a {kind} key for files")
    return raw
