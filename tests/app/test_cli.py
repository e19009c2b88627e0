"""The command line: what each command does, asked twice, and asked wrongly."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.app import cli
from portal.app.processes import Process
from portal.consent import current_document
from portal.identity import staff_accounts
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.events import Task
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import NO_TENANT, Principal
from portal.kernel.tasks import schedule
from portal.practitioners import list_practitioners
from portal.tenancy import clinic_by_slug
from tests.factories.identity import enrol, staff_member
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

Run = Callable[..., Result]
PASSWORD = "correct horse battery"


@pytest.fixture
def run(worker_process: Process, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("create-staff", "--email", …, demo=False)` as at the command line, on this test's process."""

    def invoke(*arguments: str, demo: bool = True, typed: str = "") -> Result:
        settings = worker_process.settings.model_copy(update={"demo": demo})
        monkeypatch.setattr(cli, "load_settings", lambda: settings)
        monkeypatch.setattr(cli, "make_process", lambda known, **_: replace(worker_process, settings=known))
        return CliRunner().invoke(cli.portal, list(arguments), input=typed)

    return invoke


def _clinic(database: Database, slug: str) -> Clinic:
    with database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
        found = clinic_by_slug(session, slug=slug)
        assert found is not None
        return Clinic(id=found.id, slug=slug)


def _create(run: Run, slug: str, **more: str) -> Result:
    values = {
        "slug": slug, "name": "New Clinic", "phone": "+16175550100", "address": "2 Street", "language": "en",
        "zone": "America/New_York", "country": "US", "jurisdiction": "US-MA", "currency": "USD",
        "emergency-number": "911", **more,
    }  # fmt: skip
    return run("create-clinic", *(part for name, value in values.items() for part in (f"--{name}", value)), demo=False)


def test_a_new_clinic_has_questions_and_a_consent(run: Run, worker_database: Database, client: PolicedClient) -> None:
    slug = f"new-{secrets.token_hex(4)}"
    done = _create(run, slug)
    assert done.exit_code == 0, done.output
    clinic = _clinic(worker_database, slug)
    with worker_database.transaction(clinic.system("provisioning")) as session:
        assert current_document(session) is not None
    assert client.get(f"/{slug}/").status == 200


def test_a_clinics_name_is_given_once(run: Run, clinic: Clinic) -> None:
    again = _create(run, clinic.slug)
    assert again.exit_code == 2
    assert "already" in again.output


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("slug", "Not A Slug"),
        ("zone", "Mars/Base"),
        ("country", "usa"),
        ("jurisdiction", "Massachusetts"),
        ("currency", "dollar"),
        ("phone", "12"),
    ],
)
def test_what_would_break_every_page_later_is_refused(
    run: Run, worker_database: Database, option: str, wrong: str
) -> None:
    slug = f"new-{secrets.token_hex(4)}"
    refused = _create(run, **{"slug": slug, option: wrong})
    assert refused.exit_code == 2
    assert wrong in refused.output
    with worker_database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
        assert clinic_by_slug(session, slug=slug) is None


def test_a_clinician_of_the_command_line_can_sign_in_and_is_listed(
    run: Run, worker_database: Database, client: PolicedClient, clinic: Clinic
) -> None:
    arguments = ("--clinic", clinic.slug, "--email", "lee@example.com", "--name", "Dr. Lee", "--role", "clinician")
    done = run("create-staff", *arguments, demo=False, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    with worker_database.transaction(clinic.system("provisioning")) as session:
        assert [one.name for one in list_practitioners(session)] == ["Dr. Lee"]
    page = client.get(clinic.path("staff/sign-in"))
    answer = client.submit(page, {"email": "lee@example.com", "password": PASSWORD})
    assert answer.status == 303


def test_an_email_is_one_accounts_and_a_password_is_long(run: Run, clinic: Clinic, worker_database: Database) -> None:
    arguments = ("create-staff", "--clinic", clinic.slug, "--name", "Robin", "--role", "front_desk", "--email")
    weak = run(*arguments, "a@example.com", typed="short\nshort\n")
    assert (weak.exit_code, "password" in weak.output) == (2, True)
    assert run(*arguments, "a@example.com", typed=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 0
    again = run(*arguments, "a@example.com", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert (again.exit_code, "e-mail" in again.output) == (2, True)
    with worker_database.transaction(clinic.system("provisioning")) as session:
        assert len(staff_accounts(session)) == 1


def test_a_lost_second_factor_is_set_up_anew(
    run: Run, worker_database: Database, client: PolicedClient, clinic: Clinic
) -> None:
    account = staff_member(worker_database, clinic, now=utc_now(), email="lost@example.com")
    enrol(worker_database, clinic, account, now=utc_now())
    typed = {"email": "lost@example.com", "password": PASSWORD}
    assert "Second step" in client.submit(client.get(clinic.path("staff/sign-in")), typed, follow=True).text
    reset = ("reset-second-factor", "--clinic", clinic.slug, "--email")
    assert run(*reset, "nobody@example.com").exit_code == 2
    assert run(*reset, "lost@example.com").exit_code == 0
    assert "Set up your app" in client.submit(client.get(clinic.path("staff/sign-in")), typed, follow=True).text


def test_a_clinic_has_to_be_named_where_there_are_several(run: Run, clinic: Clinic, other_clinic: Clinic) -> None:
    asked = run("retry-dead")
    assert asked.exit_code == 2
    assert clinic.slug in asked.output


def test_work_that_was_given_up_is_asked_for_again(
    run: Run, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    with worker_database.transaction(clinic.system("operations")) as session:
        for number in range(3):
            schedule(session, kind="test.work", subject_id=new_id(), key=f"test:{number}", due_at=clock.now)
        for task in session.scalars(select(Task)):
            task.state, task.finished_at, task.attempts = "dead", clock.now, 6
    done = run("retry-dead", "--clinic", clinic.slug, demo=False)
    assert f"{clinic.slug}: 3 asked for again" in done.output
    with worker_database.transaction(clinic.system("operations")) as session:
        assert {(task.state, task.attempts) for task in session.scalars(select(Task))} == {("pending", 0)}


@pytest.mark.parametrize("command", ["seed-demo", "demo-accounts", "seed-load"])
def test_nothing_of_the_demo_runs_in_production(run: Run, command: str) -> None:
    more: Any = ("--clinic", "load", "--patients", "1") if command == "seed-load" else ()
    refused = run(command, *more, demo=False)
    assert refused.exit_code == 2
    assert "DEMO" in refused.output


def test_demo_accounts_name_everybody_with_a_way_in(run: Run) -> None:
    shown = run("demo-accounts").output
    for role in (Role.CLINIC_ADMIN, Role.FRONT_DESK, Role.CLINICIAN, Role.PATIENT):
        assert f"  {role}" in shown
    assert "/harbour/staff/sign-in" in shown
    assert "/puerto/sign-in" in shown
