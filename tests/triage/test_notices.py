"""The front desk's red flags."""

import pytest
from sqlalchemy import text

from portal.kernel.db import Database
from portal.triage import (
    AlreadyHandled,
    assess,
    handle_notice,
    open_red_flags,
    record_red_flags,
    red_flags_of,
    review_red_flag,
    withdraw_red_flags,
)
from tests.factories.people import People
from tests.support.client import PolicedClient
from tests.support.clock import Clock


@pytest.fixture
def raised(people: People, database: Database, clock: Clock) -> People:
    assessment = assess({"warning_signs": ["chest-pain"]})
    assert assessment is not None
    with database.transaction(people.patient_principal()) as session:
        record_red_flags(session, patient_id=people.patient_id, assessment=assessment, now=clock.now)
    return people


def address(people: People, rest: str = "") -> str:
    return people.clinic.path("staff/red-flags" + (f"/{rest}" if rest else ""))


def test_the_desk_sees_whom_to_phone_and_not_why(client: PolicedClient, raised: People) -> None:
    page = client.sign_in(raised.desk).get(address(raised))
    assert "1 patient to phone" in page.text
    assert "Maria Gomez" in page.text
    assert page.links()["+16175550123"] == "tel:+16175550123"
    assert "chest" not in page.text.lower()


def test_the_desk_says_what_it_did(client: PolicedClient, raised: People, database: Database) -> None:
    page = client.sign_in(raised.desk).get(address(raised))
    form = client.get(page.links()["Maria Gomez"])
    refused = client.submit(form, {"note": "Called twice"})
    assert refused.status == 422 and "Choose what you did." in refused.errors and "Called twice" in refused.html
    after = client.submit(form, {"done": "reached", "note": "Called twice"}, follow=True)
    assert "0 patients to phone" in after.text
    assert "I spoke with the patient" in after.text and "Called twice" in after.text
    with database.transaction(raised.desk_principal()) as session:
        assert open_red_flags(session).rows == []
        row = session.execute(text("SELECT note_sealed, handled_by FROM triage.red_flag_notice")).one()
    assert row.handled_by == raised.desk and b"Called" not in bytes(row.note_sealed)


def test_two_at_the_desk_handle_it_once(
    client: PolicedClient, raised: People, database: Database, clock: Clock
) -> None:
    with database.transaction(raised.desk_principal()) as session:
        notice = open_red_flags(session).rows[0].id
    form = client.sign_in(raised.desk).get(address(raised, str(notice)))
    with database.transaction(raised.desk_principal()) as session:
        handle_notice(session, notice_id=notice, done="passed-on", note="", now=clock.now)
    late = client.submit(form, {"done": "reached"})
    assert late.status == 422 and "Somebody else has already handled this" in late.errors
    with pytest.raises(AlreadyHandled), database.transaction(raised.desk_principal()) as session:
        handle_notice(session, notice_id=notice, done="reached", note="", now=clock.now)


def test_the_page_is_the_desks(client: PolicedClient, raised: People, database: Database) -> None:
    with database.transaction(raised.desk_principal()) as session:
        notice = str(open_red_flags(session).rows[0].id)
    for account in (raised.account, raised.stranger, raised.clinician):
        client.sign_in(account)
        assert client.get(address(raised)).status == 403
        assert client.post(address(raised, notice), {"done": "reached"}).status == 403


def test_another_clinics_desk_sees_nothing(
    raised: People,
    client: PolicedClient,
    other_clinic: object,
    database: Database,
    worker_database: Database,
    clock: Clock,
) -> None:
    from tests.factories.people import make_people
    from tests.support.clinics import Clinic

    assert isinstance(other_clinic, Clinic)
    theirs = make_people(worker_database, other_clinic, now=clock.now)
    with database.transaction(raised.desk_principal()) as session:
        notice = open_red_flags(session).rows[0].id
    with database.transaction(theirs.desk_principal()) as session:
        assert open_red_flags(session).rows == []
    client.sign_in(theirs.desk, clinic=other_clinic)
    assert client.get(other_clinic.path(f"staff/red-flags/{notice}")).status == 404


def test_a_stranger_can_neither_raise_nor_withdraw(raised: People, database: Database, clock: Clock) -> None:
    with database.transaction(raised.stranger_principal()) as session:
        assert session.execute(text("UPDATE triage.red_flag_notice SET withdrawn_at = now()")).rowcount == 0  # type: ignore[attr-defined]  # a cursor result


def test_a_clinicians_judgement_is_kept_with_its_reason(raised: People, database: Database, clock: Clock) -> None:
    with database.transaction(raised.clinician_principal()) as session:
        (flag,) = red_flags_of(session, patient_id=raised.patient_id)
        review_red_flag(session, red_flag_id=flag.id, outcome="overridden", reason="Known reflux", now=clock.now)
    with database.transaction(raised.clinician_principal()) as session:
        (flag,) = red_flags_of(session, patient_id=raised.patient_id)
        assert (flag.outcome, flag.outcome_reason, flag.seen_by) == ("overridden", "Known reflux", raised.clinician)


def test_withdrawing_after_the_desk_has_handled_it_leaves_the_desks_record(
    people: People, database: Database, clock: Clock, fresh_id: object
) -> None:
    intake = fresh_id()  # type: ignore[operator]  # a fixture that is a function
    assessment = assess({"warning_signs": ["stroke"]})
    assert assessment is not None
    with database.transaction(people.patient_principal()) as session:
        record_red_flags(session, patient_id=people.patient_id, assessment=assessment, intake_id=intake, now=clock.now)
    with database.transaction(people.desk_principal()) as session:
        handle_notice(session, notice_id=open_red_flags(session).rows[0].id, done="reached", note="", now=clock.now)
    with database.transaction(people.patient_principal()) as session:
        withdraw_red_flags(session, intake_id=intake, reason="safe", now=clock.now)
    with database.transaction(people.clinician_principal()) as session:
        assert red_flags_of(session, patient_id=people.patient_id)[0].withdrawn_reason == "safe"
