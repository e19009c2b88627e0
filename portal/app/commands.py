"""Commands for whoever runs an installation: clinics and their first accounts, the demo, work that was given up.

A password is asked for and never an argument, where other processes and the shell's history would see it.
"""

from collections.abc import Sequence
from uuid import UUID

import click
from click.decorators import pass_meta_key

from portal.app.answers import Country, Currency, Slug, Zone, phone_in, place_in
from portal.app.demo import PASSWORD, demo_clinics, seed_demo
from portal.app.demo.load import seed_load
from portal.app.processes import Process
from portal.app.wiring import wire_identity
from portal.consent import publish_document, standard_telehealth
from portal.identity import EmailTaken, WeakPassword, create_staff_account, reset_factors
from portal.intake import publish_form, standard_form
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.errors import NotFound
from portal.kernel.ids import new_id
from portal.kernel.locale import LANGUAGES
from portal.kernel.permissions import CLEARANCES, STAFF_ROLES, Role
from portal.kernel.principal import NO_TENANT, Principal
from portal.practitioners import create_practitioner
from portal.tenancy import Organisation, create_organisation, list_clinics
from portal.workspaces.operations_page import retry_all

_WEAK = {
    "length": "A password has 12 to 200 characters.",
    "personal": "The password is made of the name, the e-mail address or the clinic's name.",
    "common": "The password is among those that are guessed first.",
}
#: Where the group leaves this process for the commands.
PROCESS = "portal.process"
pass_process = pass_meta_key(PROCESS)
CLINIC = click.option("--clinic", "slug", help="The clinic's name in its address. Not needed where there is only one.")


@click.command("seed-demo")
@pass_process
def seed_demo_clinics(process: Process) -> None:
    """Make the demo's clinics, or what is missing of them. Only where DEMO is set."""
    _only_in_demo(process)
    wire_identity(process.settings)
    for done in seed_demo(process.database, demo_clinics(), now=utc_now()):
        made = "made" if done.is_new else "here already"
        click.echo(f"{done.slug}: {made}; {done.patients} new patients, {done.visits} visits booked")


@click.command("seed-load")
@click.option("--clinic", "slug", default="load", show_default=True, help="Made when it is not there yet.")
@click.option("--patients", default=100_000, show_default=True, type=click.IntRange(1, 1_000_000))
@pass_process
def seed_load_clinic(process: Process, slug: str, patients: int) -> None:
    """Add that many patients and a day of visits to a clinic, to measure with. Only where DEMO is set."""
    _only_in_demo(process)
    made = seed_load(process.database, clinic_slug=slug, patients=patients, now=utc_now())
    click.echo(f"{slug}: {made.patients} patients, {made.visits_today} visits today, {made.visits_past} in the past")


@click.command("demo-accounts")
@pass_process
def demo_accounts(process: Process) -> None:
    """Print the demo's accounts: who, where to sign in, with what. Only where DEMO is set."""
    _only_in_demo(process)
    for clinic in demo_clinics():
        place = f"{process.settings.public_url}/{clinic.slug}"
        staff = [(one.role, one.email) for one in clinic.staff]
        staff += [(Role.CLINICIAN, one.email) for one in clinic.practitioners]
        lines = [(role, "staff/sign-in", email, f"{PASSWORD}, then a code, in /dev/inbox") for role, email in staff]
        lines += [(Role.PATIENT, "sign-in", one.contact[1], "a code, in /dev/inbox") for one in clinic.patients]
        click.echo(f"{clinic.name}: {place}/")
        for role, path, contact, proof in lines:
            click.echo(f"  {role:<16}{place + '/' + path:<48}{contact:<30}{proof}")


@click.command("create-clinic")
@click.option("--slug", prompt="Name in the address (small letters and hyphens)", type=Slug())
@click.option("--name", prompt=True)
@click.option("--phone", prompt="Phone number (+16175550100)")
@click.option("--address", prompt="Postal address")
@click.option("--language", "default_language", prompt=True, type=click.Choice(sorted(LANGUAGES)))
@click.option("--zone", prompt="Time zone (America/New_York)", type=Zone())
@click.option("--country", prompt="Country (ISO 3166-1, US)", type=Country())
@click.option("--jurisdiction", prompt="Where it is established (ISO 3166-2, US-MA)")
@click.option("--currency", prompt="Currency (ISO 4217, USD)", type=Currency())
@click.option("--emergency-number", prompt="Emergency number (911)")
@pass_process
def create_clinic(process: Process, /, **values: str) -> None:
    """Make a clinic with the standard health questions and consent. Its lawyer has to confirm the consent."""
    now = utc_now()
    values["phone"] = phone_in(values["country"], values["phone"])
    place_in(values["country"], values["jurisdiction"])
    if values["slug"] in {one.slug for one in all_clinics(process.database)}:
        raise click.UsageError(f"There is a clinic {values['slug']} already.")
    with process.database.transaction(Principal.system(tenant_id=new_id(), purpose="provisioning")) as session:
        create_organisation(session, brand={}, now=now, **values)
        publish_form(session, definition=standard_form(), now=now)
        publish_document(session, kind="telehealth", texts=standard_telehealth(), now=now)
    click.echo(f"{process.settings.public_url}/{values['slug']}/ is there. Next: create-staff --role clinic_admin")


@click.command("create-staff")
@CLINIC
@click.option("--email", prompt="Work e-mail")
@click.option("--name", prompt="Full name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([str(role) for role in sorted(STAFF_ROLES | CLEARANCES)]),
    help="May be repeated.",
)
@click.password_option(help="Asked for when it is not given.")
@pass_process
def create_staff(
    process: Process, slug: str | None, email: str, name: str, roles: Sequence[str], password: str
) -> None:
    """Make a staff account. A clinician is also listed to patients; licences and hours are set on the pages."""
    clinic, now = the_clinic(process.database, slug), utc_now()
    try:
        with process.database.transaction(_provisioning(clinic.id)) as session:
            account_id = create_staff_account(
                session,
                email=email,
                password=password,
                name=name,
                roles=roles,
                language=clinic.default_language,
                zone=clinic.zone,
                now=now,
            )
            if Role.CLINICIAN in roles:
                create_practitioner(session, name=name, zone=clinic.zone, account_id=account_id, now=now)
    except EmailTaken as error:
        raise click.UsageError("Another account of this clinic has that e-mail address.") from error
    except WeakPassword as error:
        raise click.UsageError(_WEAK[error.fault]) from error
    click.echo(f"{name} signs in at {process.settings.public_url}/{clinic.slug}/staff/sign-in")


@click.command("reset-second-factor")
@CLINIC
@click.option("--email", "contact", prompt="E-mail address, or a patient's phone number (+16175550100)")
@click.option("--patient", is_flag=True, help="For a patient's account, not a member of staff's.")
@pass_process
def reset_second_factor(process: Process, slug: str | None, contact: str, patient: bool) -> None:
    """For people whose phone and printed codes are gone. Make sure who asks.

    Staff set an app up at the next sign-in; a patient signs in with a code alone.
    """
    clinic = the_clinic(process.database, slug)
    try:
        with process.database.transaction(_provisioning(clinic.id)) as session:
            reset_factors(session, contact=contact, kind="patient" if patient else "staff", now=utc_now())
    except NotFound as error:
        raise click.UsageError("Nobody of this clinic's people has that address.") from error
    click.echo("The apps, passkeys and printed codes of that account do not work any more.")


@click.command("retry-dead")
@CLINIC
@pass_process
def retry_dead(process: Process, slug: str | None) -> None:
    """Ask again for work that was given up, as the operations page does."""
    clinic, now = the_clinic(process.database, slug), utc_now()
    total = 0
    while True:
        with process.database.transaction(Principal.system(tenant_id=clinic.id, purpose="operations")) as session:
            count = retry_all(session, now=now)
        total += count
        if not count:
            break
    click.echo(f"{clinic.slug}: {total} asked for again")


def _only_in_demo(process: Process) -> None:
    if not process.settings.demo:
        raise click.UsageError("This is for the demo: DEMO is not set.")


def all_clinics(database: Database) -> list[Organisation]:
    with database.session(Principal.visitor(tenant_id=NO_TENANT)) as session:
        return list_clinics(session)


def the_clinic(database: Database, slug: str | None) -> Organisation:
    clinics = all_clinics(database)
    fitting = [clinic for clinic in clinics if slug in {None, clinic.slug}]
    if len(fitting) != 1:
        names = ", ".join(sorted(clinic.slug for clinic in clinics)) or "none yet"
        raise click.UsageError(f"Name the clinic with --clinic. Clinics here: {names}")
    return fitting[0]


def _provisioning(tenant_id: UUID) -> Principal:
    return Principal.system(tenant_id=tenant_id, purpose="provisioning")
