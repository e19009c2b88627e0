"""The clinic's people who came by its identity provider: what an administrator changes of theirs, and who stays one."""

from uuid import UUID

import pytest
from sqlalchemy import select

from portal.identity import current_code
from portal.identity.models import FederatedIdentity
from portal.identity.operations import accept_staff_invitation, change_roles, end_account, invite_colleague
from portal.identity.operations.people import LastAdministrator
from portal.identity.queries.people import person_by_id
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import PASSWORD, staff_member
from tests.identity.people import admin, link_in
from tests.identity.sso import ProviderProcess, use_groups, use_provider, walk
from tests.identity.support import RunTasks, key_on
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside

EMAIL = "ann@example.com"


@pytest.fixture
def ann(
    client: PolicedClient, running: ProviderProcess, worker_database: Database, clinic: Clinic, clock: Clock
) -> UUID:
    """At the desk and an administrator by groups, signed in."""
    running.next()
    use_provider(worker_database, clinic, running, clock)
    use_groups(worker_database, clinic, "chiefs", "clinic_admin")
    walk(client, running, groups="nurses chiefs")
    with worker_database.transaction(clinic.system("single-sign-on")) as session:
        return session.scalars(select(FederatedIdentity.account_id)).one()


@pytest.fixture
def ada(worker_database: Database, clinic: Clinic, clock: Clock) -> Principal:
    """An administrator by hand."""
    return admin(clinic, staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))


def test_roles_by_hand_come_beside_those_by_group_and_go_again(
    client: PolicedClient, ann: UUID, ada: Principal, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    for wanted in ([Role.CLINICIAN], [Role.FRONT_DESK]):
        with worker_database.transaction(ada) as session:
            change_roles(session, account_id=ann, roles=wanted, reason="Works there.", now=clock.advance(minutes=1))
            person = person_by_id(session, account_id=ann, now=clock.advance(seconds=1))
            assert person is not None
            assert person.by_hand == frozenset(wanted)
            assert person.by_group == {Role.FRONT_DESK, Role.CLINIC_ADMIN}
    client.sign_in(ada.actor_id)
    page = client.get(clinic.path(f"staff/people/{ann}/roles"))
    assert "Groups of the identity provider give besides" in page.text


def test_an_administrator_by_group_is_not_the_last_one(
    ann: UUID, ada: Principal, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    with worker_database.transaction(admin(clinic, ann)) as session, pytest.raises(LastAdministrator):
        end_account(session, account_id=ada.actor_id, reason="Left.", now=clock.now)
    with worker_database.transaction(ada) as session:
        end_account(session, account_id=ann, reason="Left.", now=clock.now)


def test_who_had_no_password_comes_back_by_invitation_with_one_and_links_again(
    client: PolicedClient,
    ann: UUID,
    ada: Principal,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    running: ProviderProcess,
    outside: Outside,
    run_tasks: RunTasks,
) -> None:
    with worker_database.transaction(ada) as session:
        end_account(session, account_id=ann, reason="Left.", now=clock.now)
        invite_colleague(session, email=EMAIL, name="Ann", roles=[Role.FRONT_DESK], now=clock.now)
    run_tasks()
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="staff-invitation")
    with worker_database.transaction(visitor) as session:
        token = link_in(outside).rsplit("/", 1)[1]
        assert accept_staff_invitation(session, token=token, password=PASSWORD, now=clock.now) == ann
    answer = walk(client, running, groups="nurses")
    assert answer.location.startswith(clinic.path("staff/sign-in?next=")), "the provider alone opens nothing again"
    page = client.get(answer.location)
    page = client.submit(page, {"email": EMAIL, "password": PASSWORD}, button="Sign in", follow=True)
    client.submit(page, {"code": current_code(key_on(page), now=clock.now)})
    page = client.get(answer.location.split("next=")[1])
    assert client.submit(page, button="Yes, link them").status == 303
    assert walk(client, running, groups="nurses").location == clinic.path("staff/")
