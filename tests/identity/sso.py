"""Steps that tests of single sign-on share: the provider's process, a clinic that uses it, a walk there and back."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select

from deploy.processes import wait_until
from portal.identity.models import Account, FederatedIdentity, IdentityProvider, LoginSession, ProviderGroup
from portal.kernel.db import Database
from tests.integrations.partners import PLAIN, ROOT, free_port, is_healthy
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.oidc_provider import CLIENT, SECRET


class ProviderProcess:
    """The provider, as a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.oidc_provider", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ))
        assert wait_until(lambda: is_healthy(self.url), timeout=30)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def next(self, **wrong: Any) -> None:
        """What is wrong with what it says from here on; nothing without any."""
        self._post("/test/next", wrong)

    def rotate(self) -> None:
        self._post("/test/rotate", {})

    def logout_token(self, **claims: Any) -> str:
        return self._post("/test/logout", claims).text

    def let_in(self, address: str, *, sub: str, groups: str) -> str:
        """Somebody fills the provider's form in; returns the path of ours to which their browser is sent."""
        answer = httpx.post(address, data={"sub": sub, "groups": groups}, trust_env=False, verify=PLAIN)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"]).removeprefix("https://localhost")

    def _post(self, path: str, body: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=body, trust_env=False, verify=PLAIN)


@contextmanager
def provider_process() -> Iterator[ProviderProcess]:
    one = ProviderProcess()
    one.start()
    yield one
    one.stop()


def use_provider(database: Database, clinic: Clinic, provider: ProviderProcess, clock: Clock, **values: Any) -> UUID:
    """The clinic's staff sign in there; groups nurses and doctors give roles."""
    groups = values.pop("groups", (("nurses", "front_desk"), ("doctors", "clinician")))
    with database.transaction(clinic.system("provisioning")) as session:
        row = IdentityProvider(
            **{
                "name": "Hospital ID",
                "issuer": provider.url,
                "client_id": CLIENT,
                "algorithms": ["RS256"],
                "scopes": ["profile", "email"],
                "acr_values": ["mfa"],
                "max_age_seconds": 3600,
                "groups_claim": "groups",
                "weak_sign_in": "ask",
                "own_sign_in": True,
                "is_on": True,
                "changed_at": clock.now,
                **values,
            }
        )
        row.client_secret = SECRET
        session.add(row)
        session.flush()
        for name, role in groups:
            session.add(ProviderGroup(provider_id=row.id, name=name, role=role))
        return row.id


def begin(client: PolicedClient) -> str:
    """The way to the provider; returns the address there."""
    page = client.get(client.clinic.path("staff/sign-in"))
    page = client.submit(page, button="Sign in with Hospital ID", follow=True)
    return page.links()["Go on to Hospital ID"]


def walk(client: PolicedClient, provider: ProviderProcess, *, sub: str = "ann", groups: str = "nurses") -> Page:
    """There and back; returns our answer to what came back."""
    return client.get(provider.let_in(begin(client), sub=sub, groups=groups))


def tell(client: PolicedClient, token: str) -> Page:
    """The provider tells of a logout: from another place, without a cookie, a form's token or an origin."""
    response = client.app.test_client().post(
        client.clinic.path("single-sign-on/logout"), data={"logout_token": token}, base_url=BASE
    )
    return Page(response, None, "")


def use_groups(database: Database, clinic: Clinic, name: str, role: str) -> None:
    """One more group that gives a role."""
    with database.transaction(clinic.system("provisioning")) as session:
        provider_id = session.scalars(select(IdentityProvider.id)).one()
        session.add(ProviderGroup(provider_id=provider_id, name=name, role=role))


def made(database: Database, clinic: Clinic) -> tuple[int, int, int]:
    """How many staff accounts, identities and sessions the clinic has."""
    with database.transaction(clinic.system("single-sign-on")) as session:
        counts = [
            session.scalar(select(func.count()).select_from(one)) for one in (Account, FederatedIdentity, LoginSession)
        ]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0
