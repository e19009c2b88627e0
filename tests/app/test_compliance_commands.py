"""`portal compliance …` at the command line: exit codes, the two reports, and the record of agreements."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from pydantic import SecretStr

from portal.app import cli, compliance_commands
from portal.app.compliance import CHECKS, Finding, Ground, as_html
from portal.app.processes import Process
from portal.kernel.db import Database
from portal.tenancy import own_clinic
from tests.support.clinics import Clinic
from tests.support.clock import Clock

Run = Callable[..., Result]
ADD = ("agreement", "add", "--partner", "sms", "--kind", "baa", "--party", "Partner Inc.", "--signed")


@pytest.fixture
def process(worker_process: Process, urls: dict[str, str], clock: Clock) -> Iterator[Process]:
    database = Database(urls["portal_compliance"], pool_size=2)
    drawn = {name: SecretStr(secrets.token_urlsafe(48)) for name in ("secret_key", "video_ticket_key")}
    settings = worker_process.settings.model_copy(update=drawn)
    yield replace(worker_process, database=database, settings=settings)
    database.engine.dispose()


@pytest.fixture
def run(process: Process, clinic: Clinic, another_app: object, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("scan", "--json")` for this test's clinic, with the demo's settings."""
    monkeypatch.setattr(cli, "load_settings", lambda: process.settings)
    monkeypatch.setattr(cli, "make_process", lambda known, **_: process)

    def invoke(*arguments: str) -> Result:
        depth = 2 if arguments[0] == "agreement" else 1
        named = (*arguments[:depth], "--clinic", clinic.slug, *arguments[depth:])
        return CliRunner().invoke(cli.portal, ["compliance", *named])

    return invoke


def test_a_demo_has_remarks_and_passes_for_what_is_critical(run: Run) -> None:
    done = run("scan", "--fail-on", "critical")
    assert done.exit_code == 0, done.output
    assert "LOW  This is a demo" in done.output
    assert f"{len(CHECKS)} checks" in done.output


def test_the_exit_code_follows_the_threshold(run: Run) -> None:
    assert run("scan", "--fail-on", "low").exit_code == 1
    assert run("scan", "--fail-on", "nothing").exit_code == 2


def test_a_check_that_could_not_be_made_is_no_pass(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(ground: Ground) -> Iterator[str]:
        raise OSError

    monkeypatch.setattr(compliance_commands, "CHECKS", (replace(CHECKS[0], find=fails),))
    assert run("scan", "--fail-on", "critical").exit_code == 2


def test_json_is_for_pipelines(run: Run, clinic: Clinic) -> None:
    told = json.loads(run("scan", "--json", "--fail-on", "critical").output)
    assert told["clinics"] == [clinic.slug]
    assert told["checks"] == len(CHECKS)
    assert {"check", "severity", "fault", "place", "remedy", "unmade"} == set(told["findings"][0])
    assert sum(told["counts"].values()) == len(told["findings"])


def test_the_report_is_one_file_without_scripts(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run("scan", "--html", str(page))
    text = page.read_text()
    assert "<h1>Compliance scan</h1>" in text
    assert "This is a demo" in text
    assert "<script" not in text and "src=" not in text and "href=" not in text


def test_the_report_escapes_what_it_names(process: Process, clinic: Clinic, app: Flask, clock: Clock) -> None:
    with process.database.session(clinic.system("compliance")) as session:
        found = own_clinic(session)
    ground = Ground(settings=process.settings, app=app, database=process.database, clinics=[found], now=clock.now)
    page = as_html([Finding(check=CHECKS[0], place="<script>alert(1)</script>")], ground=ground, checks=CHECKS)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_agreement_is_recorded_listed_and_ended(run: Run) -> None:
    added = run(*ADD, "2026-01-01", "--expires", "2030-01-01", "--reference", "cabinet 3")
    assert added.exit_code == 0, added.output
    listed = run("agreement", "list").output
    assert "sms  BAA with Partner Inc., 2026-01-01 to 2030-01-01  cabinet 3" in listed
    number = listed.split()[0]
    assert "to 2026-06-30" in run("agreement", "end", number, "--on", "2026-06-30").output
    assert run("agreement", "end", number, "--on", "2025-06-30").exit_code == 2
    assert "to 2026-06-30" in run("agreement", "list").output


@pytest.mark.parametrize("wrong", [("2199-01-01",), ("2026-01-01", "--expires", "2025-01-01"), ("soon",)])
def test_an_agreement_that_cannot_be_is_refused(run: Run, wrong: tuple[str, ...]) -> None:
    assert run(*ADD, *wrong).exit_code == 2
    assert run("agreement", "list").output == ""


def test_another_clinics_agreement_is_not_found(run: Run, other_clinic: Clinic) -> None:
    run(*ADD, "2026-01-01")
    number = run("agreement", "list").output.split()[0]
    end = ["compliance", "agreement", "end", "--clinic", other_clinic.slug, number, "--on", "2026-06-30"]
    assert "no such agreement" in CliRunner().invoke(cli.portal, end).output
