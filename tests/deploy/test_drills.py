"""The drills of the runbooks, each as a person starts it, over a demo that does not run; and that checks can fail."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url

from deploy.drills import breach_notification, leaked_key, lost_device, misconfigured_bucket, suspicious_sign_in
from deploy.drills.drill import Drill, Ran
from deploy.lock import lock
from deploy.prepare import ROOT, clone_database
from deploy.programs import command_role
from portal.app.commands import the_clinic
from portal.app.processes import Process
from portal.kernel.permissions import Role
from tests.factories.identity import staff_member
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.servers import PASSWORDS, TEMPLATE

DRILLS = (lost_device, suspicious_sign_in, misconfigured_bucket, breach_notification, leaked_key)
RUNBOOKS = ROOT / "docs" / "security" / "runbooks"
Start = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def start(urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """`start("deploy.drills.lost_device")` over a folder of `make run`'s with the demo's clinics in it."""
    var = tmp_path_factory.mktemp("drills")
    (var / "roles.json").write_text(json.dumps(PASSWORDS))
    name = f"drills_{urls['database']}"
    clone_database(urls["admin"], TEMPLATE, name)
    address = make_url(urls["admin"]).set(database=name).render_as_string(hide_password=False)
    around = {**os.environ, "VAR_DIR": str(var), "DATABASE_URL": address}

    def run(module: str, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env={**around, **more}, check=False, capture_output=True, text=True, timeout=120
        )

    done = run("deploy.console", "seed-demo")
    assert done.returncode == 0, done.stderr
    yield run
    with psycopg.connect(urls["admin"].replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize(
    "drill",
    [lost_device, *(pytest.param(drill, marks=pytest.mark.verify) for drill in DRILLS[1:])],
    ids=[drill.__name__.rpartition(".")[2] for drill in DRILLS],
)
def test_each_drill_is_done_on_the_demo_and_all_its_checks_hold(start: Start, drill: ModuleType) -> None:
    done = start(drill.__name__)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "  yes: " in done.stdout and "  NO: " not in done.stdout


def test_no_drill_runs_where_people_work(start: Start) -> None:
    done = start(lost_device.__name__, DEMO="false")
    assert done.returncode == 1 and "on the demo only" in done.stderr


def test_the_drill_of_the_keys_waits_until_nothing_runs(start: Start, tmp_path: Path) -> None:
    with lock(tmp_path):
        done = start(leaked_key.__name__, VAR_DIR=str(tmp_path))
    assert done.returncode == 1 and "end it first" in done.stderr


@pytest.fixture
def drill(app: Flask, web_process: Process, worker_process: Process, clinic: Clinic, clock: Clock) -> Drill:
    """A drill in this process, whose commands do nothing at all."""
    staff_member(worker_process.database, clinic, Role.CLINIC_ADMIN, now=clock.now)
    return Drill(
        clinic=the_clinic(worker_process.database, clinic.slug),
        process_of=lambda login: web_process if login == "portal_web" else worker_process,
        run=lambda *arguments, **_: Ran(code=0, output=""),
        say=lambda words: None,
        now=clock,
    )


def test_a_remedy_that_does_not_work_fails_the_drill(drill: Drill) -> None:
    lost_device.rehearse(drill)
    assert drill.failed == ["the app on it is void"]


def test_a_bucket_that_nobody_checked_fails_the_drill(drill: Drill) -> None:
    misconfigured_bucket.rehearse(drill)
    assert drill.failed == ["the check finds that the bucket is public"]


def test_a_person_who_is_not_signed_out_fails_the_drill(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in ("suspend_account", "reactivate_account"):
        monkeypatch.setattr(suspicious_sign_in, one, lambda *_, **__: None)
    suspicious_sign_in.rehearse(drill)
    assert drill.failed == ["every browser of the account is signed out", "the strange browser still opens nothing"]


def test_a_record_that_misses_somebody_fails_the_drill(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breach_notification, "export_leaves", lambda *_, **__: [])
    breach_notification.rehearse(drill)
    assert len(drill.failed) == 2


def test_a_key_that_was_not_rotated_fails_the_drill(drill: Drill, worker_process: Process, tmp_path: Path) -> None:
    known = worker_process.settings.key_file
    assert known is not None
    copy = tmp_path / "key"
    copy.write_bytes(known.read_bytes())
    own = replace(worker_process, settings=worker_process.settings.model_copy(update={"key_file": copy}))
    before = drill.process_of
    leaked_key.rehearse(replace(drill, process_of=lambda login: own if login == "portal_worker" else before(login)))
    assert drill.failed == ["records open with the new key", "what leaked opens nothing"]


def test_keys_are_rotated_by_the_rotators_login() -> None:
    assert command_role(["keys", "rotate", "--kek"]) == "portal_rotator"
    assert command_role(["audit", "verify"]) == command_role([]) == "portal_worker"


def test_the_last_days_on_which_people_are_told() -> None:
    found, sixty_later = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2027, 1, 1, 9, tzinfo=UTC)
    few, many = breach_notification.deadlines(found, 3), breach_notification.deadlines(found, 501)
    assert few["each patient (45 CFR 164.404)"] == sixty_later
    assert few["data protection authority (GDPR art. 33)"] == datetime(2026, 11, 5, 9, tzinfo=UTC)
    # Few: sixty days after the year's end. Many: at once with the patients, and the media, too.
    assert few["HHS (45 CFR 164.408)"].date() == datetime(2027, 3, 1, tzinfo=UTC).date()
    assert many["HHS (45 CFR 164.408)"] == many["media of the state (45 CFR 164.406)"] == sixty_later


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.__name__.rpartition(".")[2])
def test_each_drill_has_its_runbook_which_names_it(drill: ModuleType) -> None:
    name = drill.__name__.rpartition(".")[2]
    runbook = (RUNBOOKS / f"{name.replace('_', '-')}.md").read_text()
    assert f"python -m deploy.drills.{name}" in runbook
    assert drill.rehearse.__doc__ and f"runbooks/{name.replace('_', '-')}.md" in drill.rehearse.__doc__
