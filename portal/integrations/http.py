"""What HTTP failures mean, for every adapter that speaks HTTP."""

import httpx

#: Failures that come before anything of the request has left: nothing can have happened at the partner.
NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def timeout_of(seconds: float) -> httpx.Timeout:
    """The answer may take this long; a connection that takes over five seconds will not come."""
    return httpx.Timeout(seconds, connect=min(seconds, 5.0))
