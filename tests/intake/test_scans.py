"""Quarantine: a photo opens once a scanner has found nothing, and not before."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from portal import intake
from portal.app.processes import Process
from portal.intake import Photo, Scanning, ScanPhoto
from portal.intake.wiring import scanning
from portal.kernel.db import Database
from portal.kernel.errors import PartnerUnavailable
from portal.kernel.tasks import schedule
from tests.factories.people import People
from tests.intake.test_photos import at_photos, photo_href, upload
from tests.intake.test_safe_photo import picture
from tests.support.client import Page, PolicedClient
from tests.support.clock import Clock
from tests.support.outside import Outside
from tests.support.race import at_once


@pytest.fixture(autouse=True)
def connected() -> Iterator[None]:
    """A scanner is connected; what none has looked at stays closed."""
    before = scanning()
    intake.wire(Scanning(on=True, open_unscanned=False))
    yield
    intake.wire(before)


def sent(client: PolicedClient, people: People) -> Page:
    return upload(client, at_photos(client, people), picture())


def state(database: Database, people: People) -> str:
    with database.transaction(people.clinic.system("scanning")) as session:
        return session.execute(text("SELECT scan_state FROM intake.photo")).scalar_one()


def for_staff(people: People, href: str) -> str:
    return people.clinic.path(f"staff/patients/{people.patient_id}/photos/{href.rpartition('/')[2]}")


def test_nobody_opens_a_photo_before_it_has_been_looked_at(
    client: PolicedClient, people: People, outside: Outside, run_tasks: Callable[[], int]
) -> None:
    page = sent(client, people)
    assert "Being checked" in page.text
    href = photo_href(page)
    waiting = client.get(href)
    assert waiting.status == 409 and "being checked" in waiting.text and waiting.links()["Look again"] == href
    assert client.sign_in(people.clinician).get(for_staff(people, href)).status == 409
    assert run_tasks() >= 1
    assert len(outside.scanner.scanned) == 1
    assert outside.scanner.scanned[0].startswith(b"\xff\xd8")  # the stored photo itself, and opened
    client.sign_in(people.account)
    assert client.get(href).response.mimetype == "image/jpeg"
    assert client.sign_in(people.clinician).get(for_staff(people, href)).response.mimetype == "image/jpeg"


def test_what_harms_stays_closed_for_good_and_the_patient_reads_why(
    client: PolicedClient, people: People, outside: Outside, run_tasks: Callable[[], int], worker_database: Database
) -> None:
    outside.scanner.finds = ["Win.Test.EICAR_HDB-1"]
    href = photo_href(sent(client, people))
    run_tasks()
    closed = client.get(href)
    assert closed.status == 409 and "found something bad" in closed.text and "EICAR" not in closed.text
    assert client.sign_in(people.clinician).get(for_staff(people, href)).status == 409
    with worker_database.transaction(people.clinic.system("audit-watch")) as session:
        events = session.execute(text("SELECT resources FROM audit.leaf WHERE action = 'event'")).scalars().all()
    assert ["photo-refused:infected"] in events
    page = client.sign_in(people.account).get(people.clinic.path(f"p/{people.patient_id}/intake/photo"))
    assert "Not accepted" in page.text
    assert "photo added" not in client.submit(page, button="Remove", follow=True).text


def test_a_scanner_that_is_down_is_asked_again(
    client: PolicedClient,
    people: People,
    outside: Outside,
    run_tasks: Callable[[], int],
    clock: Clock,
    worker_database: Database,
) -> None:
    outside.scanner.fail_with = [PartnerUnavailable("down"), PartnerUnavailable("down")]
    sent(client, people)
    run_tasks()
    assert state(worker_database, people) == "waiting"
    for _ in range(3):
        clock.advance(seconds=60)
        run_tasks()
    assert state(worker_database, people) == "clean"


def test_the_first_answer_stands_and_a_photo_taken_back_is_not_looked_at(
    client: PolicedClient,
    people: People,
    outside: Outside,
    run_tasks: Callable[[], int],
    clock: Clock,
    worker_process: Process,
) -> None:
    work = ScanPhoto(scanner=outside.scanner, objects=worker_process.objects)
    page = sent(client, people)
    photo = UUID(photo_href(page).rpartition("/")[2])
    scans = people.clinic.system("scanning")

    def settle(answer: str | None) -> None:
        with worker_process.database.transaction(scans) as session:
            work.settle(session, photo, answer, now=clock.now)

    at_once(settle, [None, None])
    settle("Late.Finding")
    assert state(worker_process.database, people) == "clean"
    client.submit(page, button="Remove", follow=True)
    with worker_process.database.transaction(scans) as session:
        schedule(session, kind=ScanPhoto.kind, subject_id=photo, key="once-more", due_at=clock.now)
    run_tasks()
    assert outside.scanner.scanned == []


def test_a_worker_killed_between_looking_and_writing_looks_again(
    client: PolicedClient,
    people: People,
    outside: Outside,
    run_tasks: Callable[[], int],
    clock: Clock,
    worker_process: Process,
) -> None:
    work = ScanPhoto(scanner=outside.scanner, objects=worker_process.objects)
    photo = UUID(photo_href(sent(client, people)).rpartition("/")[2])
    with worker_process.database.transaction(people.clinic.system("scanning")) as session:
        request = work.claim(session, photo, now=clock.now)
    assert request is not None and work.call(request, again=False, now=clock.now) is None
    assert state(worker_process.database, people) == "waiting"
    run_tasks()
    assert state(worker_process.database, people) == "clean" and len(outside.scanner.scanned) == 2


@pytest.mark.parametrize(("open_unscanned", "status"), [(False, 409), (True, 200)])
def test_without_a_scanner_the_installation_decides_and_staff_read_it(
    client: PolicedClient,
    people: People,
    outside: Outside,
    run_tasks: Callable[[], int],
    open_unscanned: bool,
    status: int,
) -> None:
    intake.wire(Scanning(on=False, open_unscanned=open_unscanned))
    page = sent(client, people)
    href = photo_href(page)
    run_tasks()
    assert outside.scanner.scanned == []
    assert ("Not checked" in page.text) is not open_unscanned
    assert client.get(href).status == status
    assert client.sign_in(people.clinician).get(for_staff(people, href)).status == status


def test_a_scanner_that_is_connected_later_looks_at_what_is_there(
    client: PolicedClient,
    people: People,
    outside: Outside,
    run_tasks: Callable[[], int],
    clock: Clock,
    worker_database: Database,
) -> None:
    intake.wire(Scanning(on=False, open_unscanned=False))
    sent(client, people)

    def round_comes(number: int) -> None:
        with worker_database.transaction(people.clinic.system("schedule")) as session:
            key = f"round:intake.scan_earlier:{number}"
            schedule(session, kind="intake.scan_earlier", subject_id=people.patient_id, key=key, due_at=clock.now)
        run_tasks()

    round_comes(1)
    assert state(worker_database, people) == "not-scanned"
    intake.wire(Scanning(on=True, open_unscanned=False))
    round_comes(2)
    assert state(worker_database, people) == "clean"


def test_no_patient_says_that_their_photo_was_scanned(
    client: PolicedClient, people: People, database: Database, clock: Clock
) -> None:
    sent(client, people)
    mine = people.patient_principal()
    with pytest.raises(DBAPIError, match="photo is immutable"), database.transaction(mine) as session:
        session.execute(update(Photo).values(scan_state="clean", scanned_at=clock.now))
    copy = (
        "INSERT INTO intake.photo SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(),"
        " 'scan_state', 'clean', 'scanned_at', now()))).* FROM intake.photo AS p"
    )
    with pytest.raises(DBAPIError, match="row-level security"), database.transaction(mine) as session:
        session.execute(text(copy))
