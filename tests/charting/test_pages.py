"""The note's pages, with and without JavaScript; the history; the patient's own copy."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from portal.charting import NoteText, note_of_visit, open_conflicts, sign_note
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.charting import TEXT, Encounter, make_encounter, make_note
from tests.factories.identity import staff_member
from tests.factories.practitioners import make_practitioner
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

WRITTEN = {"subjective": "Cough", "objective": "Clear lungs", "assessment": "Cold", "plan": "Rest"}


@pytest.fixture
def path(clinic: Clinic, encounter: Encounter) -> str:
    return clinic.path(f"staff/visits/{encounter.visit_id}/note")


def form_values(page: Page) -> dict[str, str]:
    assert page.tree is not None
    form = page.tree.css_first("#note-form")
    assert form is not None, page.text
    return {str(one.attributes["name"]): one.attributes.get("value") or "" for one in form.css("input[type=hidden]")}


def autosave(client: PolicedClient, page: Page, *, base: int, **text: str) -> Page:
    own = {name: value for name, value in form_values(page).items() if name != "csrf_token"}
    values = own | text | {"version": str(base), "idempotency_key": ""}
    return client.post(page.url, values, headers={"X-Autosave": "1", "Accept": "application/json"})


def test_a_note_is_written_and_read_again(clinician: PolicedClient, path: str) -> None:
    page = clinician.get(path)
    assert page.status == 200
    answer = clinician.submit(page, WRITTEN, button="Save the draft")
    assert (answer.status, answer.location) == (303, path)
    assert "Clear lungs" in clinician.get(path).html


def test_a_note_saves_itself(clinician: PolicedClient, path: str) -> None:
    page = clinician.get(path)
    first = autosave(clinician, page, base=0, subjective="Co")
    assert json.loads(first.html) == {"version": 1}
    second = autosave(clinician, page, base=1, subjective="Cough")
    assert json.loads(second.html) == {"version": 2}
    lost_answer = autosave(clinician, page, base=1, subjective="Cough, fever")
    assert json.loads(lost_answer.html) == {"version": 3}


def test_a_second_tab_is_shown_both_versions(clinician: PolicedClient, path: str) -> None:
    one, two = clinician.get(path), clinician.get(path)
    assert autosave(clinician, one, base=0, subjective="From the first tab").status == 200
    refused = autosave(clinician, two, base=0, subjective="From the second tab")
    assert refused.status == 409
    page = clinician.get(json.loads(refused.html)["url"])
    assert page.status == 200
    assert "From the first tab" in page.text
    assert "From the second tab" in page.text
    assert "See both versions" in clinician.get(path).text
    saved = clinician.submit(page, button="Save this text")
    assert saved.status == 303
    merged = clinician.get(path)
    assert "From the first tab" in merged.html
    assert "From the second tab" in merged.html
    assert "See both versions" not in merged.text


def test_without_javascript_a_second_tab_is_shown_both_versions(clinician: PolicedClient, path: str) -> None:
    one, two = clinician.get(path), clinician.get(path)
    clinician.submit(one, {"plan": "first"}, button="Save the draft")
    answer = clinician.submit(two, {"plan": "second"}, button="Save the draft")
    assert answer.status == 303
    assert "/conflict" in answer.location
    assert "second" in clinician.get(answer.location).text


def test_a_diagnosis_is_found_and_added_without_losing_what_was_typed(clinician: PolicedClient, path: str) -> None:
    page = clinician.get(path)
    results = clinician.submit(page, WRITTEN | {"q": "acute upper resp", "action": "search"}, button="Search")
    assert results.status == 200
    assert "J06.9" in results.text
    assert "Clear lungs" in results.html
    added = clinician.submit(results, {"action": "add:J06.9", "plan": "Rest, tea"}, button="Save the draft")
    assert added.status == 303
    shown = clinician.get(path)
    assert "J06.9" in shown.text
    assert "Rest, tea" in shown.html
    clinician.submit(shown, {"action": "remove:J06.9"}, button="Save the draft")
    assert "No diagnosis yet" in clinician.get(path).text


def test_the_live_list_changes_by_itself(clinician: PolicedClient, path: str) -> None:
    page = clinician.get(path)
    live = {"HX-Request": "true"}
    editor = form_values(page)["editor"]
    found = clinician.post(f"{path}/diagnoses", {"q": "cough"}, headers=live)
    assert "R05.9" in found.html
    added = clinician.post(path, {"action": "add:R05.9", "editor": editor}, headers=live)
    assert added.status == 200
    assert "R05.9" in added.html
    assert "<h1" not in added.html
    assert autosave(clinician, page, base=0, subjective="typed meanwhile").status == 200
    wrong = clinician.post(path, {"action": "add:J06", "editor": editor}, headers=live)
    assert "Choose a diagnosis from the list" in wrong.html


def test_a_code_that_is_none_is_refused_and_nothing_typed_is_lost(clinician: PolicedClient, path: str) -> None:
    page = clinician.get(path)
    answer = clinician.submit(page, WRITTEN | {"action": "add:J06"}, button="Save the draft")
    assert answer.status == 422
    assert "Clear lungs" in answer.html


def test_a_note_is_signed_and_added_to(clinician: PolicedClient, path: str) -> None:
    empty = clinician.submit(clinician.get(path), button="Sign the note")
    assert empty.status == 422
    assert "nothing to sign" in empty.errors
    signed = clinician.submit(clinician.get(path), WRITTEN, button="Sign the note")
    assert signed.status == 303
    page = clinician.get(path)
    assert "Signed" in page.text
    assert "Clear lungs" in page.text
    assert clinician.submit(page, {"addendum": " "}).status == 422
    assert clinician.submit(page, {"addendum": "X-ray is clear"}).status == 303
    assert "X-ray is clear" in clinician.get(path).text


def test_text_written_after_signing_is_kept(
    clinician: PolicedClient, path: str, database: Database, encounter: Encounter
) -> None:
    late = clinician.get(path)
    clinician.submit(clinician.get(path), WRITTEN, button="Sign the note")
    refused = autosave(clinician, late, base=0, subjective="Written too late")
    assert refused.status == 409
    page = clinician.get(json.loads(refused.html)["url"])
    assert "Written too late" in page.text
    assert clinician.submit(page, button="I have what I need").status == 303


def test_the_way_back_is_the_page_that_holds_the_note(
    clinician: PolicedClient, path: str, clinic: Clinic, encounter: Encounter
) -> None:
    visit = clinic.path(f"staff/visits/{encounter.visit_id}")
    page = clinician.get(f"{path}?next={visit}")
    assert clinician.submit(page, WRITTEN, button="Save the draft").location == visit
    evil = clinician.get(f"{path}?next=//evil.example")
    assert clinician.submit(evil, {"plan": "x"}, button="Save the draft").location == path


def test_a_session_that_ended_tells_the_page(
    clinician: PolicedClient, new_client: Callable[[], PolicedClient], path: str, encounter: Encounter
) -> None:
    page = clinician.get(path)
    gone = new_client()
    assert autosave(gone, page, base=0, subjective="typed").status == 401
    assert autosave(gone.sign_in(encounter.clinician), page, base=0, subjective="typed").status == 200


def test_only_clinicians_write_notes(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, path: str, encounter: Encounter
) -> None:
    desk = staff_member(worker_database, clinic, Role.FRONT_DESK, Role.CLINIC_ADMIN, now=clock.now)
    assert client.sign_in(desk).get(path).status == 403
    assert client.sign_in(encounter.patient_account).get(path).status == 403


def test_a_clinician_without_a_grant_finds_nothing(
    client: PolicedClient, worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock, path: str,
    encounter: Encounter,
) -> None:  # fmt: skip
    stranger, _ = make_practitioner(worker_database, clinic, now=clock.now, name="Dr. Stranger")
    foreign = make_encounter(worker_database, other_clinic, now=clock.now)
    client.sign_in(stranger)
    for visit in (encounter.visit_id, foreign.visit_id):
        base = clinic.path(f"staff/visits/{visit}/note")
        assert client.get(base).status == 404
        assert client.get(f"{base}/conflict").status == 404
        for rest in ("", "/diagnoses", "/addenda", "/conflict"):
            assert client.post(base + rest, WRITTEN).status == 404
    assert client.get(clinic.path(f"staff/patients/{encounter.patient_id}/history")).status == 404


def test_a_patient_reads_the_note_once_it_is_signed(
    client: PolicedClient,
    database: Database,
    clinic: Clinic,
    clock: Clock,
    encounter: Encounter,
) -> None:
    note = make_note(database, encounter, now=clock.now)
    path = clinic.path(f"p/{encounter.patient_id}/visits/{encounter.visit_id}/note")
    client.sign_in(encounter.patient_account)
    assert "Not ready yet" in client.get(path).text
    assert TEXT.plan not in client.get(path).html
    with database.transaction(encounter.as_clinician()) as session:
        sign_note(session, note_id=note, version=1, now=clock.now)
    assert TEXT.plan in client.get(path).text


def test_a_clinician_adds_to_the_history(clinician: PolicedClient, clinic: Clinic, encounter: Encounter) -> None:
    path = clinic.path(f"staff/patients/{encounter.patient_id}/history")
    page = clinician.get(path)
    assert page.text.count("None on file") == 4
    for values in (
        {"allergy": "Penicillin", "criticality": "high", "reaction": "Rash"},
        {"medication": "Ibuprofen 400 mg", "dosage": "twice a day"},
        {"condition": "Asthma"},
        {"code": "8310-5", "value": "37.9"},
    ):
        assert clinician.submit(page, values).status == 303
    told = clinician.get(path).text
    for words in ("Penicillin: Rash", "Dangerous", "Ibuprofen 400 mg, twice a day", "Asthma", "37.9 °C"):
        assert words in told
    fresh = clinician.get(path)
    for nothing in ("", "  "):
        assert clinician.submit(fresh, {"condition": nothing}).status == 422
    implausible = clinician.submit(fresh, {"code": "8310-5", "value": "379"})
    assert implausible.status == 422
    assert "No person has it" in implausible.errors


def test_a_conflict_is_kept_though_its_request_is_refused(
    clinician: PolicedClient, path: str, database: Database, encounter: Encounter
) -> None:
    one, two = clinician.get(path), clinician.get(path)
    autosave(clinician, one, base=0, plan="first")
    autosave(clinician, two, base=0, plan="second")
    with database.transaction(encounter.as_clinician()) as session:
        note: Any = note_of_visit(session, visit_id=encounter.visit_id)
        assert isinstance(note.id, UUID)
        assert note.text == NoteText(plan="first")
        assert [kept.text for kept in open_conflicts(session, note_id=note.id)] == [NoteText(plan="second")]
