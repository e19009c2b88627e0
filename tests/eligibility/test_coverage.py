"""Who pays: stated by the patient or at the desk, checked by the desk."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from portal.eligibility import (
    CoverageChanged,
    CoverageStatement,
    check_coverage,
    coverage_of,
    coverages_of,
    record_coverage,
)
from portal.kernel.db import Database
from tests.factories.people import People, make_people
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

INSURED = CoverageStatement(kind="insurance", payer="Blue Shield", plan="Silver", member_id="AB 12-34")


def state(people: People, database: Database, clock: Clock, statement: CoverageStatement = INSURED) -> None:
    with database.transaction(people.patient_principal()) as session:
        record_coverage(session, patient_id=people.patient_id, statement=statement, now=clock.now)


def address(people: People, rest: str = "") -> str:
    return people.clinic.path(f"staff/patients/{people.patient_id}/coverage{rest}")


def test_insurance_is_unclear_until_somebody_checks_it(
    client: PolicedClient, people: People, database: Database, clock: Clock
) -> None:
    state(people, database, clock)
    page = client.sign_in(people.desk).get(address(people))
    assert "Blue Shield" in page.text and "AB 12-34" in page.text and "Unclear" in page.text
    after = client.submit(page, {"status": "clear", "note": "Asked by phone"}, follow=True)
    assert after.status == 200 and "Asked by phone" in after.text
    with database.transaction(people.desk_principal()) as session:
        coverage = coverage_of(session, patient_id=people.patient_id)
        assert coverage is not None
        assert (coverage.status, coverage.checked_by, coverage.checked_at) == ("clear", people.desk, clock.now)
        row = session.execute(text("SELECT member_id_sealed, note_sealed FROM eligibility.coverage")).one()
    assert b"AB" not in bytes(row.member_id_sealed) and b"Asked" not in bytes(row.note_sealed)


def test_self_pay_is_clear_at_once(people: People, database: Database, clock: Clock) -> None:
    state(people, database, clock, CoverageStatement(kind="self-pay"))
    with database.transaction(people.desk_principal()) as session:
        found = coverages_of(session, [people.patient_id, people.stranger_id])
    assert {patient: row.status for patient, row in found.items()} == {people.patient_id: "clear"}


def test_the_same_statement_again_keeps_the_status_and_another_supersedes_it(
    people: People, database: Database, clock: Clock
) -> None:
    state(people, database, clock)
    with database.transaction(people.desk_principal()) as session:
        coverage = coverage_of(session, patient_id=people.patient_id)
        assert coverage is not None
        check_coverage(
            session, patient_id=people.patient_id, coverage_id=coverage.id, status="clear", note="", now=clock.now
        )
    state(
        people,
        database,
        clock,
        CoverageStatement(kind="insurance", payer="Blue Shield", plan="Silver", member_id="ab1234"),
    )
    with database.transaction(people.desk_principal()) as session:
        same = coverage_of(session, patient_id=people.patient_id)
        assert same is not None and same.status == "clear"
    state(people, database, clock, CoverageStatement(kind="insurance", payer="Another"))
    with database.transaction(people.desk_principal()) as session:
        other = coverage_of(session, patient_id=people.patient_id)
        assert other is not None and (other.payer, other.status) == ("Another", "unclear")
        assert session.execute(text("SELECT count(*) FROM eligibility.coverage")).scalar() == 2


def test_a_coverage_that_changed_meanwhile_is_not_judged_by_what_stood_before(
    client: PolicedClient, people: People, database: Database, clock: Clock
) -> None:
    state(people, database, clock)
    page = client.sign_in(people.desk).get(address(people))
    state(people, database, clock, CoverageStatement(kind="insurance", payer="Another"))
    late = client.submit(page, {"status": "clear"})
    assert late.status == 422 and "changed meanwhile" in late.errors and "Another" in late.text
    with pytest.raises(CoverageChanged), database.transaction(people.desk_principal()) as session:
        check_coverage(
            session, patient_id=people.patient_id, coverage_id=people.patient_id, status="clear", note="", now=clock.now
        )


def test_the_desk_writes_down_what_a_patient_says_on_the_phone(client: PolicedClient, people: People) -> None:
    page = client.sign_in(people.desk).get(address(people))
    assert "Nobody has said who pays" in page.text
    form = client.get(address(people, "/new"))
    refused = client.submit(form, {"kind": "insurance"})
    assert refused.status == 422 and "insurance company" in refused.errors
    after = client.submit(refused, {"kind": "insurance", "payer": "Aetna"}, follow=True)
    assert "Aetna" in after.text


def test_the_page_is_the_desks(client: PolicedClient, people: People) -> None:
    for account in (people.account, people.stranger, people.clinician):
        assert client.sign_in(account).get(address(people)).status == 403
        assert client.post(address(people), {"status": "clear"}).status == 403


def test_another_clinics_patient_is_not_there(
    client: PolicedClient, people: People, worker_database: Database, other_clinic: Clinic, clock: Clock
) -> None:
    theirs = make_people(worker_database, other_clinic, now=clock.now)
    client.sign_in(people.desk)
    assert client.get(people.clinic.path(f"staff/patients/{theirs.patient_id}/coverage")).status == 404


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE eligibility.coverage SET status = 'clear'",
        "UPDATE eligibility.coverage SET checked_at = now(), checked_by = patient_id",
    ],
)
def test_a_patient_cannot_clear_their_own_coverage(
    people: People, database: Database, clock: Clock, change: str
) -> None:
    state(people, database, clock)
    with pytest.raises(ProgrammingError), database.transaction(people.patient_principal()) as session:
        session.execute(text(change))


def test_a_stranger_sees_no_coverage(people: People, database: Database, clock: Clock) -> None:
    state(people, database, clock)
    with database.transaction(people.stranger_principal()) as session:
        assert coverage_of(session, patient_id=people.patient_id) is None
