"""The directory: who may see patients where, and the administrator's pages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from sqlalchemy.exc import ProgrammingError

from portal.kernel.db import Database, PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.practitioners import (
    AccountTaken,
    LicenceKnown,
    add_licence,
    create_practitioner,
    licences_in_force,
    licensed_practitioners,
    list_practitioners,
    practitioner_from_import,
    practitioner_of_account,
)
from tests.factories.identity import staff_member
from tests.factories.practitioners import make_practitioner
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
TODAY = date(2026, 11, 24)


@pytest.fixture
def admin(client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock) -> PolicedClient:
    return client.sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))


def test_a_licence_holds_in_its_place_from_day_to_day(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    _, priya = make_practitioner(worker_database, clinic, now=clock.now, jurisdictions=["US-MA"])
    with worker_database.transaction(clinic.system("provisioning")) as session:
        add_licence(
            session, practitioner_id=priya, jurisdiction="US-NH", number="1", since=TODAY, until=date(2026, 11, 30)
        )
        with pytest.raises(LicenceKnown):
            add_licence(session, practitioner_id=priya, jurisdiction="US-NH", number="1", since=TODAY)
    with session_as(Principal.visitor(tenant_id=clinic.id)) as session:

        def names(place: str, on: date) -> list[str]:
            return [one.name for one in licensed_practitioners(session, jurisdiction=place, on=on)]

        assert names("US-NH", TODAY) == names("US-NH", date(2026, 11, 30)) == ["Dr. Priya Raman"]
        assert names("US-NH", date(2026, 12, 1)) == names("US-NH", date(2026, 11, 23)) == []
        assert names("US-VT", TODAY) == []
        assert {one.jurisdiction for one in licences_in_force(session, on=TODAY)} == {"US-MA", "US-NH"}


def test_an_imported_practitioner_is_not_offered(
    worker_database: Database, clinic: Clinic, session_as: SessionAs, clock: Clock
) -> None:
    with worker_database.transaction(clinic.system("import")) as session:
        first, new = practitioner_from_import(session, npi="500", name="Dr. Schmitt", zone="UTC", now=clock.now)
        again, second = practitioner_from_import(session, npi="500", name="Other", zone="UTC", now=clock.now)
        assert (new, second, first.id) == (True, False, again.id)
    with session_as(Principal.visitor(tenant_id=clinic.id)) as session:
        assert list_practitioners(session) == []
        assert len(list_practitioners(session, listed=False)) == 1


def test_an_account_is_one_practitioner(worker_database: Database, clinic: Clinic, clock: Clock) -> None:
    account, practitioner = make_practitioner(worker_database, clinic, now=clock.now)
    with worker_database.transaction(clinic.system("provisioning")) as session:
        known = practitioner_of_account(session, account)
        assert known is not None
        assert known.id == practitioner
        with pytest.raises(AccountTaken):
            create_practitioner(session, name="Dr. Twice", zone="UTC", account_id=account, now=clock.now)


def test_a_visitor_reads_and_does_not_write(clinic: Clinic, session_as: SessionAs, clock: Clock) -> None:
    with pytest.raises(ProgrammingError), session_as(Principal.visitor(tenant_id=clinic.id)) as session:
        create_practitioner(session, name="Dr. Nobody", zone="UTC", now=clock.now)


def test_an_administrator_adds_a_clinician_with_a_licence(
    admin: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    account = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Lee")
    page = admin.get(clinic.path("staff/practitioners/new"))
    assert admin.submit(page, {"name": "", "languages": []}).status == 422
    said = {"name": "Dr. Lee", "account": str(account), "specialty_en": "Family medicine", "languages": ["en", "vi"]}
    made = admin.submit(page, said)
    assert made.status == 303, made.errors
    twice = admin.submit(admin.get(clinic.path("staff/practitioners/new")), said)
    assert twice.status == 422
    shown = admin.get(made.location)
    licence = {"jurisdiction": "US-MA", "number": "77", "since-day": "1", "since-month": "2", "since-year": "2024"}
    wrong = admin.submit(shown, licence | {"until-day": "1", "until-month": "1", "until-year": "2024"})
    assert wrong.status == 422
    assert admin.submit(shown, licence, button="Add the licence").status == 303
    listed = admin.get(made.location)
    assert "Massachusetts 77" in listed.text
    assert admin.submit(listed, button="End today").status == 303
    assert "End today" not in admin.get(made.location).text
    assert "Dr. Lee" in admin.get(clinic.path("staff/practitioners")).text


def test_an_administrator_takes_a_clinician_out_of_the_offer(
    admin: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, session_as: SessionAs
) -> None:
    _, practitioner = make_practitioner(worker_database, clinic, now=clock.now)
    page = admin.get(clinic.path(f"staff/practitioners/{practitioner}"))
    answer = admin.submit(page, {"name": "Dr. P. Raman", "listed": ""}, button="Save")
    assert answer.status == 303, answer.errors
    with session_as(Principal.visitor(tenant_id=clinic.id)) as session:
        assert list_practitioners(session) == []
        assert [one.name for one in list_practitioners(session, listed=False)] == ["Dr. P. Raman"]


def test_the_directory_is_the_administrators(
    client: PolicedClient, worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock
) -> None:
    desk = staff_member(worker_database, clinic, now=clock.now)
    _, foreign = make_practitioner(worker_database, other_clinic, now=clock.now)
    client.sign_in(desk)
    for path in ("staff/practitioners", "staff/practitioners/new", f"staff/practitioners/{foreign}"):
        assert client.get(clinic.path(path)).status == 403
    client.sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))
    assert client.get(clinic.path(f"staff/practitioners/{foreign}")).status == 404
    assert client.post(clinic.path(f"staff/practitioners/{foreign}/licences")).status == 404
