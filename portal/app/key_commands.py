"""`portal keys`: rotation of data keys and of the key that wraps them, sealing of what was stored in clear before.

Runs as the login role `portal_rotator`.
"""

import time
from datetime import datetime, timedelta
from uuid import UUID

import click

from portal.app.commands import CLINIC, all_clinics, pass_process, the_clinic
from portal.app.processes import Process
from portal.app.registry import modules
from portal.kernel.clock import utc_now
from portal.kernel.db import Database, rotation, sealing
from portal.kernel.db.keyring import FRESH_SECONDS
from portal.kernel.objects import DATASET as OBJECTS
from portal.kernel.objects import WRITE_SECONDS, named_objects
from portal.kernel.principal import Principal

#: Until every process has read the new key, and what it then was about to write is written.
SETTLE_SECONDS = FRESH_SECONDS + WRITE_SECONDS + 10
OBJECTS_AT_ONCE = 20
LOOK_AGAIN_SECONDS = 0.2


@click.group("keys")
def keys() -> None:
    """Rotate keys, seal what is in clear, as portal_rotator (DATABASE_URL). Started again, it goes on where it was."""


@keys.command("rotate")
@CLINIC
@click.option("--kek", is_flag=True, help="Wrap every clinic's data keys under the present key-encryption key.")
@click.option("--without-lost", is_flag=True, help="Go on although rows name files that the store does not hold.")
@click.option("--settle-seconds", default=SETTLE_SECONDS, hidden=True, type=float)
@pass_process
def rotate_keys(process: Process, slug: str | None, kek: bool, without_lost: bool, settle_seconds: float) -> None:
    """Seal a clinic's values and files under fresh data keys, then delete the old; or, with --kek, wrap keys anew."""
    if kek:
        for clinic in all_clinics(process.database):
            with process.database.transaction(_rotator(clinic.id)) as session:
                count = rotation.rewrap_keys(session)
            click.echo(f"{clinic.slug}: {count} keys wrapped anew")
        return
    clinic = the_clinic(process.database, slug)
    # Begun before the rows, whose waiting is then the files' as well.
    files = begin_objects(process, clinic.id)
    count = rotate_clinic(process.database, clinic.id, settle_seconds=settle_seconds)
    click.echo(f"{clinic.slug}: {count} rows sealed anew, the old key is deleted")
    try:
        files += finish_objects(process, clinic.id, without_lost=without_lost, settle_seconds=settle_seconds)
    except ObjectsMissing as error:
        raise click.ClickException(
            f"{error}. The files' old key is kept. Is OBJECT_STORE_DIR the store's folder? If they are lost for good,"
            " --without-lost goes on."
        ) from error
    click.echo(f"{clinic.slug}: {files} files sealed anew, the old key is deleted")


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
    _settle(retired, settle_seconds)
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


class ObjectsMissing(RuntimeError):
    """Rows name objects that this store does not hold: they may lie elsewhere, still under the old key."""


def begin_objects(process: Process, tenant_id: UUID) -> int:
    """Begin or go on with the rotation of a tenant's files; returns how many were sealed anew."""
    modules("models")
    with process.database.transaction(_rotator(tenant_id)) as session:
        rotation.begin_rotation(session, dataset=OBJECTS, now=utc_now())
    process.objects.forget_unfinished()
    return _pass_objects(process, tenant_id)


def finish_objects(
    process: Process, tenant_id: UUID, *, without_lost: bool = False, settle_seconds: float = SETTLE_SECONDS
) -> int:
    """Seal what came under the old key meanwhile, then delete it; raises ObjectsMissing, and the key stays."""
    with process.database.transaction(_rotator(tenant_id)) as session:
        retired = rotation.retired_since(session, dataset=OBJECTS)
    if retired is None:
        return 0  # another run has finished it
    _settle(retired, settle_seconds)
    count = _pass_objects(process, tenant_id)
    with process.database.transaction(Principal.system(tenant_id=tenant_id, purpose="objects")) as session:
        named = named_objects(session)
    # An object is there before its row, so whatever was named is in a list that is read later.
    if (lost := named.difference(process.objects.ids(tenant_id))) and not without_lost:
        raise ObjectsMissing(f"{len(lost)} of {len(named)} files that rows name are not in the store")
    with process.database.transaction(_rotator(tenant_id)) as session:
        rotation.delete_retired(session, dataset=OBJECTS)
    return count


def _pass_objects(process: Process, tenant_id: UUID) -> int:
    """Once through all files; a transaction for some of them, since only the keys come from the database."""
    count = 0
    ids = process.objects.ids(tenant_id)
    for at in range(0, len(ids), OBJECTS_AT_ONCE):
        with process.database.transaction(_rotator(tenant_id)) as session:
            count += sum(process.objects.reseal(session, one) for one in ids[at : at + OBJECTS_AT_ONCE])
    return count


def _settle(retired: datetime, seconds: float) -> None:
    time.sleep(max(0.0, (retired + timedelta(seconds=seconds) - utc_now()).total_seconds()))


def _rotator(tenant_id: UUID) -> Principal:
    return Principal.system(tenant_id=tenant_id, purpose="keys")
