"""A provider's public keys: kept for a while, fetched anew for a key that is not known, and not more often than that.

Anybody can send a logout token that names an unknown key: it must not make us call the provider each time.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from joserfc.util import urlsafe_b64decode

from portal.identity.ports import UnverifiedToken
from portal.integrations.oidc.transport import Transport
from portal.kernel.errors import PartnerRefused, PartnerUnavailable

KEPT_SECONDS = 600.0
#: An unknown key makes us look again, this often at most.
ANEW_SECONDS = 60.0
MOST_KEYS, MOST_SETS = 50, 200
RSA_BITS = 2048


@dataclass(frozen=True)
class _Kept:
    keys: list[dict[str, Any]]
    at: float


class ProviderKeys:
    """Key sets by their address. Safe to share between threads; `clock` counts seconds."""

    def __init__(self, transport: Transport, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def find(self, address: str, *, kid: str | None, algorithm: str) -> Key:
        """The key that a token names; raises UnverifiedToken, PartnerUnavailable, PartnerRefused."""
        kept, is_fresh = self._look(address, older_than=KEPT_SECONDS)
        found = _matching(kept.keys, kid=kid, algorithm=algorithm)
        if not found and not is_fresh:
            kept, is_fresh = self._look(address, older_than=ANEW_SECONDS)
            found = _matching(kept.keys, kid=kid, algorithm=algorithm)
        if not found and not is_fresh:
            # It may be new since we looked: nobody can say yet whether the token is right.
            raise PartnerUnavailable("keys")
        if len(found) != 1:
            raise UnverifiedToken("key")
        return _imported(found[0])

    def _look(self, address: str, *, older_than: float) -> tuple[_Kept, bool]:
        """What is kept, or fetched now when that is older; and whether it was fetched."""
        # One at a time: many sign-ins after a change of keys make one call.
        with self._lock:
            kept = self._kept.get(address)
            if kept is not None and self._clock() - kept.at < older_than:
                return kept, False
            kept = _Kept(_usable(self._transport.get(address)), self._clock())
            if len(self._kept) >= MOST_SETS:
                self._kept.clear()
            self._kept[address] = kept
            return kept, True


def _usable(said: dict[str, Any]) -> list[dict[str, Any]]:
    keys = said.get("keys")
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise PartnerRefused(code="keys")
    return [one for one in keys if isinstance(one, dict) and one.get("use", "sig") == "sig"]


def _matching(keys: list[dict[str, Any]], *, kid: str | None, algorithm: str) -> list[dict[str, Any]]:
    """Keys of the algorithm's own kind only: what is public must never be taken for a shared secret."""
    kind = "EC" if algorithm.startswith("ES") else "RSA"
    return [
        one
        for one in keys
        if one.get("kty") == kind and one.get("alg", algorithm) == algorithm and (kid is None or one.get("kid") == kid)
    ]


def _imported(data: dict[str, Any]) -> Key:
    # Only what a public key consists of.
    public: dict[str, Any] = {name: data[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in data}
    try:
        if data["kty"] == "RSA" and int.from_bytes(urlsafe_b64decode(str(data["n"]).encode())).bit_length() < RSA_BITS:
            raise UnverifiedToken("key")
        return JWKRegistry.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        raise UnverifiedToken("key") from None
