"""`portal backup …`: dumps and exports sealed to the public keys of those who may open them.

Needs neither settings nor a database: what seals holds a public key only, and opens nothing.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from portal.kernel.crypto import BadKey, BrokenSeal, NotForThisKey, ParcelKey, SecretParcelKey, open_parcel, seal_parcel

FAILED = 1
SOURCE = click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
OUT = click.option(
    "--out", required=True, type=click.Path(path_type=Path, allow_dash=True), help="A file, or - for a pipe."
)


@click.group()
def backup() -> None:
    """Seal dumps and files for a place that is not trusted, and open them again."""


@backup.command()
@click.argument("file", type=click.Path(path_type=Path))
def keygen(file: Path) -> None:
    """Make a pair of keys: FILE opens, FILE.pub seals. Keep FILE where no backup is, and a copy of it elsewhere."""
    key = SecretParcelKey.make()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise click.UsageError(f"{file} is there already: what was sealed to it needs it.") from error
    with os.fdopen(descriptor, "w") as private:
        private.write(key.text() + "\n")
    file.with_name(f"{file.name}.pub").write_text(f"{key.public}\n")
    click.echo(f"{file} opens, {file}.pub seals (fingerprint {key.public.fingerprint.hex()})")


@backup.command("seal")
@SOURCE
@OUT
@click.option("--to", "recipients", multiple=True, required=True, type=click.Path(path_type=Path, exists=True))
def seal_backup(source: Path, out: Path, recipients: tuple[Path, ...]) -> None:
    """Seal SOURCE (- for a pipe) to one or more public keys; each of their private keys opens it."""
    try:
        keys = [ParcelKey.parse(one.read_text()) for one in recipients]
    except (BadKey, UnicodeDecodeError) as error:
        raise click.UsageError(f"--to names a file that keygen made, with .pub: {error}") from error
    with _reading(source) as content, _written_whole(out) as target:
        seal_parcel(content, target, to=keys)


@backup.command("open")
@SOURCE
@OUT
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path, exists=True))
def open_backup(source: Path, out: Path, key_file: Path) -> None:
    """Open SOURCE. To a pipe, what came counts only when the exit code is 0."""
    try:
        key = SecretParcelKey.parse(key_file.read_text())
        with _reading(source) as content, _written_whole(out) as target:
            open_parcel(content, target, key=key)
    except BadKey as error:
        raise click.UsageError(f"--key names a file that keygen made: {error}") from error
    except NotForThisKey as error:
        click.echo(f"It was sealed to other keys: {error}", err=True)
        sys.exit(FAILED)
    except BrokenSeal as error:
        click.echo(f"It does not open: {error}. Take another copy.", err=True)
        sys.exit(FAILED)


@contextmanager
def _reading(source: Path) -> Iterator[BinaryIO]:
    if str(source) == "-":
        yield sys.stdin.buffer
        return
    with source.open("rb") as file:
        yield file


@contextmanager
def _written_whole(out: Path) -> Iterator[BinaryIO]:
    """The file under its name once it is whole and on the disk; nothing of it otherwise."""
    if str(out) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    backup(prog_name="portal backup")
