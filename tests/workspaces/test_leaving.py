"""Somebody leaves the clinic: what they leave is shown, and from then on nothing opens to them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.identity.models import Authenticator, StaffInvitation
from portal.identity.operations import invite_colleague
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.patients.models import AccessGrant
from portal.practitioners import practitioner_of_account
from tests.conftest import SystemSession
from tests.factories.charting import Encounter, make_encounter, make_note
from tests.factories.identity import email_address, enrol, staff_member
from tests.identity.people import admin
from tests.identity.support import RunTasks, staff_password
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def ada(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ada Min")


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    made = make_encounter(worker_database, clinic, now=clock.now)
    enrol(worker_database, clinic, made.clinician, now=clock.now)
    return made


def path_of(clinic: Clinic, account: UUID) -> str:
    return clinic.path(f"staff/people/{account}/leaving")


def leave(client: PolicedClient, account: UUID) -> Page:
    page = client.get(path_of(client.clinic, account))
    return client.submit(page, {"reason": "Goes to another clinic."}, button="End the account")


def test_what_waits_is_shown_and_stays(
    client: PolicedClient, ada: UUID, encounter: Encounter, database: Database, clinic: Clinic, clock: Clock
) -> None:
    make_note(database, encounter, now=clock.now)
    page = client.sign_in(ada).get(path_of(clinic, encounter.clinician))
    assert "Visits that are booked 1" in page.text and "Notes that are not signed 1" in page.text
    assert clinic.path(f"staff/appointments/{encounter.visit_id}") in page.links().values()
    assert "Viral infection" not in page.html
    assert leave(client, encounter.clinician).status == 303
    after = client.get(clinic.path(f"staff/appointments/{encounter.visit_id}"))
    assert after.status == 200 and "Cancelled" not in after.text


def test_all_is_over_for_who_left(
    client: PolicedClient, new_client: Any, ada: UUID, encounter: Encounter, clinic: Clinic, clock: Clock,
    run_tasks: RunTasks, system: SystemSession, worker_database: Database,
) -> None:  # fmt: skip
    theirs = new_client().sign_in(encounter.clinician)
    assert theirs.get(clinic.path("staff/my-day"), follow=True).status == 200
    clock.advance(seconds=5)
    assert leave(client.sign_in(ada), encounter.clinician).location == clinic.path(
        f"staff/people/{encounter.clinician}"
    )
    assert theirs.get(clinic.path("staff/my-day")).status == 303, "signed out at once"
    run_tasks()
    with system("staff") as session:
        open_to_them = session.scalars(select(AccessGrant).where(AccessGrant.user_id == encounter.clinician))
        assert [one for one in open_to_them if one.until is None or one.until > max(clock.now, one.since)] == []
        practitioner = practitioner_of_account(session, encounter.clinician)
        assert practitioner is not None and not practitioner.listed
    with system("provisioning") as session:
        apps = session.scalars(select(Authenticator).where(Authenticator.account_id == encounter.clinician))
        assert [one.removed_at for one in apps] == [clock.now]
    shown = client.get(clinic.path(f"staff/people/{encounter.clinician}"))
    for words in ("Left", "Goes to another clinic.", "Before: Clinician", "Not set up"):
        assert words in shown.text


def test_their_password_opens_nothing(
    client: PolicedClient, new_client: Any, ada: UUID, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    email = email_address("left")
    account = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email)
    clock.advance(seconds=5)
    leave(client.sign_in(ada), account)
    assert "do not belong together" in staff_password(new_client(), email).text


def test_whom_they_invited_does_not_come_in(
    client: PolicedClient, ada: UUID, worker_database: Database, database: Database, clinic: Clinic, clock: Clock
) -> None:
    ben = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ben Min")
    with database.transaction(admin(clinic, ben)) as session:
        invite_colleague(session, email=email_address(), name="Back Door", roles=["clinic_admin"], now=clock.now)
    leave(client.sign_in(ada), ben)
    with database.transaction(admin(clinic, ada)) as session:
        assert [one.withdrawn_at for one in session.scalars(select(StaffInvitation))] == [clock.now]


def test_ending_it_twice_is_told(client: PolicedClient, ada: UUID, encounter: Encounter, clinic: Clinic) -> None:
    page = client.sign_in(ada).get(path_of(clinic, encounter.clinician))
    leave(client, encounter.clinician)
    again = client.submit(page, {"reason": "Once more.", "idempotency_key": ""}, button="End the account")
    assert again.status == 409 and "in the meantime" in again.errors


def test_ones_own_account_stays(client: PolicedClient, ada: UUID, clinic: Clinic) -> None:
    answer = leave(client.sign_in(ada), ada)
    assert answer.status == 403 and "You cannot change your own account" in answer.errors
    assert client.get(clinic.path("staff/people")).status == 200
