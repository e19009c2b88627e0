"""Checkpoints as signed notes, a text form that other people's tools read too. Pure but for the key file.

The form is C2SP's signed-note and tlog-checkpoint: origin, size, root, then our own lines, an empty line, and one line
of signature. A key is told to others as `name+keyid+base64(algorithm byte, public key)`. The algorithm is named in the
text that is signed and in the key; another one (ML-DSA) is one more row of ALGORITHMS, and an unknown one is refused.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NAME = "portal-audit"
NO_PREVIOUS = "none"


class BadNote(ValueError):
    """A checkpoint or a key that cannot be read, or a signature that does not hold; the message says which."""


def _check_ed25519(public: bytes, signature: bytes, text: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(public).verify(signature, text)


#: name → its byte in C2SP's registry, and what checks a signature (raises InvalidSignature).
ALGORITHMS: dict[str, tuple[int, Callable[[bytes, bytes, bytes], None]]] = {"ed25519": (0x01, _check_ed25519)}


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The state of one clinic's log. `previous`: SHA-256 of the checkpoint before as text, None for the first."""

    tenant_id: UUID
    number: int
    size: int
    root: bytes
    previous: bytes | None
    made_at: datetime
    algorithm: str = "ed25519"

    def body(self) -> str:
        """The text that is signed."""
        return (
            f"{NAME}/{self.tenant_id}\n{self.size}\n{_encode(self.root)}\n"
            f"number {self.number}\n"
            f"previous {_encode(self.previous) if self.previous else NO_PREVIOUS}\n"
            f"time {self.made_at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%fZ')}\n"
            f"algorithm {self.algorithm}\n"
        )


@dataclass(frozen=True, kw_only=True)
class VerifierKey:
    """A public key with its algorithm."""

    algorithm: str
    public: bytes

    def __str__(self) -> str:
        return f"{NAME}+{self.key_id.hex()}+{_encode(self._typed)}"

    @property
    def _typed(self) -> bytes:
        return bytes([ALGORITHMS[self.algorithm][0]]) + self.public

    @property
    def key_id(self) -> bytes:
        return sha256(f"{NAME}\n".encode() + self._typed).digest()[:4]

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """From `portal audit key`'s line; raises BadNote."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            typed = b64decode(encoded, validate=True)
            algorithm = next(known for known, (number, _) in ALGORITHMS.items() if number == typed[0])
            key = cls(algorithm=algorithm, public=typed[1:])
        except (ValueError, NotBase64, IndexError, StopIteration) as error:
            raise BadNote("this is not a key that we know how to use") from error
        if name != NAME or key.key_id.hex() != key_id:
            raise BadNote("the key's id is not that of its bytes")
        return key


class Signer:
    """The private key of the sequencer."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key = VerifierKey(algorithm="ed25519", public=private.public_key().public_bytes_raw())

    @classmethod
    def load(cls, file: Path) -> "Signer":
        """From a file with 32 bytes in base64; raises BadNote."""
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(b64decode(file.read_text().strip(), validate=True)))
        except ValueError as error:
            raise BadNote(f"{file} does not hold 32 bytes in base64") from error

    def sign(self, checkpoint: Checkpoint) -> str:
        """The note: the checkpoint's text and its signature."""
        body = checkpoint.body()
        signature = self.key.key_id + self._private.sign(body.encode())
        return f"{body}\n— {NAME} {_encode(signature)}\n"


_NOTE = re.compile(
    rf"(?P<body>{NAME}/(?P<tenant>[0-9a-f-]{{36}})\n(?P<size>0|[1-9]\d*)\n(?P<root>[\w+/=]+)\nnumber (?P<number>\d+)\n"
    rf"previous (?P<previous>[\w+/=]+)\ntime (?P<time>[\dT:.-]+Z)\nalgorithm (?P<algorithm>[a-z0-9-]+)\n)"
    rf"\n— {NAME} (?P<signature>[\w+/=]+)\n",
    re.ASCII,
)


def read_note(note: str, *, key: VerifierKey) -> Checkpoint:
    """The checkpoint that a note states, its signature checked; raises BadNote."""
    found = _NOTE.fullmatch(note)
    if found is None:
        raise BadNote("it is not a checkpoint")
    if found["algorithm"] not in ALGORITHMS or found["algorithm"] != key.algorithm:
        raise BadNote(f"it is signed by {found['algorithm']}, the key is for {key.algorithm}")
    try:
        signature = b64decode(found["signature"], validate=True)
        if signature[:4] != key.key_id:
            raise BadNote("it is signed by another key")
        ALGORITHMS[key.algorithm][1](key.public, signature[4:], found["body"].encode())
        previous = None if found["previous"] == NO_PREVIOUS else b64decode(found["previous"], validate=True)
        return Checkpoint(
            tenant_id=UUID(found["tenant"]),
            number=int(found["number"]),
            size=int(found["size"]),
            root=b64decode(found["root"], validate=True),
            previous=previous,
            made_at=datetime.strptime(found["time"], "%Y-%m-%dT%H:%M:%S.%f%z"),
            algorithm=found["algorithm"],
        )
    except InvalidSignature as error:
        raise BadNote("its signature does not hold") from error
    except NotBase64 as error:
        raise BadNote("it is not a checkpoint") from error


def note_hash(note: str) -> bytes:
    """What the next checkpoint names as the previous one."""
    return sha256(note.encode()).digest()


def _encode(data: bytes) -> str:
    return b64encode(data).decode()
