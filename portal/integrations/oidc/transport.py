"""Calls to an identity provider's addresses: over the one way out, small JSON answers, a client for each origin."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from portal.integrations.http import PartnerClient, partner_client
from portal.kernel.errors import PartnerRefused, PartnerUnavailable
from portal.kernel.strict_json import BadJson, read_json

ANSWER_BYTES = 200_000
#: A provider's keys and tokens may be at another host than its issuer; so many origins are kept ready.
MOST_CLIENTS = 64


class Transport:
    """Gets and posts; safe to share between threads. Failures are the kernel's partner errors and quote nothing."""

    def __init__(self, *, timeout: float, networks: Sequence[str]) -> None:
        self._timeout = timeout
        self._networks = networks
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, PartnerClient] = OrderedDict()

    def get(self, url: str) -> dict[str, Any]:
        """The JSON object at an address."""
        return self._send("GET", url)

    def post(self, url: str, form: Mapping[str, str], *, auth: tuple[str, str] | None = None) -> dict[str, Any]:
        """The JSON object that a form is answered with."""
        return self._send("POST", url, data=form, auth=auth)

    def _send(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._client(url).request(method, url, headers={"Accept": "application/json"}, **options)
        except ValueError:
            raise PartnerRefused(code="address") from None
        except httpx.HTTPError as error:
            raise PartnerUnavailable(type(error).__name__) from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise PartnerUnavailable(f"http {answer.status_code}")
        try:
            said = read_json(answer.content, max_bytes=ANSWER_BYTES)
        except BadJson:
            said = None
        if answer.status_code != 200:
            code = said.get("error") if isinstance(said, dict) else None
            raise PartnerRefused(code=code if code in _TOKEN_ERRORS else f"http-{answer.status_code}")
        if not isinstance(said, dict):
            raise PartnerRefused(code="not-json")
        return said

    def _client(self, url: str) -> PartnerClient:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            if origin not in self._clients:
                self._clients[origin] = partner_client(
                    origin, timeout=self._timeout, networks=self._networks, answer_bytes=ANSWER_BYTES
                )
                if len(self._clients) > MOST_CLIENTS:
                    # Not closed: another thread may be using it. It goes with its last user.
                    self._clients.popitem(last=False)
            self._clients.move_to_end(origin)
            return self._clients[origin]


#: RFC 6749, section 5.2.
_TOKEN_ERRORS = frozenset({
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope",
})  # fmt: skip
