"""What all drills share: the demo's database by login role, people and patients of a drill's own, and its report."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from pydantic import SecretStr

from deploy.console import kept, var_folder
from deploy.environment import is_demo
from deploy.programs import command_role, python
from portal.app.commands import the_clinic
from portal.app.processes import Process, make_process
from portal.app.wiring import wire_identity
from portal.identity import (
    create_staff_account,
    end_account,
    load_principal,
    provision_authenticator,
    staff_accounts,
    start_session,
)
from portal.kernel.clock import utc_now
from portal.kernel.config import Settings
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import Details, create_patient_by_staff, grant_access, patient_by_id
from portal.tenancy import Organisation


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command of the portal's command line said, and how it ended."""

    code: int
    output: str


@dataclass(frozen=True, kw_only=True)
class Employee:
    """Somebody whom a drill has taken on."""

    id: UUID
    email: str
    roles: tuple[Role, ...]


@dataclass(kw_only=True)
class Drill:
    """One drill at one clinic. `process_of`: a process by its login role; `run`: the command line.

    `restart`: what is asked of `process_of` from then on has read its keys anew.
    """

    clinic: Organisation
    process_of: Callable[[str], Process]
    run: Callable[..., Ran]
    restart: Callable[[], None] = lambda: None
    say: Callable[[str], object] = print
    now: Callable[[], datetime] = utc_now
    failed: list[str] = field(default_factory=list)

    def step(self, words: str) -> None:
        """Say what is done."""
        self.say(f"- {words}")

    def check(self, words: str, *, holds: bool) -> None:
        """Say whether it is as it should be; one that does not hold fails the drill."""
        self.say(f"  {'yes' if holds else 'NO'}: {words}")
        if not holds:
            self.failed.append(words)

    def command(self, *arguments: str, **environment: str) -> Ran:
        """Run `portal …`, say so, and what it said."""
        self.step(f"portal {' '.join(arguments)}")
        ran = self.run(*arguments, **environment)
        for line in ran.output.splitlines():
            self.say(f"    {line}")
        return ran

    def as_system(self, purpose: str, *, login: str = "portal_worker") -> AbstractContextManager[PortalSession]:
        """A transaction of the portal's own process."""
        principal = Principal.system(tenant_id=self.clinic.id, purpose=purpose)
        return self.process_of(login).database.transaction(principal)

    def as_person(self, principal: Principal) -> AbstractContextManager[PortalSession]:
        """A transaction of the web process, for somebody."""
        return self.process_of("portal_web").database.transaction(principal)

    def administrator(self, purpose: str) -> Principal:
        """The clinic's first administrator, at a page of this purpose."""
        with self.as_system("provisioning") as session:
            found = staff_accounts(session, role=Role.CLINIC_ADMIN)[0]
        principal = Principal.of(tenant_id=self.clinic.id, user_id=found.id, roles=[Role.CLINIC_ADMIN])
        return principal.acting(purpose=purpose)

    def hire(self, name: str, *roles: Role) -> Employee:
        """A member of staff with an authenticator app."""
        email = f"drill-{secrets.token_hex(4)}@{self.clinic.slug}.example.com"
        with self.as_system("provisioning") as session:
            account = create_staff_account(
                session,
                email=email,
                password=secrets.token_urlsafe(24),
                name=name,
                roles=roles,
                language=self.clinic.default_language,
                zone=self.clinic.zone,
                now=self.now(),
            )
            secret = secrets.token_hex(20)
            provision_authenticator(session, account_id=account, name="Drill", secret=secret, now=self.now())
        return Employee(id=account, email=email, roles=roles)

    def sign_in(self, person: Employee, *, device: str, address: str) -> str:
        """A browser of theirs is signed in; its token."""
        with self.as_person(Principal.visitor(tenant_id=self.clinic.id).acting(purpose="sign-in")) as session:
            return start_session(session, account_id=person.id, device=device, address=address, now=self.now())

    def opens(self, token: str) -> Principal | None:
        """Whom the browser acts for at its next request; None: nobody."""
        with self.as_person(Principal.visitor(tenant_id=self.clinic.id).acting(purpose="session")) as session:
            found = load_principal(session, token)
        return found.principal if found else None

    def leave(self, person: Employee) -> None:
        """End the account: it stays in the record and opens nothing."""
        with self.as_person(self.administrator("people")) as session:
            end_account(session, account_id=person.id, reason="End of the drill.", now=self.now())

    def patients(self, count: int, *, of: Employee) -> list[UUID]:
        """Patients of the drill's own, in somebody's care."""
        made = []
        with self.as_system("provisioning") as session:
            for number in range(1, count + 1):
                patient = create_patient_by_staff(session, details=_details(self.clinic, number), now=self.now())
                grant_access(
                    session,
                    patient_id=patient.id,
                    user_id=of.id,
                    basis="care-team",
                    reason="drill",
                    until=None,
                    now=self.now(),
                )
                made.append(patient.id)
        return made

    def look_at(self, token: str, patients: Sequence[UUID], *, address: str) -> int:
        """Open records in a browser that is signed in, from an address; how many there were to see."""
        principal = self.opens(token)
        if principal is None:
            return 0
        with self.as_person(replace(principal.acting(purpose="care"), address=address)) as session:
            return sum(patient_by_id(session, patient_id=one) is not None for one in patients)


def _details(clinic: Organisation, number: int) -> Details:
    return Details(
        given_name="Drill",
        family_name=f"Patient {number}",
        birth_date=date(1980, 1, number),
        sex="unknown",
        language=clinic.default_language,
        zone=clinic.zone,
        jurisdiction=clinic.jurisdiction,
        email=f"drill-patient-{number}@example.com",
    )


def on_the_demo(rehearse: Callable[[Drill], None], *, slug: str = "harbour") -> int:
    """Do a drill over what `make run` keeps, whether it runs or not; 0 when all its checks held."""
    if not is_demo(os.environ):
        sys.exit("A drill makes accounts and patients: it runs on the demo only, and DEMO is false.")
    with kept(var_folder()) as (environment, addresses):

        def run(*arguments: str, **more: str) -> Ran:
            done = subprocess.run(
                python("portal.app.cli", *arguments),
                env={**environment, "DATABASE_URL": addresses[command_role(arguments)], **more},
                check=False,
                capture_output=True,
                text=True,
            )
            return Ran(code=done.returncode, output=done.stdout + done.stderr)

        processes: dict[str, Process] = {}

        def restart() -> None:
            for process in processes.values():
                process.database.engine.dispose()
            processes.clear()

        def process_of(login: str) -> Process:
            if login not in processes:
                processes[login] = make_process(_settings(environment, addresses[login]), pool_size=2)
            return processes[login]

        worker = process_of("portal_worker")
        wire_identity(worker.settings)
        drill = Drill(clinic=the_clinic(worker.database, slug), process_of=process_of, run=run, restart=restart)
        try:
            rehearse(drill)
        finally:
            restart()
    drill.say(f"{len(drill.failed)} checks did not hold." if drill.failed else "Every check held.")
    return 1 if drill.failed else 0


def _settings(environment: dict[str, str], address: str) -> Settings:
    os.environ.update(environment)
    settings: Settings = Settings(database_url=SecretStr(address))  # type: ignore[call-arg]  # the rest: environment
    return settings
