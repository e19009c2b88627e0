"""The one way out by HTTP, for every adapter that speaks it, and what its failures mean.

A client reaches one partner: the scheme, host and port that the settings name, at public addresses, without redirects
and without proxies of the environment. A name is resolved once for a call and that address is connected to, so that
what was looked at is what is spoken with. An answer is bounded in size and time. A partner that keeps failing is left
alone for a while. AWS's SDK (portal/integrations/kms) has its own way, to the address of the settings alone.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

import httpx

from portal.integrations.circuit import Circuit
from portal.kernel.config import Settings

#: Failures that come before anything of the request has left: nothing can have happened at the partner.
NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
#: This machine's own addresses, where the demo's partners are.
LOOPBACK = ("127.0.0.0/8", "::1/128")
ANSWER_BYTES = 2_000_000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GATEWAY_TROUBLE = frozenset({502, 503, 504})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: What `partner_client` makes, for whoever keeps one.
PartnerClient = httpx.Client
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Host and port to the addresses that a name stands for; raises OSError.
Resolver = Callable[[str, int], Sequence[str]]


class AddressRefused(httpx.UnsupportedProtocol):
    """Not this partner's address, or one inside our own network. Nothing was sent."""


class CircuitOpen(httpx.ConnectError):
    """The partner failed several times running and is left alone for now. Nothing was sent."""


class AnswerRefused(httpx.ReadError):
    """The answer is too large, too slow, or compressed unasked. The partner may have acted."""


def timeout_of(seconds: float) -> httpx.Timeout:
    """The answer may take this long; a connection that takes over five seconds will not come."""
    return httpx.Timeout(seconds, connect=min(seconds, 5.0))


def resolve(host: str, port: int) -> Sequence[str]:
    """The system's addresses of a host."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def partner_networks(settings: Settings) -> Sequence[str]:
    """Networks of our own in which partners may be: the demo's are on this machine."""
    return settings.partner_networks or (LOOPBACK if settings.demo else ())


def partner_client(
    url: str,
    *,
    timeout: float,
    networks: Sequence[str] = (),
    auth: tuple[str, str] | None = None,
    resolver: Resolver = resolve,
    circuit: Circuit | None = None,
    answer_bytes: int = ANSWER_BYTES,
) -> PartnerClient:
    """A client for the partner at `url`, safe to share between threads; raises ValueError for an address of no use.

    `networks`: those of our own, as CIDR, in which this partner may be; only there without TLS.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("a partner's address is https://host, without a user")
    try:
        origin = httpx.URL(url)
    except httpx.InvalidURL:
        raise ValueError("a partner's address is written in no unusual way") from None
    guard = _Guard(
        origin=origin,
        networks=[ipaddress.ip_network(one) for one in networks],
        resolver=resolver,
        circuit=circuit or Circuit(parts.hostname),
        seconds=timeout,
        answer_bytes=answer_bytes,
    )
    return httpx.Client(
        base_url=url,
        auth=auth,
        timeout=timeout_of(timeout),
        transport=guard,
        trust_env=False,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
    )


class _Guard(httpx.BaseTransport):
    def __init__(
        self,
        *,
        origin: httpx.URL,
        networks: Sequence[Network],
        resolver: Resolver,
        circuit: Circuit,
        seconds: float,
        answer_bytes: int,
    ) -> None:
        self._origin = _origin(origin)
        self._networks = networks
        self._resolver = resolver
        self._circuit = circuit
        self._seconds = seconds
        self._answer_bytes = answer_bytes
        self._inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if _origin(request.url) != self._origin or request.url.userinfo:
            raise AddressRefused("another address than this partner's")
        if not self._circuit.lets_through():
            raise CircuitOpen("the partner is left alone for now")
        ends = time.monotonic() + self._seconds
        try:
            response = self._send(request)
            if response.headers.get("Content-Encoding", "identity") != "identity":
                response.close()
                raise AnswerRefused("compressed")
        except BaseException:
            self._circuit.failed()
            raise
        circuit: Circuit | None = self._circuit
        if response.status_code in _GATEWAY_TROUBLE:
            self._circuit.failed()
            circuit = None  # it is counted, whatever becomes of the words that come with it
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Bounded(response.stream, limit=self._answer_bytes, ends=ends, circuit=circuit)
        return response

    def close(self) -> None:
        self._inner.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        """To the first address that takes the connection; its certificate must be the name's, not the address's."""
        host = self._origin[1]
        trouble: Exception | None = None
        for address in self._addresses():
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=str(address)),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return self._inner.handle_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                trouble = error
        raise trouble or httpx.ConnectError("no address")

    def _addresses(self) -> list[Address]:
        scheme, host, port = self._origin
        try:
            found = [ipaddress.ip_address(one) for one in self._resolver(host, port)]
        except (OSError, ValueError):
            raise httpx.ConnectError("the name is not known") from None
        for address in found:
            ours = any(address in network for network in self._networks)
            if not ours and (scheme != "https" or not is_public(address)):
                raise AddressRefused("inside our own network, or without TLS")
        return found


def is_public(address: Address) -> bool:
    """An address of the open internet, also when it is written inside an IPv6 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside:
            return is_public(inside)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, *, limit: int, ends: float, circuit: Circuit | None) -> None:
        self._stream = stream
        self._left = limit
        self._ends = ends
        self._circuit = circuit

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self._stream:
                self._left -= len(part)
                if self._left < 0 or time.monotonic() > self._ends:
                    raise AnswerRefused("too large or too slow")
                yield part
        except httpx.HTTPError:
            if self._circuit:
                self._circuit.failed()
            raise
        if self._circuit:
            self._circuit.worked()

    def close(self) -> None:
        self._stream.close()
