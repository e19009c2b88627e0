"""`portal import-fhir --clinic NAME FILE…`: what was taken, what was here already, what was passed over and why.

Prints counts and places in the file, never what stands there. The command line takes its database from the context's
object, which the application's own group puts there.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from portal.fhir.operations import PURPOSE, Taken, import_bundle
from portal.fhir.rules import MAX_BYTES, BrokenFile
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.errors import Conflict
from portal.kernel.principal import NO_TENANT, Principal
from portal.tenancy import list_clinics

ORDER = (
    "Patient", "Practitioner", "Condition", "AllergyIntolerance", "MedicationRequest", "MedicationStatement",
    "Observation",
)  # fmt: skip
_LINE = "  {:<22}{:>7}{:>14}{:>13}  {}"


@click.command("import-fhir")
@click.option("--clinic", "slug", help="The clinic's name in its address. May be left out where there is only one.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@click.make_pass_decorator(Database)
def import_fhir(database: Database, slug: str | None, files: Sequence[Path]) -> None:
    """Take FHIR R4 bundles in. A file is taken whole or not at all; the same file twice is the same as once."""
    principal = _principal(database, slug)
    refused = 0
    for path in files:
        try:
            content = _content_of(path)
            with database.transaction(principal) as session:
                taken = import_bundle(session, content=content, now=utc_now())
        except BrokenFile as error:
            refused += 1
            click.echo(f"{path}: refused, nothing of it was taken: {error}", err=True)
        except Conflict:
            refused += 1
            click.echo(f"{path}: refused, another import brought the same person just now; try again", err=True)
        else:
            click.echo(f"{path}\n{table(taken)}")
    if refused:
        raise SystemExit(1)


def table(taken: Taken) -> str:
    """The counts of one file, by resource type, and below them why resources were passed over."""
    lines = [_LINE.format("resource", "taken", "already here", "passed over", "why").rstrip()]
    passed_by_kind: Counter[str] = Counter()
    for (kind, _), number in taken.passed.items():
        passed_by_kind[kind] += number
    kinds = {*taken.new, *taken.known, *passed_by_kind}
    for kind in sorted(kinds, key=lambda one: (ORDER.index(one) if one in ORDER else len(ORDER), one)):
        reasons = sorted((reason, number) for (of, reason), number in taken.passed.items() if of == kind)
        only = len(reasons) == 1
        why = [reason if only else f"{number} {reason}" for reason, number in reasons]
        first = _LINE.format(kind, taken.new[kind], taken.known[kind], passed_by_kind[kind], why[0] if why else "")
        lines.append(first.rstrip())
        lines += [_LINE.format("", "", "", "", more) for more in why[1:]]
    return "\n".join(lines)


def _principal(database: Database, slug: str | None) -> Principal:
    with database.session(Principal.visitor(tenant_id=NO_TENANT)) as session:
        clinics = list_clinics(session)
    fitting = [clinic for clinic in clinics if slug in {None, clinic.slug}]
    if len(fitting) != 1:
        names = ", ".join(sorted(clinic.slug for clinic in clinics)) or "none yet"
        raise click.UsageError(f"Name the clinic with --clinic. Clinics here: {names}")
    return Principal.system(tenant_id=fitting[0].id, purpose=PURPOSE)


def _content_of(path: Path) -> bytes:
    """The file, read no further than one byte past what is allowed."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
