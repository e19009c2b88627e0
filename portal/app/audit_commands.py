"""`portal audit …`: verify a clinic's log, prove a record, check a proof, show the public key.

`check` needs neither database nor settings: `python -m portal.app.audit_commands proof.json --key KEY` is for others.
"""

import json
from pathlib import Path
from uuid import UUID

import click

from portal.app.commands import CLINIC, pass_process, the_clinic
from portal.app.processes import Process
from portal.audit import (
    BadNote,
    BadProof,
    UnableToProve,
    VerifierKey,
    check_proof,
    prove_growth,
    prove_record,
    retention_years,
    verify_log,
)
from portal.integrations.checkpoints import FileCheckpointStore
from portal.kernel.clock import utc_now
from portal.kernel.principal import Principal

FOUND = 1


class Key(click.ParamType[VerifierKey]):
    """A public key as `portal audit key` prints it, or a file that holds it."""

    name = "key"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> VerifierKey:
        text = str(value)
        try:
            return VerifierKey.parse(Path(text).read_text() if "+" not in text else text)
        except (BadNote, OSError) as error:
            self.fail(f"That is not a public key: {error}", param, ctx)


KEY = click.option("--key", type=Key(), help="Public key or its file; else the one beside the checkpoints.")


@click.group()
def audit() -> None:
    """The audit record's log."""


@audit.command()
@CLINIC
@KEY
@click.option("--checkpoints", type=click.Path(path_type=Path, file_okay=False), help="The second place.")
@pass_process
def verify(process: Process, slug: str | None, key: VerifierKey | None, checkpoints: Path | None) -> None:
    """Say what was changed in a clinic's log, by name; exit code 1 when something was."""
    clinic = the_clinic(process.database, slug)
    store = FileCheckpointStore(checkpoints or process.settings.audit_checkpoint_dir)
    us = Principal.system(tenant_id=clinic.id, purpose="audit")
    with process.database.session(us) as session:
        years = retention_years(session, jurisdiction=clinic.jurisdiction)
    with process.database.session(us) as session:
        report = verify_log(session, key=key or _known_key(process), years=years, now=utc_now(), store=store)
    for finding in report.findings:
        click.echo(str(finding))
    click.echo(
        f"{clinic.slug}: verified from position {report.start} to {report.size}, checkpoint {report.checkpoint}; "
        f"{report.waiting} records wait for the next; {len(report.findings)} findings"
    )
    if report.findings:
        raise SystemExit(FOUND)


@audit.command()
@CLINIC
@click.argument("leaf", type=click.UUID)
@pass_process
def prove(process: Process, slug: str | None, leaf: UUID) -> None:
    """Print a proof that one record is in the log, for somebody without our database."""
    clinic = the_clinic(process.database, slug)
    try:
        with process.database.session(Principal.system(tenant_id=clinic.id, purpose="audit")) as session:
            click.echo(json.dumps(prove_record(session, leaf_id=leaf), indent=2))
    except UnableToProve as error:
        raise click.ClickException(str(error)) from error


@audit.command("prove-growth")
@CLINIC
@click.argument("first", type=click.IntRange(1))
@click.argument("second", type=click.IntRange(1))
@pass_process
def prove_growth_of(process: Process, slug: str | None, first: int, second: int) -> None:
    """Print a proof that the log of checkpoint SECOND begins with that of checkpoint FIRST."""
    clinic = the_clinic(process.database, slug)
    try:
        with process.database.session(Principal.system(tenant_id=clinic.id, purpose="audit")) as session:
            click.echo(json.dumps(prove_growth(session, first=first, second=second), indent=2))
    except UnableToProve as error:
        raise click.ClickException(str(error)) from error


@audit.command()
@click.argument("proof", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", type=Key(), required=True, help="The public key, or a file that holds it.")
def check(proof: Path, key: VerifierKey) -> None:
    """Check a proof without any database; exit code 1 when it does not hold."""
    try:
        click.echo(check_proof(proof.read_text(), key=key))
    except (BadProof, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error


@audit.command("key")
@pass_process
def show_key(process: Process) -> None:
    """Print the public key that checkpoints are signed with."""
    click.echo(str(_known_key(process)))


def _known_key(process: Process) -> VerifierKey:
    try:
        return VerifierKey.parse(FileCheckpointStore(process.settings.audit_checkpoint_dir).key())
    except (BadNote, OSError) as error:
        raise click.ClickException("There is no public key yet: the sequencer has not run.") from error


if __name__ == "__main__":
    check(prog_name="audit-check")
