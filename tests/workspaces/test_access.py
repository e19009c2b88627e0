"""Who can see a record and why, and who looked: for the person themselves, for who acts for them, and for staff."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import insert, select

from portal.audit.models import Leaf
from portal.audit.queries import SHOWN
from portal.identity import accounts_by_id
from portal.kernel.db import Base, Database, PortalSession
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import grants_on, patient_by_id, who_can_see
from portal.web.access import declared
from portal.workspaces.access_words import AREAS
from portal.workspaces.audit_words import PURPOSES, kinds
from tests.audit.conftest import leaf_of
from tests.budgets.measured import browser_of, work
from tests.factories.charting import Encounter, make_encounter, make_note
from tests.factories.identity import staff_member
from tests.factories.patients import make_carer, make_patient, open_to
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

SessionAs = Callable[[Principal], AbstractContextManager[PortalSession]]
Browsers = Callable[[], PolicedClient]


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    return make_encounter(worker_database, clinic, now=clock.now)


@pytest.fixture
def carer(worker_database: Database, session_as: SessionAs, encounter: Encounter, clinic: Clinic, clock: Clock) -> UUID:
    """Somebody who handles the patient's appointments."""
    return make_carer(worker_database, clinic, patient_id=encounter.patient_id, parts=["appointments"], now=clock.now)


def staff(database: Database, clinic: Clinic, clock: Clock, role: Role = Role.FRONT_DESK) -> Principal:
    account = staff_member(database, clinic, role, now=clock.now, name="Robin Desk")
    return Principal.of(tenant_id=clinic.id, user_id=account, roles=[role])


def own_page(clinic: Clinic, encounter: Encounter) -> str:
    return clinic.path(f"p/{encounter.patient_id}/access")


def staff_page(clinic: Clinic, encounter: Encounter) -> str:
    return clinic.path(f"staff/patients/{encounter.patient_id}/access")


def leaves(session: PortalSession, account: UUID) -> list[Leaf]:
    return list(session.scalars(select(Leaf).where(Leaf.user_id == account).order_by(Leaf.at)))


def test_the_patient_reads_who_can_see_the_record_and_why(
    client: PolicedClient, encounter: Encounter, carer: UUID
) -> None:
    page = client.sign_in(encounter.patient_account).get(own_page(client.clinic, encounter))
    assert page.status == 200
    for words in (
        "You",
        "Dr. Priya Raman",
        "Has an appointment with the patient",
        "A carer",
        "Appointments and visits",
    ):
        assert words in page.text


def test_the_patient_reads_who_looked_with_role_and_reason_and_no_address(
    client: PolicedClient, new_client: Browsers, encounter: Encounter, clinic: Clinic, worker_database: Database,
    clock: Clock,
) -> None:  # fmt: skip
    doctor = new_client().sign_in(encounter.clinician)
    assert doctor.get(clinic.path(f"staff/patients/{encounter.patient_id}/history")).status == 200
    desk = new_client().sign_in(staff(worker_database, clinic, clock).actor_id)
    for _ in range(3):
        desk.get(clinic.path(f"staff/patients/{encounter.patient_id}"))
    page = client.sign_in(encounter.patient_account).get(own_page(clinic, encounter))
    assert "Dr. Priya Raman Clinician" in page.text
    assert "Notes and history" in page.text or "Name and contact" in page.text
    assert page.text.count("Robin Desk") == 1
    assert "Keeping the record in order" in page.text
    assert "127.0.0.1" not in page.html
    assert "Own page" not in page.text
    everybody = client.get(own_page(clinic, encounter) + "?whose=all").text
    assert "Seeing who has access" in everybody


def test_what_was_looked_at_before_is_on_further_pages(
    client: PolicedClient, session_as: SessionAs, encounter: Encounter, clinic: Clinic, clock: Clock
) -> None:
    days = 2 * SHOWN + 3
    rows = [
        leaf_of(clinic, at=clock.now - timedelta(days=number))
        | {"patient_id": encounter.patient_id, "purpose": "visits"}
        for number in range(days)
    ]
    # Twice a day: one look.
    rows += [{**row, "id": new_id()} for row in rows]
    with session_as(clinic.system("tests")) as session:
        session.execute(insert(Leaf), rows)
    person = client.sign_in(encounter.patient_account)
    page = person.get(own_page(clinic, encounter))
    counts = [page.text.count("Video visit")]
    while "Older" in page.links():
        page = person.get(page.links()["Older"])
        counts.append(page.text.count("Video visit"))
    assert len(counts) == 3
    assert sum(counts) == days
    assert person.get(page.links()["Newest"]).text.count("Video visit") == counts[0]


def test_a_patient_reads_leaves_of_their_own_record_only(
    session_as: SessionAs, worker_database: Database, encounter: Encounter, carer: UUID, clinic: Clinic, clock: Clock
) -> None:
    other_account, other = make_patient(worker_database, clinic, now=clock.now, given_name="Sam")
    with session_as(Principal.of(tenant_id=clinic.id, user_id=other_account, roles=[Role.PATIENT])) as session:
        patient_by_id(session, patient_id=other)
    with session_as(encounter.as_patient()) as session:
        patient_by_id(session, patient_id=encounter.patient_id)
    with session_as(encounter.as_patient()) as session:
        assert {one.patient_id for one in session.scalars(select(Leaf))} == {encounter.patient_id}
    with session_as(Principal.of(tenant_id=clinic.id, user_id=carer, roles=[Role.PATIENT])) as session:
        assert patient_by_id(session, patient_id=encounter.patient_id) is not None
        assert session.scalars(select(Leaf)).all() == []


def test_names_of_staff_are_told_for_the_list_of_who_looked_only(session_as: SessionAs, encounter: Encounter) -> None:
    for purpose, seen in (("access-log", {encounter.clinician}), ("home", set())):
        with session_as(encounter.as_patient().acting(purpose=purpose)) as session:
            assert set(accounts_by_id(session, {encounter.clinician})) == seen


def test_a_leaf_names_the_ground_on_which_somebody_saw_the_record(
    session_as: SessionAs, worker_database: Database, encounter: Encounter, carer: UUID, clinic: Clinic, clock: Clock
) -> None:
    desk = staff(worker_database, clinic, clock)
    acting = Principal.of(tenant_id=clinic.id, user_id=carer, roles=[Role.PATIENT])
    grounds = {
        encounter.as_patient(): ("self", None),
        encounter.as_clinician(): ("appointment", None),
        acting: ("proxy", encounter.patient_id),
        desk: (None, None),
    }
    for who in grounds:
        with session_as(who) as session:
            assert patient_by_id(session, patient_id=encounter.patient_id) is not None
    with session_as(staff(worker_database, clinic, clock, Role.CLINIC_ADMIN)) as session:
        for who, ground in grounds.items():
            last = leaves(session, who.actor_id)[-1]
            assert (last.grant_basis, last.on_behalf_of) == ground
            assert last.resources == ["Patient"]


def test_naming_the_ground_takes_no_query_of_its_own(
    app: Flask, database: Database, encounter: Encounter, clinic: Clinic
) -> None:
    browser = browser_of(app, clinic.id, encounter.patient_account)
    assert work(browser, database, own_page(clinic, encounter), times=0).queries <= 7


def test_several_appointments_are_one_reason(
    session_as: SessionAs, worker_database: Database, encounter: Encounter, clinic: Clinic, clock: Clock
) -> None:
    later = clock.now + timedelta(days=300)
    open_to(
        worker_database, clinic, patient_id=encounter.patient_id, account_id=encounter.clinician, now=clock.now,
        until=later,
    )  # fmt: skip
    with session_as(encounter.as_patient()) as session:
        assert len(grants_on(session, patient_id=encounter.patient_id)) == 3
        seers = who_can_see(session, patient_id=encounter.patient_id, now=clock.now)
        assert [(one.basis, one.until) for one in seers] == [("self", None), ("appointment", later)]
        assert len(who_can_see(session, patient_id=encounter.patient_id, now=later)) == 1


def test_the_patient_ends_what_a_carer_was_given_and_nothing_else(
    client: PolicedClient, new_client: Browsers, encounter: Encounter, carer: UUID, session_as: SessionAs
) -> None:
    address = own_page(client.clinic, encounter)
    person, helper = client.sign_in(encounter.patient_account), new_client().sign_in(carer)
    theirs = helper.get(address)
    assert "You act for this person" in theirs.text
    assert "Who looked" not in theirs.text
    page = person.get(address)
    with session_as(encounter.as_patient()) as session:
        grants = grants_on(session, patient_id=encounter.patient_id)
    for grant in grants:
        if grant.basis != "proxy":
            assert person.submit(page, {"grant": str(grant.id)}, button="End this access").status == 404
    for _ in range(2):
        assert person.submit(page, button="End this access").status == 303
    assert "A carer" not in person.get(address).text
    assert helper.get(address).status == 404
    assert helper.submit(theirs, button="End this access").status in {303, 404}


def test_whoever_acts_for_somebody_may_stop(client: PolicedClient, encounter: Encounter, carer: UUID) -> None:
    helper = client.sign_in(carer)
    page = helper.get(own_page(client.clinic, encounter))
    assert helper.submit(page, button="End this access").location == client.clinic.path("people")
    assert helper.get(own_page(client.clinic, encounter)).status == 404


def test_the_desk_reads_who_can_see_and_not_who_looked(
    client: PolicedClient, worker_database: Database, encounter: Encounter, carer: UUID, clock: Clock
) -> None:
    desk = client.sign_in(staff(worker_database, client.clinic, clock).actor_id)
    record = desk.get(client.clinic.path(f"staff/patients/{encounter.patient_id}"))
    page = desk.get(record.links()["Who can see this record"])
    assert "Dr. Priya Raman" in page.text
    assert "The patient" in page.text
    assert "Who looked" not in page.text
    for _ in range(2):
        assert desk.submit(page, button="End this access").status == 303
    assert "A carer" not in desk.get(staff_page(client.clinic, encounter)).text


def test_the_administrator_reads_who_looked(
    client: PolicedClient, new_client: Browsers, worker_database: Database, encounter: Encounter, database: Database,
    clock: Clock,
) -> None:  # fmt: skip
    make_note(database, encounter, now=clock.now)
    admin = client.sign_in(staff(worker_database, client.clinic, clock, Role.CLINIC_ADMIN).actor_id)
    page = admin.get(staff_page(client.clinic, encounter))
    assert "Who looked" in page.text
    assert "Dr. Priya Raman Clinician" in page.text
    assert "Changed" in page.text


def test_a_strange_cursor_shows_nothing_and_breaks_nothing(client: PolicedClient, encounter: Encounter) -> None:
    person = client.sign_in(encounter.patient_account)
    assert person.get(own_page(client.clinic, encounter) + "?before=x").status == 200
    nowhere = person.get(own_page(client.clinic, encounter) + f"?before={encounter.patient_id}")
    assert "Nobody looked before this" in nowhere.text


def test_clinicians_and_patients_do_not_open_the_staffs_page(client: PolicedClient, encounter: Encounter) -> None:
    for account in (encounter.clinician, encounter.patient_account):
        client.sign_in(account)
        assert client.get(staff_page(client.clinic, encounter)).status == 403


def test_each_purpose_with_which_a_record_is_opened_has_words(app: Flask) -> None:
    asked = {
        says.purpose
        for rule in app.url_map.iter_rules()
        if (says := declared(app, rule.endpoint)) is not None and says.permission is not None
    }
    assert asked - set(PURPOSES) == set()
    assert len({str(words) for words in PURPOSES.values()}) == len(PURPOSES)


def test_each_kind_of_row_of_a_patient_has_words() -> None:
    owned = {mapper.class_.__name__ for mapper in Base.registry.mappers if mapper.class_.__patient__}
    assert {name for name in owned if kinds([name]) == [name]} == set()


def test_each_part_of_a_record_has_words() -> None:
    owned = {mapper.local_table.schema for mapper in Base.registry.mappers if mapper.class_.__patient__}
    assert owned - set(AREAS) == set()
