"""Somebody who is to work here is invited by mail, and makes their account by the link, once."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.identity import current_code, end_account
from portal.identity.models import Account, RoleAssignment, StaffInvitation
from portal.identity.operations import InvitationVoid, accept_staff_invitation
from portal.identity.queries.people import roles_held
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.practitioners import practitioner_of_account
from tests.conftest import SystemSession
from tests.factories.identity import email_address, enrol, invited, staff_member
from tests.identity.people import admin, link_in
from tests.identity.support import RunTasks, key_on, staff_password
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside
from tests.support.race import at_once

CHOSEN = "seven quiet herons wade"


@pytest.fixture
def ada(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ada Min")


def invite(client: PolicedClient, **values: Any) -> Page:
    page = client.get(client.clinic.path("staff/people/invite"))
    known = {"name": "Nora New", "email": email_address("nora"), "roles": ["clinician"], "clearances": ["sees_psy"]}
    return client.submit(page, known | values, button="Send the invitation")


def accounts(system: SystemSession, email: str) -> list[tuple[UUID, str]]:
    with system("provisioning") as session:
        staff = session.scalars(select(Account).where(Account.kind == "staff"))
        return [(one.id, one.status) for one in staff if one.email == email]


def test_an_invitation_leads_to_an_account_with_its_roles_and_a_second_factor(
    client: PolicedClient,
    new_client: Any,
    ada: UUID,
    outside: Outside,
    run_tasks: RunTasks,
    system: SystemSession,
    clock: Clock,
    clinic: Clinic,
    worker_database: Database,
) -> None:
    email = email_address("nora")
    assert invite(client.sign_in(ada), email=email).location == clinic.path("staff/people")
    run_tasks()
    assert outside.mail.sent[-1].to == email
    assert "Nora" not in outside.mail.sent[-1].text
    browser = new_client()
    page = browser.get(link_in(outside))
    assert "Harbour Clinic invites you" in page.text and email not in page.html and "Nora" not in page.html
    assert accounts(system, email) == [], "a GET changes nothing"
    second = browser.submit(page, {"new_password": CHOSEN}, follow=False)
    assert second.location == clinic.path("sign-in/second-step")
    assert browser.get(clinic.path("staff/")).status == 303, "nothing is open before the second factor"
    set_up = browser.get(second.location, follow=True)
    browser.submit(set_up, {"code": current_code(key_on(set_up), now=clock.now)}, button="Continue")
    run_tasks()
    assert browser.get(clinic.path("staff/my-day"), follow=True).status == 200
    ((account, status),) = accounts(system, email)
    assert status == "active"
    with system("staff") as session:
        assert roles_held(session, account_id=account, now=clock.now) == {Role.CLINICIAN, Role.SEES_PSY}
        practitioner = practitioner_of_account(session, account)
        assert practitioner is not None and practitioner.name == "Nora New"
    shown = client.get(clinic.path(f"staff/people/{account}"))
    assert "Took up an invitation" in shown.text and "Ada Min" in shown.text


def test_who_is_here_already_is_told_to_the_administrator(client: PolicedClient, ada: UUID, clinic: Clinic) -> None:
    client.sign_in(ada)
    mine = client.get(clinic.path(f"staff/people/{ada}")).text.split("E-mail ")[1].split()[0]
    page = invite(client, email=mine.strip("\u2066\u2069").upper())
    assert page.status == 422 and "Somebody here has this address already: Ada Min." in page.errors


def test_an_address_is_invited_once_at_a_time(client: PolicedClient, ada: UUID) -> None:
    email = email_address()
    client.sign_in(ada)
    assert invite(client, email=email).status == 303
    again = invite(client, email=email)
    assert again.status == 422 and "open already" in again.errors


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "  "}, "Write the name."),
        ({"email": "nobody"}, "Write your work e-mail address."),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["system"]}, "not a valid choice"),
    ],
)
def test_what_is_missing_is_said(
    client: PolicedClient, ada: UUID, system: SystemSession, values: dict[str, Any], said: str
) -> None:
    page = invite(client.sign_in(ada), **values)
    assert page.status == 422
    assert said in page.errors
    with system("provisioning") as session:
        assert session.scalar(select(func.count()).select_from(StaffInvitation)) == 0


def sent_link(client: PolicedClient, outside: Outside, run_tasks: RunTasks, **values: Any) -> str:
    assert invite(client, **values).status == 303
    run_tasks()
    return link_in(outside)


def press(client: PolicedClient, button: str) -> Page:
    return client.submit(client.get(client.clinic.path("staff/people")), button=button)


def test_links_that_lead_nowhere_look_the_same(
    client: PolicedClient,
    new_client: Any,
    ada: UUID,
    outside: Outside,
    run_tasks: RunTasks,
    clinic: Clinic,
    clock: Clock,
) -> None:
    client.sign_in(ada)
    used = sent_link(client, outside, run_tasks)
    browser = new_client()
    browser.submit(browser.get(used), {"new_password": CHOSEN})
    withdrawn = sent_link(client, outside, run_tasks)
    press(client, "Take back")
    replaced = sent_link(client, outside, run_tasks)
    press(client, "Send again")
    run_tasks()
    newest = link_in(outside)
    assert newest != replaced
    reader = new_client()
    assert reader.get(newest).status == 200
    made_up = clinic.path("staff/invitation/" + "x" * 43)
    dead = [made_up, used, withdrawn, replaced]
    clock.advance(days=8)
    dead.append(newest)
    pages = [reader.get(link) for link in dead]
    bodies = {changing(page.html).replace(link, "LINK") for page, link in zip(pages, dead, strict=True)}
    assert {page.status for page in pages} == {404} and len(bodies) == 1
    posted = [reader.post(link, {"new_password": CHOSEN}) for link in dead]
    assert {
        (page.status, changing(page.html).replace(link, "LINK")) for page, link in zip(posted, dead, strict=True)
    } == {(404, bodies.pop())}


def changing(html: str) -> str:
    """What is the same at each request."""
    return re.sub(r'nonce="[^"]*"|name="(?:csrf_token|idempotency_key)" value="[^"]*"', "", html)


def test_a_weak_password_leaves_the_link_as_it_was(
    client: PolicedClient, new_client: Any, ada: UUID, outside: Outside, run_tasks: RunTasks
) -> None:
    link = sent_link(client.sign_in(ada), outside, run_tasks)
    browser = new_client()
    refused = browser.submit(browser.get(link), {"new_password": "nora new nora new"})
    assert refused.status == 422 and "Do not use your name" in refused.errors
    assert browser.submit(browser.get(link), {"new_password": CHOSEN}).status == 303


def test_two_browsers_take_the_same_invitation_up_and_one_gets_it(
    database: Database,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    outside: Outside,
    run_tasks: RunTasks,
    system: SystemSession,
) -> None:
    email = email_address("race")
    invited(worker_database, clinic, now=clock.now, email=email)
    run_tasks()
    token = link_in(outside).rpartition("/")[2]
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="staff-invitation")

    def take(_number: int) -> None:
        with database.transaction(visitor) as session:
            accept_staff_invitation(session, token=token, password=CHOSEN, now=clock.now)

    answers = at_once(take, range(2), told=InvitationVoid)
    assert sum(isinstance(one, InvitationVoid) for one in answers) == 1
    assert len(accounts(system, email)) == 1


def test_who_left_comes_back_to_the_same_account_with_nothing_of_before(
    database: Database,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    ada: UUID,
    outside: Outside,
    run_tasks: RunTasks,
    new_client: Any,
    system: SystemSession,
) -> None:
    email = email_address("back")
    account = staff_member(worker_database, clinic, Role.CLINICIAN, Role.SEES_HIV, now=clock.now, email=email)
    enrol(worker_database, clinic, account, now=clock.now)
    clock.advance(minutes=1)
    with database.transaction(admin(clinic, ada)) as session:
        end_account(session, account_id=account, reason="Moved away.", now=clock.now)
    clock.advance(days=1)
    invited(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email)
    run_tasks()
    browser = new_client()
    page = browser.submit(browser.get(link_in(outside)), {"new_password": CHOSEN}, follow=True)
    assert "Set up" in page.text, "the app of before counts no more"
    assert accounts(system, email) == [(account, "active")]
    with system("staff") as session:
        assert roles_held(session, account_id=account, now=clock.now) == {Role.FRONT_DESK}
    assert "do not belong together" in staff_password(new_client(), email).text, "nor the password"


def test_who_takes_an_invitation_up_can_be_given_no_other_role_by_the_database(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock, outside: Outside, run_tasks: RunTasks
) -> None:
    invited(worker_database, clinic, now=clock.now)
    run_tasks()
    visitor = Principal.visitor(tenant_id=clinic.id).acting(purpose="staff-invitation")

    def hold(role: Role) -> None:
        with database.transaction(visitor) as session:
            token = link_in(outside).rpartition("/")[2]
            account = accept_staff_invitation(session, token=token, password=CHOSEN, now=clock.now)
            session.add(RoleAssignment(account_id=account, role=role, since=clock.now))
            session.flush()

    with pytest.raises(Exception, match="row-level security"):
        hold(Role.CLINIC_ADMIN)
    with database.transaction(visitor) as session, pytest.raises(Exception, match="row-level security"):
        session.add(Account(kind="staff", name="Eve", email="eve@example.com", language="en", zone="UTC",
                            created_at=clock.now))  # fmt: skip
        session.flush()
    hold(Role.FRONT_DESK)


def test_a_used_invitation_names_who_used_it_for_good(
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    clock: Clock,
    ada: UUID,
    outside: Outside,
    run_tasks: RunTasks,
    new_client: Any,
) -> None:
    invitation = invited(worker_database, clinic, now=clock.now)
    run_tasks()
    browser = new_client()
    browser.submit(browser.get(link_in(outside)), {"new_password": CHOSEN})
    with database.transaction(admin(clinic, ada)) as session, pytest.raises(Exception, match="immutable"):
        row = session.get_one(StaffInvitation, (clinic.id, invitation))
        row.used_by = new_id()
        session.flush()
