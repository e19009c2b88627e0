"""`portal compliance`: look an installation through, and keep the record of agreements with partners.

Runs as the login role `portal_compliance`.
"""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from portal.app.commands import CLINIC, all_clinics, pass_process, the_clinic
from portal.app.compliance import CHECKS, Ground, Severity, as_html, as_json, as_text, scan
from portal.app.compliance.partners import PARTNERS
from portal.app.factory import create_app
from portal.app.processes import Process
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.errors import NotFound
from portal.kernel.principal import Principal
from portal.tenancy import Agreement, EndsBeforeItBegins, Organisation, agreements, end_agreement, record_agreement

FOUND, UNMADE = 1, 2
DAY = click.DateTime(["%Y-%m-%d"])


@click.group("compliance")
def compliance() -> None:
    """Look an installation through, as portal_compliance (DATABASE_URL)."""


@compliance.command("scan")
@CLINIC
@click.option(
    "--fail-on",
    default="high",
    show_default=True,
    type=click.Choice([str(level) for level in Severity]),
    help="The least severity that makes the exit code 1.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False, writable=True), help="Also write a report.")
@pass_process
def scan_installation(process: Process, slug: str | None, fail_on: str, json_wanted: bool, html: Path | None) -> None:
    """Print what is wrong, the worst first. Exit code 0: nothing as bad as --fail-on; 1: something; 2: no answer.

    All clinics, or the one that --clinic names.
    """
    clinics = [the_clinic(process.database, slug)] if slug else all_clinics(process.database)
    ground = Ground(
        settings=process.settings, app=create_app(process), database=process.database, clinics=clinics, now=utc_now()
    )
    findings = scan(ground, CHECKS)
    made = len(CHECKS)
    if html:
        html.write_text(as_html(findings, ground=ground, checks=CHECKS), encoding="utf-8")
    click.echo(as_json(findings, ground=ground, made=made) if json_wanted else as_text(findings, made=made))
    if any(one.unmade for one in findings):
        raise SystemExit(UNMADE)
    if any(one.check.severity >= Severity[fail_on.upper()] for one in findings):
        raise SystemExit(FOUND)


@compliance.group("agreement")
def agreement() -> None:
    """What a clinic has signed with the partners that see its patients' data."""


@agreement.command("add")
@CLINIC
@click.option("--partner", required=True, type=click.Choice([one.name for one in PARTNERS]))
@click.option("--kind", required=True, type=click.Choice(["baa", "dpa"]), help="HIPAA's or the GDPR's.")
@click.option("--party", required=True, help="The partner's name as it signed.")
@click.option("--signed", required=True, type=DAY, help="YYYY-MM-DD")
@click.option("--expires", type=DAY, help="Last day; without it, until it is ended.")
@click.option("--reference", default="", help="Where the signed paper lies.")
@pass_process
def add_agreement(
    process: Process,
    slug: str | None,
    partner: str,
    kind: str,
    party: str,
    signed: datetime,
    expires: datetime | None,
    reference: str,
) -> None:
    """Put a signed agreement on record."""
    clinic, now = the_clinic(process.database, slug), utc_now()
    if signed.date() > now.date():
        raise click.UsageError("That day has not come: record what is signed.")
    if expires and expires <= signed:
        raise click.UsageError("It would end before it begins.")
    with process.database.transaction(_scanning(clinic)) as session:
        made = record_agreement(
            session,
            partner=partner,
            kind=kind,
            party=party,
            reference=reference,
            signed_on=signed.date(),
            expires_on=expires.date() if expires else None,
            now=now,
        )
        click.echo(f"{clinic.slug}: {_line(made)}")


@agreement.command("end")
@CLINIC
@click.argument("agreement_id", type=click.UUID)
@click.option("--on", "day", required=True, type=DAY, help="Its last day, YYYY-MM-DD")
@pass_process
def end(process: Process, slug: str | None, agreement_id: UUID, day: datetime) -> None:
    """Note that an agreement ends before its time."""
    clinic = the_clinic(process.database, slug)
    try:
        with process.database.transaction(_scanning(clinic)) as session:
            ended = end_agreement(session, agreement_id=agreement_id, ended_on=day.date())
            click.echo(f"{clinic.slug}: {_line(ended)}")
    except EndsBeforeItBegins as error:
        raise click.UsageError("It would end before it was signed.") from error
    except NotFound as error:
        raise click.UsageError("This clinic has no such agreement.") from error


@agreement.command("list")
@CLINIC
@pass_process
def list_agreements(process: Process, slug: str | None) -> None:
    """Print what is on record, by partner, the latest first."""
    clinic = the_clinic(process.database, slug)
    for one in _on_record(process.database, clinic):
        click.echo(_line(one))


def _on_record(database: Database, clinic: Organisation) -> list[Agreement]:
    with database.session(_scanning(clinic)) as session:
        return agreements(session)


def _line(one: Agreement) -> str:
    until = one.last_day or "open end"
    return f"{one.id}  {one.partner}  {one.kind.upper()} with {one.party}, {one.signed_on} to {until}  {one.reference}"


def _scanning(clinic: Organisation) -> Principal:
    return Principal.system(tenant_id=clinic.id, purpose="compliance")
