"""AWS KMS as far as we use it, on a real socket: Encrypt and Decrypt over JSON, each request's signature verified.

The signature is computed here from AWS's description (Signature Version 4), not with the library that the portal uses.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.serving import serving

REGION = "eu-central-1"
ACCESS_KEY = "AKIDOFTESTS"
SECRET = "secret-of-tests"


class Refused(Exception):
    """An answer other than 200: AWS's code."""


class KmsServer(ThreadingHTTPServer):
    """`keys`: what each key id encrypts with. `calls`: operation and context, as AWS logs them. `delay`: seconds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = {"alias/portal": os.urandom(32), "alias/older": os.urandom(32)}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.delay = 0.0
        self.refuse = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def encrypt(self, asked: dict[str, Any]) -> dict[str, Any]:
        key_id = asked["KeyId"]
        if key_id not in self.keys:
            raise Refused("NotFoundException")
        nonce = os.urandom(12)
        sealed = AESGCM(self.keys[key_id]).encrypt(nonce, base64.b64decode(asked["Plaintext"]), _aad(asked))
        blob = json.dumps([key_id, base64.b64encode(nonce + sealed).decode()]).encode()
        return {"CiphertextBlob": base64.b64encode(blob).decode(), "KeyId": key_id}

    def decrypt(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            key_id, sealed = json.loads(base64.b64decode(asked["CiphertextBlob"]))
            content = base64.b64decode(sealed)
        except ValueError as error:
            raise Refused("InvalidCiphertextException") from error
        if asked.get("KeyId", key_id) != key_id:
            raise Refused("IncorrectKeyException")
        try:
            plain = AESGCM(self.keys[key_id]).decrypt(content[:12], content[12:], _aad(asked))
        except InvalidTag as error:
            raise Refused("InvalidCiphertextException") from error
        return {"Plaintext": base64.b64encode(plain).decode(), "KeyId": key_id}


def _aad(asked: dict[str, Any]) -> bytes:
    return json.dumps(asked.get("EncryptionContext", {}), sort_keys=True).encode()


class _Handler(BaseHTTPRequestHandler):
    server: KmsServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].removeprefix("TrentService.")
        time.sleep(self.server.delay)
        try:
            if self.headers["Authorization"] != _authorization(self, body):
                raise Refused("InvalidSignatureException")
            if self.server.refuse:
                raise Refused(self.server.refuse)
            asked = json.loads(body)
            self.server.calls.append((operation, asked.get("EncryptionContext", {})))
            status, answer = 200, {"Encrypt": self.server.encrypt, "Decrypt": self.server.decrypt}[operation](asked)
        except Refused as error:
            status, answer = 400, {"__type": str(error)}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


def _authorization(request: BaseHTTPRequestHandler, body: bytes) -> str:
    """What the header has to say, by https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    given = request.headers["Authorization"]
    signed = given.partition("SignedHeaders=")[2].partition(",")[0]
    lines = [f"{name}:{' '.join(request.headers[name].split())}" for name in signed.split(";")]
    canonical = "\n".join((request.command, "/", "", *lines, "", signed, hashlib.sha256(body).hexdigest()))
    at = request.headers["X-Amz-Date"]
    scope = f"{at[:8]}/{REGION}/kms/aws4_request"
    to_sign = "\n".join(("AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={signed}, Signature={signature}"


@contextmanager
def kms_server() -> Iterator[KmsServer]:
    """The server, answering."""
    server = KmsServer()
    with serving(server):
        yield server
