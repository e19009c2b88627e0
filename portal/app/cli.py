"""`python -m portal.app.cli`: what is done at the command line, as the worker's database role.

Owns the group and the process behind it; the commands themselves are in portal.app.commands, or with their context.
"""

import click

from portal.app import commands
from portal.app.audit_commands import audit
from portal.app.backup_commands import backup
from portal.app.compliance_commands import compliance
from portal.app.key_commands import keys
from portal.app.object_commands import objects
from portal.app.processes import make_process
from portal.fhir.cli import import_fhir
from portal.kernel.config import load_settings


@click.group()
@click.pass_context
def portal(context: click.Context) -> None:
    """The portal's command line. Its settings come from the environment, as for every process."""
    if context.invoked_subcommand == backup.name:
        return  # it runs where no settings are
    process = make_process(load_settings(), pool_size=2)
    context.obj, context.meta[commands.PROCESS] = process.database, process


for command in (
    commands.create_clinic,
    commands.create_staff,
    commands.demo_accounts,
    commands.reset_second_factor,
    commands.retry_dead,
    commands.seed_demo_clinics,
    commands.seed_load_clinic,
    keys,
    objects,
    import_fhir,
    audit,
    backup,
    compliance,
):
    portal.add_command(command)


if __name__ == "__main__":
    portal(prog_name="portal")
