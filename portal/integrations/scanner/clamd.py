"""clamd: content over a socket in its INSTREAM command, one connection a file (clamd(8), "COMMANDS").

What is sent is a length of four bytes in network order and as many bytes, again and again, and a length of nought at
the end. What comes back is one line: "stream: OK", "stream: NAME FOUND", or something that ends in "ERROR".
"""

import re
import socket
import struct
from time import monotonic

from portal.kernel.errors import PartnerRefused, PartnerUnavailable

CHUNK = 64 * 1024
#: A line with a name; clamd's own are far shorter.
ANSWER_BYTES = 1024
TOO_LARGE = "INSTREAM size limit exceeded. ERROR"
FOUND = re.compile(r"stream: ([\x21-\x7e ]{1,200}) FOUND")


class ClamdScanner:
    """Implements `portal.intake.ports.Scanner`. `address`: "host:port", or the path of a socket of this machine."""

    def __init__(self, address: str, *, timeout: float = 30.0) -> None:
        """`timeout`: seconds for a whole scan."""
        self._address = address
        self._timeout = timeout

    def scan(self, content: bytes) -> str | None:
        """See Scanner. What is too large for clamd is refused; an error of its own may pass, and is never clean."""
        until = monotonic() + self._timeout
        try:
            with self._connect() as connection:
                answer = _ask(connection, content, until=until)
        except OSError as error:
            raise PartnerUnavailable(type(error).__name__) from None
        if answer == "stream: OK":
            return None
        if found := FOUND.fullmatch(answer):
            return found[1]
        if answer == TOO_LARGE:
            raise PartnerRefused(code="scanner-size")
        raise PartnerUnavailable("no answer of clamd about the file")

    def _connect(self) -> socket.socket:
        if not self._address:
            raise PartnerUnavailable("no scanner is connected")
        if self._address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._timeout)
            try:
                connection.connect(self._address)
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = self._address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=self._timeout)


def _ask(connection: socket.socket, content: bytes, *, until: float) -> str:
    try:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), CHUNK):
            chunk = content[start : start + CHUNK]
            connection.settimeout(_left(until))
            connection.sendall(struct.pack("!L", len(chunk)) + chunk)
        connection.sendall(struct.pack("!L", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it says why it will hear no more, if it said anything
    said = b""
    while b"\0" not in said and len(said) < ANSWER_BYTES:
        connection.settimeout(_left(until))
        more = connection.recv(ANSWER_BYTES)
        if not more:
            break
        said += more
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
