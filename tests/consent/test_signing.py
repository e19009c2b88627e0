"""Reading and signing, and the signed copy."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.app.processes import Process
from portal.consent import (
    DocumentChanged,
    RenderConsentPdf,
    consent_state,
    has_consent,
    patients_with_consent,
    sign_document,
    signatures_of,
    standard_telehealth,
)
from portal.kernel.db import Database
from portal.kernel.tasks import register_outside
from tests.factories.consent import publish_telehealth, sign_telehealth
from tests.factories.people import People
from tests.support.client import Page, PolicedClient
from tests.support.clock import Clock

NAME = {"typed_name": "Maria Gomez", "agreed": "y"}


class FakeRenderer:
    """A PdfRenderer that remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[str, str, Mapping[str, Any]]] = []

    def render(self, template: str, language: str, values: Mapping[str, Any]) -> bytes:
        self.given.append((template, language, values))
        return b"%PDF-1.7 signed"


@pytest.fixture
def renderer(worker_process: Process, outside: object) -> Iterator[FakeRenderer]:
    fake = FakeRenderer()
    register_outside(RenderConsentPdf(renderer=fake, objects=worker_process.objects))
    yield fake


@pytest.fixture
def document(worker_database: Database, people: People, clock: Clock) -> object:
    return publish_telehealth(worker_database, people.clinic, now=clock.now)


def address(people: People, rest: str = "") -> str:
    return people.clinic.path(f"p/{people.patient_id}/consent" + (f"/{rest}" if rest else ""))


def sign(client: PolicedClient, people: People, **values: str) -> Page:
    client.sign_in(people.account)
    return client.submit(client.get(address(people)), NAME | values, button="Sign", follow=True)


def shown(reading_page: Page) -> str:
    assert reading_page.tree is not None
    field = reading_page.tree.css_first("input[name=sha256]")
    assert field is not None
    return str(field.attributes["value"])


def test_who_signs_has_consent_with_the_check_number_of_the_text(
    client: PolicedClient, people: People, database: Database, document: object, clock: Clock
) -> None:
    client.sign_in(people.account)
    page = client.get(address(people))
    assert "What a video visit is" in page.text
    signed = client.submit(page, NAME, button="Sign", follow=True)
    assert "You have signed" in signed.text
    with database.transaction(people.patient_principal()) as session:
        assert has_consent(session, patient_id=people.patient_id)
        (row,) = signatures_of(session, patient_id=people.patient_id)
        assert (row.sha256, row.typed_name, row.language) == (shown(page), "Maria Gomez", "en")
        assert (row.signed_by, row.signed_at, row.address) == (people.account, clock.now, "127.0.0.1")
        typed = session.execute(text("SELECT typed_name_sealed FROM consent.signature")).scalar()
    assert b"Maria" not in bytes(typed)


def test_it_is_read_and_signed_in_arabic(
    client: PolicedClient, people: People, database: Database, document: object
) -> None:
    client.sign_in(people.account)
    page = client.get(address(people) + "?lang=ar")
    assert 'dir="rtl"' in page.html and "ما هي الزيارة عبر الفيديو" in page.text
    client.submit(page, NAME, button=None, follow=True)
    with database.transaction(people.patient_principal()) as session:
        (row,) = signatures_of(session, patient_id=people.patient_id)
        assert (row.language, row.sha256) == ("ar", shown(page))


def test_without_name_or_box_nothing_is_signed(
    client: PolicedClient, people: People, database: Database, document: object
) -> None:
    client.sign_in(people.account)
    page = client.get(address(people))
    refused = client.submit(page, {"typed_name": "Maria Gomez"}, button="Sign")
    assert refused.status == 422 and "Tick the box" in refused.errors and "Maria Gomez" in refused.html
    assert client.submit(page, {"agreed": "y"}, button="Sign").status == 422
    with database.transaction(people.patient_principal()) as session:
        assert not has_consent(session, patient_id=people.patient_id)


def test_a_text_that_changed_while_it_was_read_is_asked_again(
    client: PolicedClient, people: People, worker_database: Database, database: Database, document: object, clock: Clock
) -> None:
    client.sign_in(people.account)
    page = client.get(address(people))
    changed = copy.deepcopy(standard_telehealth())
    changed["en"]["body"][0]["text"] = "Read this new sentence."
    publish_telehealth(worker_database, people.clinic, now=clock.now, texts=changed)
    refused = client.submit(page, NAME, button="Sign")
    assert refused.status == 422
    assert "The text was changed while you read it" in refused.errors
    assert "Read this new sentence." in refused.text
    with database.transaction(people.patient_principal()) as session:
        assert not has_consent(session, patient_id=people.patient_id)
    signed = client.submit(refused, NAME, button="Sign", follow=True)
    assert "You have signed" in signed.text


def test_a_new_version_asks_again(
    client: PolicedClient, people: People, worker_database: Database, database: Database, document: object, clock: Clock
) -> None:
    sign(client, people)
    publish_telehealth(worker_database, people.clinic, now=clock.now)
    with database.transaction(people.patient_principal()) as session:
        assert consent_state(session, patient_id=people.patient_id).state == "outdated"
        assert not has_consent(session, patient_id=people.patient_id)
    assert "The text has changed since you signed it" in client.get(address(people)).text
    sign(client, people)
    with database.transaction(people.desk_principal()) as session:
        assert patients_with_consent(session, [people.patient_id, people.stranger_id]) == {people.patient_id}
        assert len(signatures_of(session, patient_id=people.patient_id)) == 2


def test_signing_twice_is_one_signature(
    client: PolicedClient, people: People, database: Database, document: object
) -> None:
    client.sign_in(people.account)
    first, second = client.get(address(people)), client.get(address(people))
    one = client.submit(first, NAME, button="Sign")
    two = client.submit(second, NAME, button="Sign")
    assert one.location == two.location
    with database.transaction(people.patient_principal()) as session:
        assert len(signatures_of(session, patient_id=people.patient_id)) == 1


def test_the_second_of_two_racing_signatures_is_the_first(
    people: People, database: Database, document: object, clock: Clock
) -> None:
    ids = {
        sign_telehealth(database, people.clinic, account_id=people.account, patient_id=people.patient_id, now=clock.now)
        for _once in range(2)
    }
    assert len(ids) == 1


def test_the_copy_is_being_made_and_then_there(
    client: PolicedClient, people: People, document: object, renderer: FakeRenderer, run_tasks: Callable[..., int]
) -> None:
    page = sign(client, people)
    assert "Your signed copy is being made" in page.text
    assert client.get(page.url + ".pdf").status == 404
    run_tasks()
    ready = client.get(page.url)
    pdf = client.get(ready.links()["Download your signed copy (PDF)"])
    assert pdf.data == b"%PDF-1.7 signed"
    assert pdf.response.headers["Content-Type"] == "application/pdf"
    assert "attachment" in pdf.response.headers["Content-Disposition"]
    ((template, language, values),) = renderer.given
    assert (template, language) == ("consent/signed.pdf.html", "en")
    assert values["typed_name"] == "Maria Gomez" and values["body"]


def test_the_copy_is_made_once_although_the_task_runs_twice(
    client: PolicedClient,
    people: People,
    document: object,
    renderer: FakeRenderer,
    run_tasks: Callable[..., int],
    worker_database: Database,
    worker_process: Process,
    clock: Clock,
) -> None:
    page = sign(client, people)
    run_tasks()
    work = RenderConsentPdf(renderer=renderer, objects=worker_process.objects)
    with worker_database.transaction(people.clinic.system("documents")) as session:
        signature = signatures_of(session, patient_id=people.patient_id)[0].id
        assert work.claim(session, signature, now=clock.now) is None
        work.settle(session, signature, b"%PDF-1.7 another", now=clock.now)
    assert client.get(page.url + ".pdf").data == b"%PDF-1.7 signed"


def test_nobody_else_reads_or_signs(client: PolicedClient, people: People, document: object) -> None:
    page = sign(client, people)
    client.sign_in(people.stranger)
    for rest in ("", page.url.rpartition("/")[2], page.url.rpartition("/")[2] + ".pdf"):
        assert client.get(address(people, rest)).status == 404
    assert client.post(address(people), NAME).status == 404
    client.sign_in(people.desk)
    assert client.get(address(people)).status == 403


def test_looking_signs_nothing(client: PolicedClient, people: People, database: Database, document: object) -> None:
    client.sign_in(people.account).get(address(people))
    with database.transaction(people.patient_principal()) as session:
        assert not has_consent(session, patient_id=people.patient_id)


def test_a_clinic_without_a_text_has_nothing_to_sign(client: PolicedClient, people: People) -> None:
    assert "nothing to sign" in client.sign_in(people.account).get(address(people)).text


def test_a_made_up_check_number_is_refused(people: People, database: Database, document: object, clock: Clock) -> None:
    with pytest.raises(DocumentChanged), database.transaction(people.patient_principal("consent")) as session:
        sign_document(
            session,
            patient_id=people.patient_id,
            kind="telehealth",
            sha256="0" * 64,
            language="en",
            typed_name="Maria",
            zone="UTC",
            now=clock.now,
        )


@pytest.mark.parametrize("table", ["signature", "document"])
def test_what_was_written_is_never_changed(
    client: PolicedClient, people: People, urls: dict[str, str], document: object, database: Database, table: str
) -> None:
    sign(client, people)
    with (
        pytest.raises((ProgrammingError, IntegrityError)),
        database.transaction(people.patient_principal()) as session,
    ):
        session.execute(text(f"UPDATE consent.{table} SET version = 9"))
