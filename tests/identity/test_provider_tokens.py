"""What a provider may not say: each malformed token is refused, and nothing comes of it. And logouts that it tells."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.identity.federation import ALGORITHMS
from portal.kernel.db import Database
from tests.identity.sso import ProviderProcess, made, provider_process, tell, use_provider, walk
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

#: By what is wrong with it; what the provider is told to do.
MALFORMED: dict[str, dict[str, Any]] = {
    "alg none": {"forge": "none"},
    "signed with the public key as a secret": {"forge": "public-as-secret"},
    "signed with another key": {"forge": "other-key"},
    "a key in the header": {"forge": "embedded"},
    "a crit header": {"header": {"crit": ["exp"], "exp": 1}},
    "an address of keys": {"header": {"jku": "http://127.0.0.1:9/"}},
    "another type": {"header": {"typ": "logout+jwt"}},
    "encrypted": {"forge": "jwe"},
    "garbage": {"forge": "garbage"},
    "expired": {"times": {"exp": -120}},
    "not valid yet": {"times": {"nbf": 600}},
    "issued in the future": {"times": {"iat": 600}},
    "issued long ago": {"times": {"iat": -7200}},
    "without an end": {"without": ["exp"]},
    "an end that is no number": {"claims": {"exp": "never"}},
    "another issuer": {"claims": {"iss": "https://elsewhere.example"}},
    "another audience": {"claims": {"aud": "somebody-else"}},
    "several audiences and no azp": {"claims": {"aud": ["portal-client", "somebody-else"]}},
    "several audiences and a foreign azp": {
        "claims": {"aud": ["portal-client", "somebody-else"], "azp": "somebody-else"}
    },
    "no nonce": {"without": ["nonce"]},
    "another nonce": {"claims": {"nonce": "of-yesterday"}},
    "the hash of another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "no subject": {"without": ["sub"]},
    "a subject that is too long": {"claims": {"sub": "x" * 256}},
    "a subject beyond ASCII": {"claims": {"sub": "añn"}},
    "too large": {"claims": {"extra": "x" * 20_000}},
    "signed in too long ago": {"times": {"auth_time": -7200}},
    "no time of signing in": {"without": ["auth_time"]},
    "another issuer in the answer": {"response_iss": "https://elsewhere.example"},
    "no second factor": {"claims": {"acr": "password"}},
}


@pytest.fixture
def provider(running: ProviderProcess, worker_database: Database, clinic: Clinic, clock: Clock) -> ProviderProcess:
    running.next()
    use_provider(worker_database, clinic, running, clock, weak_sign_in="refuse")
    return running


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_token_is_refused_and_nothing_comes_of_it(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database, what: str
) -> None:
    provider.next(**MALFORMED[what])
    answer = walk(client, provider)
    assert (answer.status, "You are not signed in" in answer.text) == (403, True)
    assert made(worker_database, clinic) == (0, 0, 0)
    assert client.get(clinic.path("sessions")).status == 303


def test_a_key_that_nobody_knows_is_looked_for_once_a_minute(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    clinic: Clinic,
    provider: ProviderProcess,
    worker_database: Database,
) -> None:
    walk(client, provider)
    provider.next(header={"kid": "nobody"})
    answer = walk(new_client(), provider, sub="bob")
    assert (answer.status, "does not answer" in answer.text) == (503, True), "it may have been added since"
    assert tell(client, provider.logout_token(sub="ann")).status == 503
    assert made(worker_database, clinic) == (1, 1, 1)
    assert client.get(clinic.path("sessions")).status == 200


def test_the_same_token_without_a_fault_is_taken(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    assert walk(client, provider).status == 303
    assert made(worker_database, clinic) == (1, 1, 1)


def test_no_algorithm_with_a_shared_secret_can_be_chosen() -> None:
    assert not [one for one in ALGORITHMS if one.startswith(("HS", "none"))]


@pytest.mark.parametrize("trouble", ["500", "redirect", "huge"])
def test_a_provider_that_fails_is_told_of_and_nothing_is_lost(
    client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock, trouble: str
) -> None:
    with provider_process() as fresh:
        use_provider(worker_database, clinic, fresh, clock)
        fresh.next(discovery=trouble)
        page = client.submit(client.get(clinic.path("staff/sign-in")), button="Sign in with Hospital ID")
        assert page.status == 503
        assert "Hospital ID does not answer" in page.text
        fresh.next()
        assert walk(client, fresh).status == 303


def test_a_provider_that_is_gone_after_the_sign_in_is_told_of(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    provider.next(token="500")
    answer = walk(client, provider)
    assert (answer.status, "does not answer" in answer.text) == (503, True)
    assert made(worker_database, clinic) == (0, 0, 0)


@pytest.mark.parametrize("by", [{"sid": "sid-ann"}, {"sub": "ann"}, {"sub": "ann", "sid": "sid-ann"}])
def test_a_logout_at_the_provider_ends_the_session_here(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, by: dict[str, str]
) -> None:
    walk(client, provider)
    assert client.get(clinic.path("sessions")).status == 200
    answer = tell(client, provider.logout_token(**by))
    assert (answer.status, answer.response.headers["Cache-Control"]) == (200, "no-store")
    assert client.get(clinic.path("sessions")).status == 303


def test_a_logout_of_somebody_else_ends_nothing(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess
) -> None:
    walk(client, provider)
    assert tell(client, provider.logout_token(sid="sid-bob")).status == 200
    assert tell(client, provider.logout_token(sub="ann", sid="sid-bob")).status == 200
    assert client.get(clinic.path("sessions")).status == 200


def test_a_logout_token_is_taken_once(client: PolicedClient, clinic: Clinic, provider: ProviderProcess) -> None:
    walk(client, provider)
    token = provider.logout_token(sub="ann")
    assert tell(client, token).status == 200
    provider.next(times={"iat": 5, "auth_time": 5})
    walk(client, provider)
    assert tell(client, token).status == 400
    assert client.get(clinic.path("sessions")).status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "n"}},
        {"claims": {"events": {}}},
        {"without": ["events"]},
        {"without": ["jti"]},
        {"without": ["sub"]},
        {"without": ["iat"]},
        {"claims": {"aud": "somebody-else"}},
        {"claims": {"iss": "https://elsewhere.example"}},
        {"times": {"iat": -7200}},
        {"times": {"exp": -120}},
        {"forge": "none"},
        {"forge": "other-key"},
        {"forge": "garbage"},
        {"header": {"typ": "at+jwt"}},
    ],
    ids=str,
)
def test_a_malformed_logout_token_ends_nothing(
    client: PolicedClient, clinic: Clinic, provider: ProviderProcess, wrong: dict[str, Any]
) -> None:
    walk(client, provider)
    provider.next(**wrong)
    answer = tell(client, provider.logout_token(sub="ann"))
    assert (answer.status, answer.response.headers["Cache-Control"]) == (400, "no-store")
    assert client.get(clinic.path("sessions")).status == 200


def test_an_id_token_is_no_logout_token(client: PolicedClient, clinic: Clinic, provider: ProviderProcess) -> None:
    assert tell(client, "").status == 400
    provider.next(without=["events"], header={"typ": "JWT"}, claims={"nonce": "n"})
    assert tell(client, provider.logout_token(sub="ann")).status == 400
