"""Taking a consent back: it holds no longer, the next call asks for it anew, and a call that goes on ends."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.consent import (
    Signature,
    Withdrawal,
    consent_state,
    has_consent,
    patients_with_consent,
    sign_document,
    signatures_of,
    withdraw_consent,
)
from portal.kernel.db import Database
from portal.kernel.errors import NotFound
from tests.factories.consent import publish_telehealth, sign_telehealth
from tests.factories.people import People
from tests.support.client import Page, PolicedClient
from tests.support.clock import Clock
from tests.support.race import at_once


@pytest.fixture
def signature(worker_database: Database, database: Database, people: People, clock: Clock) -> UUID:
    publish_telehealth(worker_database, people.clinic, now=clock.now)
    return sign(database, people, clock)


def sign(database: Database, people: People, clock: Clock) -> UUID:
    return sign_telehealth(
        database, people.clinic, account_id=people.account, patient_id=people.patient_id, now=clock.now
    )


def withdraw(database: Database, people: People, signature: UUID, clock: Clock) -> None:
    with database.transaction(people.patient_principal("consent-withdrawal")) as session:
        withdraw_consent(session, patient_id=people.patient_id, signature_id=signature, now=clock.now)


def state(database: Database, people: People) -> str:
    with database.transaction(people.patient_principal()) as session:
        found = consent_state(session, patient_id=people.patient_id)
        assert has_consent(session, patient_id=people.patient_id) == (found.state == "signed")
        assert (people.patient_id in patients_with_consent(session, [people.patient_id])) == (found.state == "signed")
        return found.state


def by_hand(client: PolicedClient, people: People, signature: UUID) -> Page:
    signed = client.get(people.clinic.path(f"p/{people.patient_id}/consent/{signature}"))
    assert "Withdraw this consent" in signed.text
    asked = client.get(people.clinic.path(f"p/{people.patient_id}/consent/{signature}/withdraw"))
    assert "You may withdraw your consent at any time" in asked.text
    return client.submit(asked, {}, button="Withdraw my consent", follow=True)


def test_who_withdraws_is_told_what_it_means_and_may_sign_again(
    client: PolicedClient, people: People, database: Database, signature: UUID, clock: Clock
) -> None:
    client.sign_in(people.account)
    done = by_hand(client, people, signature)
    assert "You have withdrawn the consent to video visits" in done.text
    assert "Withdraw this consent" not in done.text
    assert state(database, people) == "withdrawn"
    assert "You withdrew it" in client.get(people.clinic.path("home"), follow=True).text
    clock.advance(minutes=1)
    page = client.get(people.clinic.path(f"p/{people.patient_id}/consent"))
    assert "You withdrew this consent" in page.text
    client.submit(page, {"typed_name": "Maria Gomez", "agreed": "y"}, button="Sign")
    assert state(database, people) == "signed"
    with database.transaction(people.patient_principal()) as session:
        assert [one.round for one in signatures_of(session, patient_id=people.patient_id)] == [1, 0]


def test_what_was_signed_stays_with_its_copy(
    client: PolicedClient, people: People, database: Database, signature: UUID, clock: Clock
) -> None:
    withdraw(database, people, signature, clock)
    page = client.sign_in(people.account).get(people.clinic.path(f"p/{people.patient_id}/consent/{signature}"))
    assert "Maria Gomez" in page.text and "Withdrawn" in page.text


def test_withdrawn_twice_it_is_withdrawn_once(
    database: Database, people: People, signature: UUID, clock: Clock
) -> None:
    withdraw(database, people, signature, clock)
    clock.advance(minutes=5)
    withdraw(database, people, signature, clock)
    with database.transaction(people.patient_principal()) as session:
        (row,) = session.scalars(select(Withdrawal)).all()
        assert row.withdrawn_at == clock.now - timedelta(minutes=5)


def test_two_browsers_withdraw_and_sign_again_at_once(
    database: Database, people: People, signature: UUID, clock: Clock
) -> None:
    at_once(lambda _: withdraw(database, people, signature, clock), range(4))
    assert state(database, people) == "withdrawn"
    at_once(lambda _: sign(database, people, clock), range(4))
    assert state(database, people) == "signed"
    with database.transaction(people.patient_principal()) as session:
        assert len(session.scalars(select(Withdrawal)).all()) == 1
        assert len(session.scalars(select(Signature)).all()) == 2


def test_a_newer_text_asks_as_before_whatever_was_withdrawn(
    database: Database, worker_database: Database, people: People, signature: UUID, clock: Clock
) -> None:
    withdraw(database, people, signature, clock)
    publish_telehealth(worker_database, people.clinic, now=clock.now)
    assert state(database, people) == "withdrawn"
    sign(database, people, clock)
    assert state(database, people) == "signed"


def test_nobody_withdraws_what_is_not_there_or_in_anothers_name(
    database: Database, people: People, signature: UUID, clock: Clock
) -> None:
    with pytest.raises(NotFound):
        withdraw(database, people, people.patient_id, clock)
    with pytest.raises(ProgrammingError), database.transaction(people.desk_principal()) as session:
        withdraw_consent(session, patient_id=people.patient_id, signature_id=signature, now=clock.now)
    with pytest.raises(ProgrammingError), database.transaction(people.patient_principal()) as session:
        session.add(
            Withdrawal(
                patient_id=people.patient_id,
                signature_id=signature,
                withdrawn_at=clock.now,
                withdrawn_by=people.patient_id,
            )
        )
        session.flush()


def test_a_withdrawal_is_final(database: Database, people: People, signature: UUID, clock: Clock) -> None:
    withdraw(database, people, signature, clock)
    for change in ("DELETE FROM consent.withdrawal", "UPDATE consent.withdrawal SET withdrawn_at = now()"):
        with (
            pytest.raises((ProgrammingError, IntegrityError)),
            database.transaction(people.patient_principal()) as session,
        ):
            session.execute(text(change))


def test_signed_twice_without_a_withdrawal_it_is_one_signature(
    database: Database, people: People, signature: UUID, clock: Clock
) -> None:
    with database.transaction(people.patient_principal("consent")) as session:
        document = consent_state(session, patient_id=people.patient_id).document
        assert document is not None
        again = sign_document(
            session,
            patient_id=people.patient_id,
            kind="telehealth",
            sha256=document.read_in("en").sha256,
            language="en",
            typed_name="Maria Gomez",
            zone="UTC",
            now=clock.now,
        )
        assert again.id == signature
