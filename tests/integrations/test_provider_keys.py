"""An identity provider's keys: kept, fetched anew for one that is not known, and not more often than once a minute."""

import base64
from typing import Any, cast

import pytest
from joserfc.jwk import RSAKey

from portal.identity.ports import UnverifiedToken
from portal.integrations.oidc.keys import ANEW_SECONDS, KEPT_SECONDS, ProviderKeys
from portal.integrations.oidc.transport import Transport
from portal.kernel.errors import PartnerUnavailable

OLD, NEW = (
    RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}).as_dict(private=False) for kid in ("of-before", "of-now")
)


class Answers:
    """A provider's answers, and how often it was asked."""

    def __init__(self) -> None:
        self.keys = [OLD]
        self.asked = 0
        self.seconds = 0.0

    def get(self, url: str) -> dict[str, Any]:
        self.asked += 1
        return {"keys": self.keys}


@pytest.fixture
def at() -> Answers:
    return Answers()


@pytest.fixture
def keys(at: Answers) -> ProviderKeys:
    return ProviderKeys(cast(Transport, at), clock=lambda: at.seconds)


def find(keys: ProviderKeys, kid: str | None) -> str:
    return str(keys.find("https://keys", kid=kid, algorithm="RS256").as_dict(private=False)["n"])


def test_keys_are_kept_for_a_while(at: Answers, keys: ProviderKeys) -> None:
    assert find(keys, "of-before") == find(keys, "of-before") == OLD["n"]
    assert at.asked == 1
    at.seconds += KEPT_SECONDS
    find(keys, "of-before")
    assert at.asked == 2


def test_a_key_that_is_new_is_fetched_within_the_minute_after(at: Answers, keys: ProviderKeys) -> None:
    find(keys, "of-before")
    at.keys = [OLD, NEW]
    for _ in range(5):
        with pytest.raises(PartnerUnavailable):
            find(keys, "of-now")
    assert at.asked == 1, "whoever names keys does not make us ask"
    at.seconds += ANEW_SECONDS
    assert find(keys, "of-now") == NEW["n"]
    assert at.asked == 2


def test_a_key_that_was_withdrawn_is_gone_once_they_are_fetched(at: Answers, keys: ProviderKeys) -> None:
    find(keys, "of-before")
    at.keys = [NEW]
    at.seconds += KEPT_SECONDS
    with pytest.raises(UnverifiedToken):
        find(keys, "of-before")


def test_without_a_name_the_only_key_is_taken_and_of_two_none(at: Answers, keys: ProviderKeys) -> None:
    assert find(keys, None) == OLD["n"]
    at.keys = [OLD, NEW]
    at.seconds += KEPT_SECONDS
    with pytest.raises(UnverifiedToken):
        find(keys, None)


def test_a_short_key_is_none(at: Answers, keys: ProviderKeys) -> None:
    half = base64.urlsafe_b64encode(b"\xff" * 128).decode().rstrip("=")
    at.keys = [{**OLD, "kid": "short", "n": half}]
    with pytest.raises(UnverifiedToken):
        find(keys, "short")
