"""Who works here, what they may do, and changing it: at once, with a reason, never for oneself."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.audit import Leaf
from portal.identity import OwnAccount
from portal.identity.models import Account, RoleAssignment, RoleChange
from portal.identity.operations import (
    ChangedMeanwhile,
    LastAdministrator,
    NotGrantable,
    ReasonMissing,
    change_roles,
    end_account,
    reactivate_account,
    suspend_account,
)
from portal.identity.queries.people import roles_held
from portal.kernel.db import Database
from portal.kernel.errors import NotFound
from portal.kernel.permissions import CLEARANCES, STAFF_ROLES, Role, all_permissions
from tests.budgets.measured import statements
from tests.conftest import SystemSession
from tests.factories.identity import email_address, enrol, invited, patient_sign_in, staff_member
from tests.identity.people import DEED, admin, two_administrators
from tests.identity.support import staff_password
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once


@pytest.fixture
def people(worker_database: Database, clinic: Clinic, clock: Clock) -> dict[str, UUID]:
    ada, ben = two_administrators(worker_database, clinic, now=clock.now)
    robin = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=f"robin@{clinic.slug}.example")
    enrol(worker_database, clinic, robin, now=clock.now)
    return {"ada": ada, "ben": ben, "robin": robin}


def held(system: SystemSession, account: UUID, clock: Clock) -> frozenset[Role]:
    with system("staff") as session:
        return roles_held(session, account_id=account, now=clock.now)


def test_the_list_says_who_is_here_and_what_they_may_do(
    client: PolicedClient,
    people: dict[str, UUID],
    clinic: Clinic,
    worker_database: Database,
    clock: Clock,
    database: Database,
) -> None:
    invited(worker_database, clinic, Role.PRIVACY_OFFICER, now=clock.now, name="Nora New")
    client.sign_in(people["ada"])
    with statements(database) as asked:
        page = client.get(clinic.path("staff/people"))
    assert len(asked) <= 12
    for words in (
        "Robin Desk",
        "Front desk",
        f"robin@{clinic.slug}.example",
        "Nora New",
        "Invited",
        "Not set up",
        "App",
    ):
        assert words in page.text
    by_mail = client.get(clinic.path(f"staff/people?q=ROBIN@{clinic.slug}.example"))
    assert "Robin Desk" in by_mail.text and "Ben Min" not in by_mail.text
    assert "Ben Min" not in client.get(clinic.path("staff/people?q=rob")).text
    assert "Robin Desk" not in client.get(clinic.path("staff/people?role=clinic_admin")).text
    assert "Nobody is found" in client.get(clinic.path("staff/people?state=ended")).text


def test_pages_of_a_long_list(
    client: PolicedClient, people: dict[str, UUID], clinic: Clinic, system: SystemSession, clock: Clock
) -> None:
    with system("provisioning") as session:
        for number in range(60):
            session.add(
                Account(kind="staff", name=f"Zoe {number:02}", email=email_address(), language="en", zone="UTC",
                        created_at=clock.now)
            )  # fmt: skip
    page = client.sign_in(people["ada"]).get(clinic.path("staff/people"))
    assert "1 to 50 of 63" in page.text and "Zoe 59" not in page.text
    second = client.get(page.links()["Next page"])
    assert "51 to 63 of 63" in second.text and "Zoe 59" in second.text
    assert client.get(clinic.path("staff/people?page=x")).status == 200


def test_a_change_holds_at_the_next_request_and_ends_their_sessions(
    client: PolicedClient, new_client: Any, people: dict[str, UUID], clinic: Clinic, clock: Clock, system: SystemSession
) -> None:
    robin = new_client().sign_in(people["robin"])
    assert robin.get(clinic.path("staff/patients")).status == 200
    clock.advance(seconds=5)
    client.sign_in(people["ada"])
    page = client.get(clinic.path(f"staff/people/{people['robin']}/roles"))
    values = {"roles": ["privacy_officer"], "clearances": [], "reason": "Takes over privacy."}
    assert client.submit(page, values, button="Change the roles").status == 303
    assert robin.get(clinic.path("staff/patients")).status == 303, "signed out"
    assert held(system, people["robin"], clock) == {Role.PRIVACY_OFFICER}
    shown = client.get(clinic.path(f"staff/people/{people['robin']}"))
    for words in ("Before: Front desk", "After: Privacy officer", "Takes over privacy.", "Ada Min"):
        assert words in shown.text
    with system("audit") as session:
        (change,) = _changes(client, clinic, people, session)
        assert f"RoleChange/{change}" in [one for leaf in session.scalars(select(Leaf)) for one in leaf.resources]


def _changes(client: Any, clinic: Clinic, people: dict[str, UUID], session: Any) -> list[UUID]:
    database: Database = client.app.extensions["portal"].database
    with database.transaction(admin(clinic, people["ada"])) as own:
        return list(own.scalars(select(RoleChange.id).where(RoleChange.kind == "roles")))


def test_a_page_that_shows_what_was_is_refused(
    client: PolicedClient, people: dict[str, UUID], clinic: Clinic, database: Database, clock: Clock
) -> None:
    client.sign_in(people["ada"])
    page = client.get(clinic.path(f"staff/people/{people['robin']}/roles"))
    with database.transaction(admin(clinic, people["ben"])) as session:
        change_roles(session, account_id=people["robin"], roles=["clinician"], reason="Passed.", now=clock.now)
    answer = client.submit(
        page, {"roles": ["front_desk", "clinic_admin"], "reason": "More."}, button="Change the roles"
    )
    assert answer.status == 409 and "in the meantime" in answer.errors and "More." in answer.html


def test_without_a_reason_nothing_changes(
    client: PolicedClient, people: dict[str, UUID], clinic: Clinic, system: SystemSession, clock: Clock
) -> None:
    client.sign_in(people["ada"])
    for path, button in (("roles", "Change the roles"), ("suspend", "Suspend"), ("leaving", "End the account")):
        page = client.get(clinic.path(f"staff/people/{people['robin']}/{path}"))
        assert client.submit(page, {"reason": " "}, button=button).status == 422
    assert held(system, people["robin"], clock) == {Role.FRONT_DESK}


@pytest.mark.parametrize("deed", ["roles", "suspend", "end"])
def test_nobody_changes_their_own_account(
    database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID], deed: str
) -> None:
    more = {"roles": ["clinic_admin", "sees_psy"]} if deed == "roles" else {}
    with database.transaction(admin(clinic, people["ada"])) as session, pytest.raises(OwnAccount):
        DEED[deed](session, account_id=people["ada"], reason="I want.", now=clock.now, **more)


def test_nor_does_the_database_let_them(
    database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID]
) -> None:
    mine = admin(clinic, people["ada"])
    with database.transaction(mine) as session, pytest.raises(Exception, match="row-level security"):
        session.add(RoleAssignment(account_id=people["ada"], role="sees_psy", since=clock.now))
        session.flush()
    with database.transaction(mine) as session:
        ending = update(RoleAssignment).where(RoleAssignment.account_id == people["ada"]).values(until=clock.now)
        assert session.execute(ending).rowcount == 0
    with database.transaction(admin(clinic, people["ada"], purpose="care")) as session:
        ending = update(RoleAssignment).where(RoleAssignment.account_id == people["ben"]).values(until=clock.now)
        assert session.execute(ending).rowcount == 0, "on a page about something else"


@pytest.mark.parametrize("role", sorted(set(Role) - STAFF_ROLES - CLEARANCES))
def test_only_roles_of_a_clinic_are_given(
    database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID], role: Role
) -> None:
    with database.transaction(admin(clinic, people["ada"])) as session, pytest.raises(NotGrantable):
        change_roles(
            session, account_id=people["robin"], roles=[Role.FRONT_DESK, role], reason="Why not.", now=clock.now
        )


def test_a_clearance_alone_is_no_work(
    database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID]
) -> None:
    with database.transaction(admin(clinic, people["ada"])) as session, pytest.raises(NotGrantable):
        change_roles(session, account_id=people["robin"], roles=["sees_hiv"], reason="Why not.", now=clock.now)


def test_what_changed_is_never_changed_itself(
    database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID], urls: dict[str, str]
) -> None:
    with database.transaction(admin(clinic, people["ada"])) as session:
        change_roles(session, account_id=people["robin"], roles=["clinician"], reason="Passed.", now=clock.now)
    with (
        database.transaction(admin(clinic, people["ada"])) as session,
        pytest.raises(Exception, match="permission denied"),
    ):
        session.execute(update(RoleChange).values(kind="joined"))


def test_a_suspended_person_is_out_until_they_are_taken_back(
    client: PolicedClient, new_client: Any, people: dict[str, UUID], clinic: Clinic, clock: Clock
) -> None:
    robin = new_client().sign_in(people["robin"])
    clock.advance(seconds=5)
    client.sign_in(people["ada"])
    path = clinic.path(f"staff/people/{people['robin']}/suspend")
    client.submit(client.get(path), {"reason": "Lost laptop."}, button="Suspend")
    assert robin.get(clinic.path("staff/patients")).status == 303
    email = f"robin@{clinic.slug}.example"
    assert "do not belong together" in staff_password(new_client(), email).text
    client.submit(client.get(path), {"reason": "Found again."}, button="Reactivate")
    assert "Code from your app" in staff_password(new_client(), email).text


@pytest.mark.parametrize("deed", ["roles", "suspend", "end"])
def test_the_last_administrator_stays(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID], deed: str
) -> None:
    more = {"roles": ["front_desk"]} if deed == "roles" else {}
    with database.transaction(admin(clinic, people["ada"])) as session:
        suspend_account(session, account_id=people["ben"], reason="Away.", now=clock.now)
    # A session that began before still says that it is an administrator's.
    with database.transaction(admin(clinic, people["ben"])) as session, pytest.raises(LastAdministrator):
        DEED[deed](session, account_id=people["ada"], reason="Out.", now=clock.now, **more)


@pytest.mark.parametrize("deed", ["roles", "suspend", "end"])
def test_two_administrators_who_put_each_other_out_at_once_leave_one(
    database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID], system: SystemSession, deed: str
) -> None:
    more = {"roles": ["front_desk"]} if deed == "roles" else {}

    def put_out(pair: tuple[str, str]) -> None:
        me, other = pair
        with database.transaction(admin(clinic, people[me])) as session:
            DEED[deed](session, account_id=people[other], reason="Mine.", now=clock.now, **more)

    answers = at_once(put_out, [("ada", "ben"), ("ben", "ada")], told=LastAdministrator)
    assert sum(isinstance(one, LastAdministrator) for one in answers) == 1


def test_patients_and_strangers_are_nobody_here(
    database: Database,
    worker_database: Database,
    clinic: Clinic,
    other_clinic: Clinic,
    clock: Clock,
    people: dict[str, UUID],
) -> None:
    patient = patient_sign_in(database, clinic, now=clock.now)
    foreign = staff_member(worker_database, other_clinic, Role.FRONT_DESK, now=clock.now)
    for account in (patient, foreign):
        with database.transaction(admin(clinic, people["ada"])) as session, pytest.raises(NotFound):
            end_account(session, account_id=account, reason="Who?", now=clock.now)


def test_the_officer_looks_and_changes_nothing(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID]
) -> None:
    client.sign_in(staff_member(worker_database, clinic, Role.PRIVACY_OFFICER, now=clock.now, name="Pat Private"))
    page = client.get(clinic.path("staff/people"))
    assert "Robin Desk" in page.text and "Front desk" in page.text and "Invite somebody" not in page.text
    assert "Change the roles" not in client.get(clinic.path(f"staff/people/{people['robin']}")).text
    assert client.get(clinic.path(f"staff/people/{people['robin']}/roles")).status == 403


def test_what_a_role_may_do_is_what_is_registered(
    client: PolicedClient, people: dict[str, UUID], clinic: Clinic
) -> None:
    page = client.sign_in(people["ada"]).get(clinic.path("staff/people/roles"))
    assert page.tree is not None
    shown = {node.text() for node in page.tree.css("main code")}
    assert shown == {code for code, roles in all_permissions().items() if roles & (STAFF_ROLES | CLEARANCES)}


def test_none_of_it_happens_without_a_second_factor_shown_again(
    app: Flask, clinic: Clinic, people: dict[str, UUID]
) -> None:
    from tests.identity.test_step_up import bare

    client = bare(app, clinic, people["ada"])
    for path in ("invite", f"{people['robin']}/roles", f"{people['robin']}/suspend", f"{people['robin']}/leaving"):
        answer = client.get(clinic.path(f"staff/people/{path}"))
        assert answer.status == 303 and "step-up?action=roles" in answer.location


def test_reactivating_who_is_active_is_told(
    database: Database, clinic: Clinic, clock: Clock, people: dict[str, UUID]
) -> None:
    with database.transaction(admin(clinic, people["ada"])) as session, pytest.raises(ChangedMeanwhile):
        reactivate_account(session, account_id=people["robin"], reason="Back.", now=clock.now)
    with database.transaction(admin(clinic, people["ada"])) as session, pytest.raises(ReasonMissing):
        suspend_account(session, account_id=people["robin"], reason="  ", now=clock.now)
