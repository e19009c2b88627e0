"""A device that keeps passkeys, in a few lines: what it answers is built by hand, so that it can lie in any way."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.client import BASE

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One key pair. `count` None: a device that does not count, as those that share passkeys."""

    host: str = "localhost"
    origin: str = BASE
    count: int | None = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, question: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> str:
        """The answer to navigator.credentials.create."""
        self.user = decoded(question["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        held = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(cose)
        data = self._data(flags | WITH_KEY) + held
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", question)
        return self._answer({"clientDataJSON": encoded(client), "attestationObject": encoded(statement)})

    def show(
        self,
        question: dict[str, Any],
        *,
        flags: int = PRESENT | VERIFIED,
        user: bytes | None = None,
        origin: str | None = None,
        host: str | None = None,
        kind: str = "webauthn.get",
    ) -> str:
        """The answer to navigator.credentials.get."""
        if self.count is not None:
            self.count += 1
        data, client = self._data(flags, host=host), self._client(kind, question, origin=origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({
            "clientDataJSON": encoded(client),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
            "userHandle": encoded(self.user if user is None else user),
        })  # fmt: skip

    def _data(self, flags: int, *, host: str | None = None) -> bytes:
        return hashlib.sha256((host or self.host).encode()).digest() + bytes([flags]) + (self.count or 0).to_bytes(4)

    def _client(self, kind: str, question: dict[str, Any], *, origin: str | None = None) -> bytes:
        said = {"type": kind, "challenge": question["challenge"], "origin": origin or self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, str]) -> str:
        name = encoded(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
