"""`portal keys`: rotation of data keys and of the key that wraps them, sealing of what was stored in clear before.

Runs as the login role `portal_rotator`.
"""

import time
from datetime import timedelta
from uuid import UUID

import click

from portal.app.commands import CLINIC, all_clinics, pass_process, the_clinic
from portal.app.processes import Process
from portal.app.registry import modules
from portal.kernel.clock import utc_now
from portal.kernel.db import Database, rotation, sealing
from portal.kernel.db.keyring import FRESH_SECONDS
from portal.kernel.principal import Principal

#: Until every process has read the new key, and what it then was about to write is written.
SETTLE_SECONDS = FRESH_SECONDS + 10
LOOK_AGAIN_SECONDS = 0.2


@click.group("keys")
def keys() -> None:
    """Rotate keys, seal what is in clear, as portal_rotator (DATABASE_URL). Started again, it goes on where it was."""


@keys.command("rotate")
@CLINIC
@click.option("--kek", is_flag=True, help="Wrap every clinic's data keys under the present key-encryption key.")
@click.option("--settle-seconds", default=SETTLE_SECONDS, hidden=True, type=float)
@pass_process
def rotate_keys(process: Process, slug: str | None, kek: bool, settle_seconds: float) -> None:
    """Seal a clinic's values under a fresh data key, then delete the old one; or, with --kek, wrap keys anew."""
    if kek:
        for clinic in all_clinics(process.database):
            with process.database.transaction(_rotator(clinic.id)) as session:
                count = rotation.rewrap_keys(session)
            click.echo(f"{clinic.slug}: {count} keys wrapped anew")
        return
    clinic = the_clinic(process.database, slug)
    count = rotate_clinic(process.database, clinic.id, settle_seconds=settle_seconds)
    click.echo(f"{clinic.slug}: {count} rows sealed anew, the old key is deleted")


@keys.command("seal")
@pass_process
def seal_stored(process: Process) -> None:
    """Seal words that an older version stored in clear, in every clinic; run after each migration."""
    for clinic in all_clinics(process.database):
        if count := seal_clinic(process.database, clinic.id):
            click.echo(f"{clinic.slug}: {count} rows sealed")


def seal_clinic(database: Database, tenant_id: UUID) -> int:
    """Seal a tenant's words that are in clear; returns how many rows."""
    modules("models")
    count = 0
    for clear in sealing.clear_tables():
        for wait in (False, True):
            found = 1
            while found:
                with database.transaction(_rotator(tenant_id)) as session:
                    found = sealing.seal_batch(session, clear, wait=wait)
                count += found
    return count


def rotate_clinic(database: Database, tenant_id: UUID, *, settle_seconds: float = SETTLE_SECONDS) -> int:
    """Begin or go on with a tenant's rotation, to its end; returns how many rows this run sealed anew."""
    modules("models")  # every context's tables, or some would keep the key that is deleted
    with database.transaction(_rotator(tenant_id)) as session:
        rotation.begin_rotation(session, now=utc_now())
    count = _pass(database, tenant_id)
    with database.transaction(_rotator(tenant_id)) as session:
        retired = rotation.retired_since(session)
    if retired is None:
        return count  # another run has finished it
    time.sleep(max(0.0, (retired + timedelta(seconds=settle_seconds) - utc_now()).total_seconds()))
    # From here on nobody begins to seal under the old key. Whoever did so before has to end first.
    with database.transaction(_rotator(tenant_id)) as session:
        mark = rotation.writers_before(session)
    while not _are_gone(database, tenant_id, mark):
        time.sleep(LOOK_AGAIN_SECONDS)
    while found := _pass(database, tenant_id, wait=True):
        count += found
    with database.transaction(_rotator(tenant_id)) as session:
        rotation.delete_retired(session)
    return count


def _pass(database: Database, tenant_id: UUID, *, wait: bool = False) -> int:
    """Once through all tables."""
    count = 0
    for table, columns in rotation.sealed_tables():
        last: UUID | None = None
        while True:
            with database.transaction(_rotator(tenant_id)) as session:
                batch = rotation.reseal_batch(session, table, columns, after=last, wait=wait)
            count += batch.rows
            last = batch.last
            if last is None:
                break
    return count


def _are_gone(database: Database, tenant_id: UUID, mark: int) -> bool:
    with database.transaction(_rotator(tenant_id)) as session:
        return rotation.writers_are_gone(session, mark)


def _rotator(tenant_id: UUID) -> Principal:
    return Principal.system(tenant_id=tenant_id, purpose="keys")
