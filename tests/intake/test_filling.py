"""A patient fills the form in, in the browser."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from portal.intake import intake_progress, latest_intake, reported
from portal.kernel.db import Database
from tests.factories.intake import ANSWERS, make_intake
from tests.factories.people import People, make_people
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

#: what somebody types, step by step, for the answers of the factory
TYPED: dict[str, dict[str, Any]] = {
    "reason": {"q-concern": "skin", "q-reason": "An itching rash on my arm"},
    "safety": {"q-warning_signs": "none"},
    "symptoms": {
        "q-symptoms": "rash",
        "q-duration": "3",
        "q-duration-unit": "days",
        "q-onset": "slow",
        "q-severity": "4",
    },
    "history": {"q-conditions": "diabetes"},
    "medications": {"q-medications-0-name": "Metformin", "q-medications-0-dose": "500 mg twice a day"},
    "allergies": {"q-allergies-0-substance": "Penicillin", "q-allergies-0-reaction": "Hives"},
    "pharmacy": {"q-pharmacy_name": "Corner Pharmacy"},
    "coverage": {
        "q-coverage-kind": "insurance",
        "q-coverage-payer": "Blue Shield",
        "q-coverage-plan": "Silver",
        "q-coverage-member_id": "AB 12-34",
    },
    "photo": {},
}
GO_ON = "Save and continue"


def address(people: People, rest: str = "") -> str:
    return people.clinic.path(f"p/{people.patient_id}/intake" + (f"/{rest}" if rest else ""))


def begin(client: PolicedClient, people: People) -> Page:
    client.sign_in(people.account)
    return client.submit(client.get(address(people)), button="Start", follow=True)


def fill(client: PolicedClient, page: Page, upto: str | None = None) -> Page:
    for step, typed in TYPED.items():
        if step == upto:
            break
        assert page.url.endswith(step), (page.url, page.text[:300])
        page = client.submit(page, typed, button=GO_ON, follow=True)
    return page


def test_from_start_to_sent(client: PolicedClient, people: People, database: Database) -> None:
    page = begin(client, people)
    assert "Step 1 of 8" in page.text  # what is asked about symptoms depends on the reason
    page = fill(client, page)
    assert page.url == address(people, "summary")
    for words in ("Metformin – 500 mg twice a day", "Penicillin – Hives", "3 days", "4 of 10", "Blue Shield"):
        assert words in page.text
    done = client.submit(page, button="Send my answers", follow=True)
    assert "Your answers have arrived" in done.text
    with database.transaction(people.patient_principal()) as session:
        intake = latest_intake(session, patient_id=people.patient_id)
        assert intake is not None and intake.state == "completed"
        found = reported(session, intake_id=intake.id)
    assert found is not None and found.answers == {
        code: answer | {"holder": "self"} if code == "coverage" else answer
        for given in ANSWERS.values()
        for code, answer in given.items()
    }


def test_it_goes_on_where_it_was_on_another_phone(
    client: PolicedClient, new_client: Callable[[], PolicedClient], people: People
) -> None:
    fill(client, begin(client, people), upto="history")
    other = new_client().sign_in(people.account)
    page = other.get(address(people), follow=True)
    assert page.url.endswith("/history")
    assert "An itching rash" in other.get(address(people, "reason")).html


def test_a_wrong_answer_comes_back_filled_in_and_nothing_is_stored(
    client: PolicedClient, people: People, database: Database
) -> None:
    page = begin(client, people)
    refused = client.submit(page, {"q-reason": "Only the words"}, button=GO_ON)
    assert refused.status == 422
    assert "What is it mostly about? – Choose an answer." in refused.errors
    assert "Only the words" in refused.html
    with database.transaction(people.patient_principal()) as session:
        assert session.execute(text("SELECT count(*) FROM intake.step")).scalar() == 0


def test_a_line_more_keeps_what_was_typed(client: PolicedClient, people: People) -> None:
    page = fill(client, begin(client, people), upto="medications")
    more = client.submit(page, {"q-medications-0-name": "Aspirin"}, button="Add a line", follow=True)
    assert "Aspirin" in more.html
    assert "q-medications-1-name" in more.html
    more = client.submit(more, {"q-medications-1-name": "Ibuprofen"}, button="Add a line", follow=True)
    assert "Ibuprofen" in more.html and "q-medications-2-name" in more.html


def test_going_back_and_changing_an_answer_leads_back_to_the_summary(client: PolicedClient, people: People) -> None:
    page = fill(client, begin(client, people))
    assert f'href="{address(people, "allergies")}"' in page.html
    step = client.get(address(people, "allergies"))
    summary = client.submit(step, {"q-allergies-0-substance": "Latex"}, button=GO_ON, follow=True)
    assert summary.url.endswith("/summary")
    assert "Latex" in summary.text


def test_a_form_that_is_sent_twice_is_saved_once(client: PolicedClient, people: People, database: Database) -> None:
    page = begin(client, people)
    first = client.submit(page, TYPED["reason"], button=GO_ON)
    second = client.submit(page, TYPED["reason"], button=GO_ON)
    assert (first.status, second.status) == (303, 303)
    assert first.location == second.location
    with database.transaction(people.patient_principal()) as session:
        assert session.execute(text("SELECT max(version) FROM intake.step")).scalar() == 1


def test_the_second_tab_is_told_and_overwrites_nothing_unseen(client: PolicedClient, people: People) -> None:
    first = begin(client, people)
    second = client.get(address(people, "reason"))
    client.submit(first, {"q-concern": "skin", "q-reason": "Written in the first tab"}, button=GO_ON)
    told = client.submit(second, {"q-concern": "mood", "q-reason": "Written in the second tab"}, button=GO_ON)
    assert told.status == 409
    assert "Written in the first tab" in told.text
    assert "Written in the second tab" in told.html
    saved = client.submit(told, button=GO_ON)
    assert saved.status == 303
    assert "Written in the second tab" in client.get(address(people, "reason")).html


def test_two_starts_are_one_intake(client: PolicedClient, people: People, database: Database) -> None:
    client.sign_in(people.account)
    page, again = client.get(address(people)), client.get(address(people))
    client.submit(page, button="Start")
    client.submit(again, button="Start")
    with database.transaction(people.patient_principal()) as session:
        assert session.execute(text("SELECT count(*) FROM intake.intake")).scalar() == 1


def test_looking_changes_nothing(client: PolicedClient, people: People, database: Database) -> None:
    fill(client, begin(client, people), upto="history")
    with database.transaction(people.patient_principal()) as session:
        before = session.execute(text("SELECT max(version), max(saved_at) FROM intake.step")).all()
    for rest in ("", "reason", "safety", "history", "summary", "advice", "done"):
        assert client.get(address(people, rest)).status in {200, 303}
    with database.transaction(people.patient_principal()) as session:
        assert session.execute(text("SELECT max(version), max(saved_at) FROM intake.step")).all() == before


def test_what_seldom_changes_is_there_the_next_time(
    client: PolicedClient, people: People, database: Database, clock: Clock
) -> None:
    make_intake(database, people.clinic, account_id=people.account, patient_id=people.patient_id, now=clock.now)
    clock.advance(days=30)
    client.sign_in(people.account)
    page = client.submit(client.get(address(people)), button="Answer again", follow=True)
    assert page.url.endswith("/reason")
    assert "itching" not in page.html
    assert "Penicillin" in client.get(address(people, "allergies")).html


def test_answers_that_were_sent_cannot_be_changed(client: PolicedClient, people: People, database: Database) -> None:
    page = fill(client, begin(client, people))
    old = client.get(address(people, "reason"))
    client.submit(page, button="Send my answers")
    late = client.submit(old, {"q-reason": "Too late"}, button=GO_ON, follow=True)
    assert "You have sent your answers" in late.text


def test_every_step_reads_in_arabic_and_spanish(client: PolicedClient, people: People) -> None:
    fill(client, begin(client, people))
    arabic = client.get(address(people, "symptoms") + "?lang=ar")
    assert 'dir="rtl"' in arabic.html and "كيف تشعر؟" in arabic.text
    spanish = client.get(address(people, "symptoms") + "?lang=es")
    assert "¿Cómo se siente?" in spanish.text


def test_nobody_elses_intake_can_be_seen_or_filled(client: PolicedClient, people: People) -> None:
    begin(client, people)
    client.sign_in(people.stranger)
    for rest in ("", "reason", "summary", "advice", "done"):
        assert client.get(address(people, rest)).status == 404
    assert client.post(address(people, "reason"), {"q-reason": "x"}).status == 404


def test_staff_and_visitors_do_not_fill_in(client: PolicedClient, people: People) -> None:
    assert client.get(address(people, "reason")).status == 303
    client.sign_in(people.desk)
    assert client.get(address(people, "reason")).status == 403


def test_a_clinic_without_a_form_says_so(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    formless = make_people(worker_database, clinic, now=clock.now)
    client.sign_in(formless.account)
    answer = client.submit(client.get(address(formless)), button="Start")
    assert answer.status == 422 and "Please call the clinic" in answer.errors


def test_the_desk_sees_how_far_it_is_and_no_answer(client: PolicedClient, people: People, database: Database) -> None:
    fill(client, begin(client, people), upto="history")
    with database.transaction(people.desk_principal()) as session:
        progress = intake_progress(session, [people.patient_id, people.stranger_id])
        assert (progress[people.patient_id].state, progress[people.patient_id].done) == ("in_progress", 3)
        assert people.stranger_id not in progress
        assert session.execute(text("SELECT count(*) FROM intake.step")).scalar() == 0


def test_who_may_read_answers(people: People, database: Database, clock: Clock) -> None:
    make_intake(database, people.clinic, account_id=people.account, patient_id=people.patient_id, now=clock.now)
    seen = {}
    for name, who in (
        ("clinician", people.clinician_principal()),
        ("colleague", people.colleague_principal()),
        ("desk", people.desk_principal()),
        ("stranger", people.stranger_principal()),
    ):
        with database.transaction(who) as session:
            seen[name] = session.execute(text("SELECT count(*) FROM intake.step")).scalar()
    assert seen == {"clinician": 9, "colleague": 0, "desk": 0, "stranger": 0}
