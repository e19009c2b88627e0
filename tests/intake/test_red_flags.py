"""A dangerous answer stops the flow, advises in the reader's language and tells the desk at once."""

from sqlalchemy import text

from portal.intake import latest_intake
from portal.kernel.db import Database
from portal.triage import open_red_flags, red_flags_of
from tests.factories.people import People
from tests.intake.test_filling import GO_ON, TYPED, address, begin, fill
from tests.support.client import Page, PolicedClient


def stop(client: PolicedClient, people: People, *signs: str) -> Page:
    page = fill(client, begin(client, people), upto="safety")
    return client.submit(page, {"q-warning_signs": list(signs)}, button=GO_ON, follow=True)


def test_chest_pain_stops_the_questions_and_says_whom_to_call(client: PolicedClient, people: People) -> None:
    page = stop(client, people, "chest-pain")
    assert page.url == address(people, "advice")
    assert "heart attack" in page.text
    assert page.links()["Call 911 now"] == "tel:911"
    assert client.get(address(people, "symptoms"), follow=True).url == address(people, "advice")
    assert client.get(address(people, "summary"), follow=True).url == address(people, "advice")


def test_advice_for_an_arabic_reader_is_arabic(client: PolicedClient, people: People) -> None:
    stop(client, people, "chest-pain")
    page = client.get(address(people, "advice") + "?lang=ar")
    assert 'lang="ar" dir="rtl"' in page.html
    assert "نوبة قلبية" in page.text
    assert 'href="tel:911"' in page.html


def test_thoughts_of_self_harm_lead_to_the_crisis_line(client: PolicedClient, people: People) -> None:
    page = stop(client, people, "self-harm")
    assert "You are not alone" in page.text
    assert 'href="tel:988"' in page.html


def test_the_desk_is_told_at_once_that_there_is_one_but_not_which(
    client: PolicedClient, people: People, database: Database
) -> None:
    stop(client, people, "breathing")
    with database.transaction(people.desk_principal()) as session:
        (notice,) = open_red_flags(session).rows
        assert notice.state == "open"
        assert red_flags_of(session, patient_id=people.patient_id) == []
        columns = set(session.execute(text("SELECT * FROM triage.red_flag_notice")).keys())
    assert not {"codes", "acuity", "reasons", "findings_sealed"} & columns


def test_the_clinician_sees_which_and_the_colleague_without_a_grant_sees_none(
    client: PolicedClient, people: People, database: Database
) -> None:
    stop(client, people, "breathing", "stroke")
    with database.transaction(people.clinician_principal()) as session:
        (flag,) = red_flags_of(session, patient_id=people.patient_id)
        assert flag.codes == ["breathing", "stroke"]
        assert flag.findings["reasons"]["stroke"] == ["warning_signs"]
    with database.transaction(people.colleague_principal()) as session:
        assert red_flags_of(session, patient_id=people.patient_id) == []


def test_a_mistake_leads_back_to_the_question_and_the_record_stays(
    client: PolicedClient, people: People, database: Database
) -> None:
    page = stop(client, people, "bleeding")
    back = client.submit(page, {"reason": "mistake"}, button="by mistake", follow=True)
    assert back.url == address(people, "safety")
    again = client.submit(back, {"q-warning_signs": "none"}, button=GO_ON, follow=True)
    assert again.url == address(people, "symptoms")
    with database.transaction(people.clinician_principal()) as session:
        (flag,) = red_flags_of(session, patient_id=people.patient_id)
        assert flag.withdrawn_reason == "mistake"
    with database.transaction(people.desk_principal()) as session:
        (notice,) = open_red_flags(session).rows
        assert notice.withdrawn_at is not None


def test_the_same_answer_again_after_a_mistake_stops_again(client: PolicedClient, people: People) -> None:
    page = stop(client, people, "bleeding")
    back = client.submit(page, {"reason": "mistake"}, button="by mistake", follow=True)
    assert client.submit(back, button=GO_ON, follow=True).url == address(people, "advice")


def test_who_is_safe_goes_on_and_only_a_new_danger_stops_again(client: PolicedClient, people: People) -> None:
    page = stop(client, people, "fainting")
    on = client.submit(page, {"reason": "safe"}, button="I am safe", follow=True)
    assert on.url == address(people, "symptoms")
    on = client.submit(on, TYPED["symptoms"], button=GO_ON, follow=True)
    assert on.url == address(people, "history")
    back = client.get(address(people, "safety"))
    worse = client.submit(back, {"q-warning_signs": ["fainting", "chest-pain"]}, button=GO_ON, follow=True)
    assert worse.url == address(people, "advice")


def test_answers_together_can_mean_danger(client: PolicedClient, people: People) -> None:
    page = fill(client, begin(client, people), upto="symptoms")
    sudden = TYPED["symptoms"] | {"q-symptoms": "headache", "q-onset": "sudden", "q-severity": "10"}
    page = client.submit(page, sudden, button=GO_ON, follow=True)
    assert page.url == address(people, "advice")


def test_a_stopped_intake_keeps_what_was_answered(client: PolicedClient, people: People, database: Database) -> None:
    stop(client, people, "chest-pain")
    with database.transaction(people.patient_principal()) as session:
        intake = latest_intake(session, patient_id=people.patient_id)
        assert intake is not None and (intake.state, intake.current_step) == ("stopped", "safety")
        assert session.execute(text("SELECT count(*) FROM intake.step")).scalar() == 2


def test_the_way_back_is_not_open_to_others(client: PolicedClient, people: People) -> None:
    stop(client, people, "chest-pain")
    client.sign_in(people.stranger)
    assert client.get(address(people, "advice")).status == 404
    assert client.post(address(people, "advice"), {"reason": "safe"}).status == 404
