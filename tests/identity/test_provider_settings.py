"""An administrator sets the clinic's identity provider up, tries it and switches it off, and keeps a way in."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal.identity.models import IdentityProvider
from portal.identity.operations import NoWayIn, set_provider
from portal.identity.provider_queries import groups_of_provider
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import staff_member
from tests.identity.sso import ProviderProcess, walk
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.oidc_provider import CLIENT, SECRET

NewClient = Callable[[], PolicedClient]


@pytest.fixture
def provider(running: ProviderProcess) -> ProviderProcess:
    """Of no clinic yet."""
    running.next()
    return running


@pytest.fixture
def admin(new_client: NewClient, worker_database: Database, clinic: Clinic, clock: Clock) -> PolicedClient:
    return new_client().sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))


def save(client: PolicedClient, provider: ProviderProcess, **values: Any) -> Page:
    """The form, filled in, with some of it otherwise."""
    page = client.get(client.clinic.path("staff/identity-provider"))
    said = {
        "name": "Hospital ID", "issuer": provider.url, "client_id": CLIENT, "client_secret": SECRET,
        "acr_values": "mfa", "groups": "nurses = front_desk\n\ndoctors=clinician", "is_on": "y", **values,
    }  # fmt: skip
    return client.submit(page, said, button="Save")


def rows(database: Database, clinic: Clinic) -> list[IdentityProvider]:
    with database.transaction(clinic.system("single-sign-on")) as session:
        found = list(session.scalars(select(IdentityProvider)))
        assert all(one.client_secret for one in found)
        session.expunge_all()
        return found


def test_what_is_saved_lets_staff_in(
    admin: PolicedClient, client: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    assert "Hospital ID" not in client.get(clinic.path("staff/sign-in")).text
    page = admin.get(save(admin, provider).location)
    assert f"https://localhost{clinic.path('staff/single-sign-on/back')}" in page.text
    assert f"https://localhost{clinic.path('single-sign-on/logout')}" in page.text
    assert SECRET not in page.html
    with worker_database.transaction(clinic.system("single-sign-on")) as session:
        assert groups_of_provider(session) == [("doctors", "clinician"), ("nurses", "front_desk")]
    assert walk(client, provider).status == 303


def test_saved_again_it_is_the_same_and_the_secret_stays(
    admin: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    save(admin, provider)
    assert save(admin, provider, client_secret="", groups="nurses = clinician", name="Other ID").status == 303
    [row] = rows(worker_database, clinic)
    assert (row.name, row.is_on) == ("Other ID", True)
    with worker_database.transaction(clinic.system("single-sign-on")) as session:
        assert groups_of_provider(session) == [("nurses", "clinician")]


def test_switched_off_nobody_is_offered_it(
    admin: PolicedClient, client: PolicedClient, clinic: Clinic, provider: ProviderProcess
) -> None:
    save(admin, provider)
    assert "Sign in with Hospital ID" in client.get(clinic.path("staff/sign-in")).text
    save(admin, provider, is_on=None)
    assert "Sign in with Hospital ID" not in client.get(clinic.path("staff/sign-in")).text
    assert client.post(clinic.path("staff/single-sign-on")).location == clinic.path("staff/sign-in")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"issuer": "login.example.com"}, "Write the issuer's address"),
        ({"issuer": "https://login.example.com?x=1"}, "Write the issuer's address"),
        ({"algorithms": "HS256"}, "Write only: RS256"),
        ({"algorithms": "RS256 none"}, "Write only: RS256"),
        ({"groups": "nurses"}, "Write one line a group"),
        ({"groups": "nurses = operator"}, "Write one line a group"),
        ({"groups": "= front_desk"}, "Write one line a group"),
        ({"client_secret": ""}, "Write the secret that the provider gave you."),
        ({"max_age_seconds": "0"}, ""),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_and_nothing_is_saved(
    admin: PolicedClient,
    clinic: Clinic,
    provider: ProviderProcess,
    worker_database: Database,
    values: dict[str, str],
    said: str,
) -> None:
    page = save(admin, provider, **values)
    assert page.status == 422
    assert page.errors and said in page.errors
    assert 'value="Hospital ID"' in page.html, "what was written is kept"
    assert rows(worker_database, clinic) == []


def test_the_only_way_in_is_made_by_who_keeps_another_one(
    admin: PolicedClient, clinic: Clinic, provider: ProviderProcess, worker_database: Database
) -> None:
    assert save(admin, provider, own_sign_in=None).status == 303
    assert [one.own_sign_in for one in rows(worker_database, clinic)] == [False]
    assert admin.get(clinic.path("staff/people")).status == 200


def test_an_administrator_by_group_does_not_make_it_the_only_way_in(
    clinic: Clinic, provider: ProviderProcess, admin: PolicedClient, worker_database: Database, clock: Clock
) -> None:
    save(admin, provider)
    account = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now)
    who = Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.CLINIC_ADMIN]).acting(purpose="single-sign-on")
    with worker_database.transaction(who) as session, pytest.raises(NoWayIn):
        set_provider(session, values={"is_on": True, "own_sign_in": False}, client_secret="", groups=(), now=clock.now)


def test_the_provider_is_tried(admin: PolicedClient, clinic: Clinic, provider: ProviderProcess) -> None:
    def tried() -> str:
        page = admin.get(clinic.path("staff/identity-provider"))
        return admin.submit(page, button="Try the provider", follow=True).text

    save(admin, provider)
    assert "The provider answers, and everything fits." in tried()
    provider.next(issuer="https://elsewhere.example")
    assert "something does not fit: issuer" in tried()
    provider.next(discovery="500")
    assert "does not answer at that address" in tried()
    provider.next()
    save(admin, provider, algorithms="ES256")
    assert "something does not fit: algorithms" in tried()


def test_before_there_is_one_nothing_can_be_tried(admin: PolicedClient, clinic: Clinic) -> None:
    assert "Try the provider" not in admin.get(clinic.path("staff/identity-provider")).text
    assert admin.post(clinic.path("staff/identity-provider/check")).status == 404


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN, Role.PRIVACY_OFFICER])
def test_only_administrators_come_here(
    client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock, role: Role
) -> None:
    client.sign_in(staff_member(worker_database, clinic, role, now=clock.now))
    assert client.get(clinic.path("staff/identity-provider")).status == 403
    assert "Single sign-on" not in client.get(clinic.path("staff/"), follow=True).text


def test_the_clinics_settings_lead_here(admin: PolicedClient, clinic: Clinic) -> None:
    page = admin.get(clinic.path("staff/clinic"))
    assert page.links()["Single sign-on"] == clinic.path("staff/identity-provider")
