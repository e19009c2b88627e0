"""OpenID Connect, code flow with PKCE: discovery, the way to the provider, its tokens, its logouts.

Owns what a provider's description must hold and how its answers are asked for. What a sign-in means for an account is
identity's.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from portal.identity.ports import LogoutNotice, Provider, UnverifiedToken, Vouched
from portal.integrations.oidc.keys import ProviderKeys
from portal.integrations.oidc.tokens import FindKey, read_id_token, read_logout_token
from portal.integrations.oidc.transport import Transport
from portal.kernel.errors import PartnerRefused, PartnerUnavailable

DESCRIBED_SECONDS = 3600.0
MOST_DESCRIPTIONS = 200
_PATH = "/.well-known/openid-configuration"


@dataclass(frozen=True, kw_only=True)
class _Description:
    """What we use of a provider's description of itself (OpenID Connect Discovery 1.0)."""

    authorize: str
    token: str
    keys: str
    says_issuer: bool
    takes_basic: bool
    at: float


class OidcProvider:
    """Implements `portal.identity.ports.SignInProvider`. Safe to share between threads; `clock` counts seconds."""

    def __init__(
        self, *, networks: Sequence[str] = (), timeout: float = 6.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`networks` as in `partner_client`; `timeout`: somebody waits for the answer."""
        self._transport = Transport(timeout=timeout, networks=networks)
        self._keys = ProviderKeys(self._transport, clock=clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._described: dict[str, _Description] = {}

    def check(self, provider: Provider) -> None:
        """Read the description anew, and the keys."""
        with self._lock:
            self._described.pop(provider.issuer, None)
        self._transport.get(self._describe(provider).keys)

    def address(
        self, provider: Provider, *, redirect_uri: str, state: str, nonce: str, verifier: str, afresh: bool
    ) -> str:
        """Where the browser goes."""
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *provider.scopes))),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        if provider.acr_values:
            asked["acr_values"] = " ".join(provider.acr_values)
        if afresh:
            asked |= {"prompt": "login", "max_age": "0"}
        elif provider.max_age_seconds is not None:
            asked["max_age"] = str(provider.max_age_seconds)
        return str(add_params_to_uri(self._describe(provider).authorize, list(asked.items())))

    def redeem(
        self,
        provider: Provider,
        *,
        code: str,
        response_issuer: str | None,
        redirect_uri: str,
        nonce: str,
        verifier: str,
        now: datetime,
    ) -> Vouched:
        """Exchange the code, and read what comes for it."""
        described = self._describe(provider)
        # RFC 9207, section 2.4: another provider's answer must not be taken for this one's.
        if response_issuer != provider.issuer and (described.says_issuer or response_issuer is not None):
            raise UnverifiedToken("response-iss")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        # RFC 6749, section 2.3.1: both are encoded before they become a user name and a password.
        client = (quote_plus(provider.client_id), quote_plus(provider.client_secret))
        if described.takes_basic:
            said = self._transport.post(described.token, form, auth=client)
        else:
            own = {"client_id": provider.client_id, "client_secret": provider.client_secret}
            said = self._transport.post(described.token, form | own)
        token, access = said.get("id_token"), said.get("access_token")
        if not isinstance(token, str):
            raise UnverifiedToken("form")
        return read_id_token(
            token,
            provider=provider,
            nonce=nonce,
            access_token=access if isinstance(access, str) else None,
            find_key=self._finder(described),
            now=now,
        )

    def read_logout(self, provider: Provider, *, token: str, now: datetime) -> LogoutNotice:
        """Read what the provider says that has ended."""
        try:
            return read_logout_token(token, provider=provider, find_key=self._lazily(provider), now=now)
        except PartnerRefused:
            raise PartnerUnavailable("keys") from None

    def _lazily(self, provider: Provider) -> FindKey:
        """Anybody may send us a token: the provider is asked only for one that could be its own."""
        return lambda kid, algorithm: self._finder(self._describe(provider))(kid, algorithm)

    def _finder(self, described: _Description) -> FindKey:
        return lambda kid, algorithm: self._keys.find(described.keys, kid=kid, algorithm=algorithm)

    def _describe(self, provider: Provider) -> _Description:
        with self._lock:
            known = self._described.get(provider.issuer)
        if known is not None and self._clock() - known.at < DESCRIBED_SECONDS:
            return known
        said = self._transport.get(provider.issuer.rstrip("/") + _PATH)
        found = _read(said, provider=provider, at=self._clock())
        with self._lock:
            if len(self._described) >= MOST_DESCRIPTIONS:
                self._described.clear()
            self._described[provider.issuer] = found
        return found


def _read(said: dict[str, Any], *, provider: Provider, at: float) -> _Description:
    """Raises PartnerRefused, whose code says what is wrong with it."""
    if said.get("issuer") != provider.issuer:
        raise PartnerRefused(code="issuer")
    if "code" not in _texts(said, "response_types_supported"):
        raise PartnerRefused(code="code-flow")
    signs = _texts(said, "id_token_signing_alg_values_supported")
    if signs and not set(signs) & set(provider.algorithms):
        raise PartnerRefused(code="algorithms")
    ways = _texts(said, "token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if not {"client_secret_basic", "client_secret_post"} & set(ways):
        raise PartnerRefused(code="client-authentication")
    challenges = _texts(said, "code_challenge_methods_supported")
    if challenges and "S256" not in challenges:
        raise PartnerRefused(code="pkce")
    return _Description(
        authorize=_endpoint(said, "authorization_endpoint", provider),
        token=_endpoint(said, "token_endpoint", provider),
        keys=_endpoint(said, "jwks_uri", provider),
        says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        takes_basic="client_secret_basic" in ways,
        at=at,
    )


def _texts(said: dict[str, Any], name: str) -> list[str]:
    value = said.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _endpoint(said: dict[str, Any], name: str, provider: Provider) -> str:
    """An address with TLS; without only where the issuer itself has none, which the way out allows at home alone."""
    value = said.get(name)
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        is_fit = bool(parts.hostname) and parts.username is None and not parts.fragment
    except ValueError:
        raise PartnerRefused(code=name) from None
    schemes = {"https", urlsplit(provider.issuer).scheme}
    if not is_fit or parts.scheme not in schemes & {"http", "https"} or not str(value).isprintable():
        raise PartnerRefused(code=name)
    return str(value)
