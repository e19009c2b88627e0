"""The command line: `python -m portal.app.cli COMMAND`, with the worker's settings in the environment."""

import click

from portal.app.demo import demo_accounts as demo_account_lines
from portal.app.demo import seed_demo as seed_demo_clinics
from portal.app.processes import make_process
from portal.fhir.cli import import_fhir
from portal.identity import create_staff_account
from portal.kernel.clock import utc_now
from portal.kernel.config import load_settings
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.locale import LANGUAGES
from portal.kernel.permissions import STAFF_ROLES, Role
from portal.kernel.principal import NO_TENANT, Principal
from portal.tenancy import clinic_by_slug, create_organisation

WITHOUT_DATABASE = {"demo-accounts"}


@click.group()
@click.pass_context
def cli(context: click.Context) -> None:
    """Administer an installation of the portal."""
    if context.invoked_subcommand not in WITHOUT_DATABASE:
        process = make_process(load_settings(), pool_size=2)
        context.obj = process.database


@cli.command("seed-demo")
@click.pass_obj
def seed_demo(database: Database) -> None:
    """Make the demo clinics that are not there yet."""
    if not load_settings().demo:
        raise click.ClickException("the demo is opted into with DEMO=true")
    for name in seed_demo_clinics(database, now=utc_now()):
        click.echo(f"made {name}")


@cli.command("demo-accounts")
def demo_accounts() -> None:
    """Print with what to sign in to the demo."""
    for line in demo_account_lines():
        click.echo(line)


@cli.command("create-clinic")
@click.option("--slug", prompt="Name in addresses (a-z, 0-9, -)")
@click.option("--name", prompt="Name")
@click.option("--phone", prompt="Phone, with the country's code")
@click.option("--address", prompt="Street and town")
@click.option("--language", "default_language", type=click.Choice([*LANGUAGES]), prompt="Language")
@click.option("--zone", prompt="Time zone (for example America/New_York)")
@click.option("--country", prompt="Country (ISO 3166-1, two letters)")
@click.option("--jurisdiction", prompt="Where it is established (ISO 3166-2)")
@click.option("--currency", prompt="Currency (ISO 4217)")
@click.option("--emergency-number", prompt="Emergency number")
@click.pass_obj
def create_clinic(database: Database, /, **values: str) -> None:
    """Make a clinic and its keys."""
    with database.transaction(Principal.system(tenant_id=new_id(), purpose="provisioning")) as session:
        create_organisation(session, brand={}, now=utc_now(), **values)
    click.echo(f"made /{values['slug']}/")


@cli.command("create-staff")
@click.option("--clinic", "slug", prompt="Clinic's name in addresses")
@click.option("--email", prompt="E-mail")
@click.option("--name", prompt="Name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(STAFF_ROLES)))
@click.password_option(help="Asked for when it is left out")
@click.pass_obj
def create_staff(database: Database, slug: str, email: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Make an account for a member of staff."""
    with database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
        clinic = clinic_by_slug(session, slug=slug)
    if clinic is None:
        raise click.ClickException(f"there is no clinic {slug}")
    with database.transaction(Principal.system(tenant_id=clinic.id, purpose="provisioning")) as session:
        create_staff_account(
            session,
            email=email,
            password=password,
            name=name,
            roles=[Role(role) for role in roles],
            language=clinic.default_language,
            zone=clinic.zone,
            now=utc_now(),
        )
    click.echo(f"made {email}; sign in at /{slug}/staff/sign-in")


cli.add_command(import_fhir)

if __name__ == "__main__":
    cli()
