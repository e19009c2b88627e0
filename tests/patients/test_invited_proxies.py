"""A patient invites somebody to act for them: who may, what the link shows, who accepts, and how it ends."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.kernel.db import Database, PortalSession
from portal.kernel.errors import NotFound
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import (
    AccessGrant,
    GrantRefused,
    InvitationVoid,
    OwnRecord,
    ProxyInvitation,
    TooManyInvitations,
    accept_proxy_invitation,
    end_proxy,
    end_proxy_invitation,
    grant_access,
    invite_proxy,
    my_patients,
    open_proxy_invitations,
)
from tests.factories.identity import patient_sign_in, staff_member
from tests.factories.patients import make_carer, make_patient
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside
from tests.support.race import at_once

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
OWN, HELPERS, OTHERS = "+16175550161", "+16175550162", "+16175550163"


class Family:
    """A patient, the account of somebody who may help, and what both do."""

    def __init__(self, worker: Database, clinic: Clinic, session_as: SessionAs, clock: Clock) -> None:
        self.clinic, self.session_as, self.clock = clinic, session_as, clock
        self.account, self.patient = make_patient(worker, clinic, now=clock.now, target=OWN)
        self.helper = patient_sign_in(worker, clinic, target=HELPERS, now=clock.now)

    def who(self, account: UUID, purpose: str = "own-proxies") -> Principal:
        return Principal.of(tenant_id=self.clinic.id, user_id=account, roles={Role.PATIENT}).acting(purpose=purpose)

    def invite(self, target: str = HELPERS, *, account: UUID | None = None, days: int = 30) -> str:
        """The link's token."""
        with self.session_as(self.who(account or self.account)) as session:
            path = invite_proxy(
                session,
                patient_id=self.patient,
                channel="email" if "@" in target else "sms",
                target=target,
                parts=["health", "appointments"],
                until=self.clock.now + timedelta(days=days),
                language="en",
                now=self.clock.now,
            )
        return path.rpartition("/")[2]

    def accept(self, token: str, *, account: UUID | None = None) -> AccessGrant:
        with self.session_as(self.who(account or self.helper, "registration")) as session:
            return accept_proxy_invitation(session, token=token, now=self.clock.now)

    def waiting(self) -> list[str]:
        with self.session_as(self.who(self.account)) as session:
            return [one.contact for one in open_proxy_invitations(session, patient_id=self.patient, now=self.clock.now)]

    def helped(self) -> list[UUID]:
        with self.session_as(self.who(self.helper, "care")) as session:
            return [one.id for one in my_patients(session)]


@pytest.fixture
def family(worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock) -> Family:
    return Family(worker_database, clinic, session_as, clock)


def test_the_invited_acts_in_the_chosen_parts_until_the_chosen_day(family: Family, clock: Clock) -> None:
    token = family.invite()
    assert family.waiting() == [HELPERS] and family.helped() == []
    grant = family.accept(token)
    assert (grant.basis, grant.reason, grant.scope) == ("proxy", "invited", ["appointments", "health"])
    assert family.waiting() == [] and family.helped() == [family.patient]
    with pytest.raises(InvitationVoid):
        family.accept(token)
    clock.advance(days=30)
    assert family.helped() == []


def test_the_patient_ends_it_any_time(family: Family, session_as: SessionAs, clock: Clock) -> None:
    family.accept(family.invite())
    clock.advance(seconds=1)
    with session_as(family.who(family.account, "access-log")) as session:
        assert end_proxy(session, patient_id=family.patient, user_id=family.helper, now=clock.now) == 1
    clock.advance(seconds=1)
    assert family.helped() == []


def test_only_who_signs_in_with_the_contact_accepts(
    family: Family, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    token = family.invite()
    other = patient_sign_in(worker_database, clinic, target=OTHERS, now=clock.now)
    for account in (other, family.account):
        with pytest.raises(InvitationVoid):
            family.accept(token, account=account)
    with pytest.raises(InvitationVoid):
        family.accept("no-such-token")
    clock.advance(days=8)
    with pytest.raises(InvitationVoid):
        family.accept(token)


def test_nobody_invites_for_a_record_that_they_do_not_hold(
    family: Family, worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    make_carer(
        worker_database,
        clinic,
        patient_id=family.patient,
        parts=["health"],
        now=clock.now,
        account_id=family.helper,
    )
    with pytest.raises(NotFound):
        family.invite(OTHERS, account=family.helper)
    with pytest.raises(OwnRecord):
        family.invite(OWN)


def test_without_an_invitation_the_database_refuses_the_grant(
    family: Family, session_as: SessionAs, clock: Clock
) -> None:
    until = clock.now + timedelta(days=30)

    def take(session: PortalSession, scope: list[str], until: datetime) -> None:
        grant_access(
            session,
            patient_id=family.patient,
            user_id=family.helper,
            basis="proxy",
            reason="invited",
            scope=scope,
            until=until,
            now=clock.now,
        )

    family.invite()
    with session_as(family.who(family.helper, "registration")) as session, pytest.raises(GrantRefused):
        take(session, ["health"], until)
    with session_as(family.who(family.helper, "registration")) as session:
        invitation = session.scalars(select(ProxyInvitation)).one()
        invitation.used_at, invitation.used_by = clock.now, family.helper
        session.flush()
        for scope, end in ((["bills"], until), (["appointments", "health"], until + timedelta(days=1))):
            with pytest.raises(GrantRefused):
                take(session, scope, end)
        take(session, ["appointments", "health"], until)


def test_invited_anew_only_the_last_link_leads_on_and_five_a_day_are_enough(family: Family, clock: Clock) -> None:
    first, second = family.invite(), family.invite()
    with pytest.raises(InvitationVoid):
        family.accept(first)
    family.accept(second)
    for number in range(3):
        family.invite(f"somebody{number}@example.com")
    with pytest.raises(TooManyInvitations):
        family.invite(OTHERS)
    clock.advance(days=1, seconds=1)
    family.invite(OTHERS)


def test_taken_back_it_leads_nowhere(
    family: Family, session_as: SessionAs, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    clerk = staff_member(worker_database, clinic, now=clock.now)
    desk = Principal.of(tenant_id=clinic.id, user_id=clerk, roles=[Role.FRONT_DESK]).acting(purpose="proxies")
    for who in (family.who(family.account), desk):
        token = family.invite()
        with session_as(who) as session:
            (open_one,) = open_proxy_invitations(session, patient_id=family.patient, now=clock.now)
            for expected in (True, False):
                ended = end_proxy_invitation(
                    session, patient_id=family.patient, invitation_id=str(open_one.id), now=clock.now
                )
                assert ended is expected
        with pytest.raises(InvitationVoid):
            family.accept(token)


def test_two_browsers_accept_once(family: Family, database: Database, clock: Clock) -> None:
    token = family.invite()

    def accept(_number: int) -> None:
        with database.transaction(family.who(family.helper, "registration")) as session:
            accept_proxy_invitation(session, token=token, now=clock.now)

    answers = at_once(accept, range(2), told=InvitationVoid)
    assert sum(isinstance(one, InvitationVoid) for one in answers) == 1


def test_from_the_patients_page_to_the_helpers_and_back(
    client: PolicedClient,
    new_client: Callable[[], PolicedClient],
    family: Family,
    outside: Outside,
    run_tasks: Callable[[], int],
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
) -> None:
    person = client.sign_in(family.account)
    address = clinic.path(f"p/{family.patient}/access")
    form = person.get(person.get(address).links()["Let somebody act for you"])
    last = clock.now + timedelta(days=60)
    day = {"until-day": str(last.day), "until-month": str(last.month), "until-year": str(last.year)}
    wrong = person.submit(form, {"contact": OWN, "parts": ["health"], **day})
    assert wrong.status == 422 and "Write the other person’s own" in wrong.text
    sent = person.submit(form, {"contact": HELPERS, "parts": ["health"], **day})
    assert (sent.status, sent.location) == (303, address)
    assert HELPERS in person.get(address).text
    run_tasks()
    (message,) = [one for one in outside.sent if one.to == HELPERS]
    assert "Maria" not in message.text
    link = "/" + message.text.rpartition("localhost/")[2].split()[0]

    stranger = new_client()
    shown = stranger.get(link)
    assert "Maria" not in shown.html and "Send me a code" in shown.text
    assert stranger.get(clinic.path("act-for/unknown")).status == 404
    helper = new_client().sign_in(family.helper)
    home = helper.submit(helper.get(link), button="Accept")
    assert home.status == 303 and str(family.patient) in home.location
    assert helper.get(link).status == 404
    page = person.get(address)
    assert "Somebody whom the patient has invited" in page.text and "not accepted yet" not in page.text
    clerk = staff_member(worker_database, clinic, now=clock.now)
    desk = new_client().sign_in(clerk).get(clinic.path(f"staff/patients/{family.patient}/access"))
    assert "Somebody whom the patient has invited" in desk.text
    assert person.submit(page, button="End this access").status == 303
    assert "has invited" not in person.get(address).text
