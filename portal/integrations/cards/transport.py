"""How Stripe's client reaches the network: over httpx, with our timeouts and nothing that is shared with others."""

from collections.abc import Mapping

import httpx
import stripe

from portal.integrations.http import timeout_of


class HttpxTransport(stripe.HTTPClient):
    """One pool of connections, safe to share between threads. A failure's cause is httpx's exception.

    The client's own httpx transport sends the form through a deprecated argument and opens a second, asynchronous pool.
    """

    name = "httpx"

    def __init__(self, *, timeout: float) -> None:
        super().__init__()
        self._client = httpx.Client(timeout=timeout_of(timeout))

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers of the answer; raises APIConnectionError."""
        try:
            response = self._client.request(method, url, headers=headers, content=post_data)
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise stripe.APIConnectionError(name) from error  # type: ignore[no-untyped-call]  # stripe gives it no types
        return response.text, response.status_code, response.headers

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
