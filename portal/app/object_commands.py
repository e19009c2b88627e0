"""`portal objects`: whether the place of large objects is as it should be."""

import click

from portal.app.commands import pass_process
from portal.app.processes import Process
from portal.integrations.objects import S3ObjectStore


@click.group("objects")
def objects() -> None:
    """The store of large objects."""


@objects.command("check")
@pass_process
def check(process: Process) -> None:
    """Try the bucket: it writes once only, reads, lists, deletes, shows strangers nothing. Exit code 1: it does not."""
    store = process.objects
    if not isinstance(store, S3ObjectStore):
        click.echo(f"Large objects lie in the folder {process.settings.object_store_dir}. There is no bucket to check.")
        return
    troubles = store.troubles()
    for one in troubles:
        click.echo(f"The bucket is not as it should be: {one}.", err=True)
    if troubles:
        raise SystemExit(1)
    click.echo("The bucket takes objects once only, gives them back, deletes them, and shows strangers nothing.")
