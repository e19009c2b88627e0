"""How Stripe's client reaches the network: over the one way out, with nothing that is shared with others."""

from collections.abc import Mapping, Sequence

import httpx
import stripe

from portal.integrations.http import partner_client


class HttpxTransport(stripe.HTTPClient):
    """One pool of connections, safe to share between threads. A failure's cause is httpx's exception.

    The client's own httpx transport sends the form through a deprecated argument and opens a second, asynchronous pool.
    """

    name = "httpx"

    def __init__(self, url: str, *, timeout: float, networks: Sequence[str] = ()) -> None:
        super().__init__()
        self._client = partner_client(url, timeout=timeout, networks=networks)

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
