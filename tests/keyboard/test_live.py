"""What is said aloud where nobody pressed anything: the waiting room and the boards. Once, politely, and only news."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.visits import admit, visit_by_id
from tests.factories.consent import sign_telehealth
from tests.factories.scheduling import free_slots, make_appointment
from tests.factories.visits import BookedVisit
from tests.keyboard.conftest import HEAR, SitDown
from tests.support.browser import PHONE
from tests.support.clinics import Clinic
from tests.support.clock import Clock

pytestmark = pytest.mark.browser


@pytest.fixture
def ahead(
    worker_database: Database,
    database: Database,
    clinic: Clinic,
    clock: Clock,
    booked: BookedVisit,
    run_tasks: Callable[..., int],
) -> UUID:
    """The visit of another patient, right after the first one's."""
    now, kind = clock.now, booked.visit_type_id
    sign_telehealth(database, clinic, account_id=booked.stranger, patient_id=booked.stranger_id, now=now)
    slot = free_slots(worker_database, clinic, kind, now=now, count=1, after=booked.starts_at)[0]
    visit = make_appointment(
        worker_database, clinic, patient_id=booked.stranger_id, visit_type_id=kind, now=now, slot=slot
    )
    run_tasks()
    return visit


def let_in(database: Database, clinic: Clinic, booked: BookedVisit, visit_id: UUID, clock: Clock) -> None:
    """The clinician lets a patient in."""
    who = Principal.of(tenant_id=clinic.id, user_id=booked.clinician, roles=[Role.CLINICIAN]).acting(purpose="visits")
    with database.transaction(who) as session:
        visit = visit_by_id(session, visit_id=visit_id)
        assert visit is not None
        admit(session, visit=visit, now=clock.now)


def listen(page: Page) -> None:
    """From now on the browser's time is the test's; what is said is kept."""
    page.clock.install()
    page.reload()
    page.evaluate(HEAR)


def look_again(page: Page, seconds: int) -> None:
    """The page asks by the clock; its answer has come and stands."""
    with page.expect_response(lambda answer: "version=" in answer.url) as asked:
        page.clock.fast_forward(seconds * 1000)
    asked.value.finished()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def heard(page: Page) -> list[list[str]]:
    return list(page.evaluate("heard"))


def test_the_waiting_room_tells_a_new_place_and_that_the_clinician_is_ready_once_each(
    sit_down: SitDown,
    morning: None,
    come: Callable[[UUID, UUID], None],
    booked: BookedVisit,
    ahead: UUID,
    database: Database,
    clinic: Clinic,
    clock: Clock,
) -> None:
    clock.advance(minutes=10)
    come(booked.stranger, ahead)
    come(booked.account, booked.visit_id)
    page = sit_down(f"p/{booked.patient_id}/visits/{booked.visit_id}", booked.account, size=PHONE).page
    page.route("**/ticket", lambda route: route.abort())  # where no socket opens, the page's own asking is all
    listen(page)
    expect(page.locator("#place")).to_contain_text("1 person is before you.")
    look_again(page, 10)
    assert heard(page) == [], "a place that is the same is no news"
    let_in(database, clinic, booked, ahead, clock)
    look_again(page, 10)
    expect(page.locator("#place")).to_contain_text("You are next.")
    assert heard(page) == [["status", "You are next."]]
    look_again(page, 10)
    clock.advance(minutes=3)
    look_again(page, 10)
    assert heard(page) == [["status", "You are next."]], "a new time of looking is no news"
    let_in(database, clinic, booked, booked.visit_id, clock)
    look_again(page, 10)
    look_again(page, 10)
    ready = ["status", "Dr. Priya Raman is ready for you."]
    assert heard(page) == [["status", "You are next."], ready]


@pytest.mark.verify
def test_without_javascript_the_waiting_room_loads_itself_again_and_leads_to_the_call(
    sit_down: SitDown,
    morning: None,
    come: Callable[[UUID, UUID], None],
    booked: BookedVisit,
    database: Database,
    clinic: Clinic,
    clock: Clock,
) -> None:
    come(booked.account, booked.visit_id)
    one = sit_down(f"p/{booked.patient_id}/visits/{booked.visit_id}", booked.account, size=PHONE, javascript=False)
    one.heading("Waiting room")
    let_in(database, clinic, booked, booked.visit_id, clock)
    expect(one.page.locator("h1")).to_contain_text("Video visit with Dr. Priya Raman", timeout=20_000)


@pytest.mark.parametrize(
    ("path", "who", "words"),
    [
        ("staff/", "desk", "{name} is in the waiting room."),
        ("staff/my-day", "clinician", "{name} waits for you."),
    ],
)
def test_a_board_tells_who_came_once_also_when_another_left(
    sit_down: SitDown,
    morning: None,
    come: Callable[[UUID, UUID], None],
    booked: BookedVisit,
    ahead: UUID,
    database: Database,
    clinic: Clinic,
    clock: Clock,
    path: str,
    who: str,
    words: str,
) -> None:
    page = sit_down(path, getattr(booked, who)).page
    listen(page)
    look_again(page, 15)
    assert heard(page) == []
    come(booked.account, booked.visit_id)
    look_again(page, 15)
    first = ["status", words.format(name="Maria Gomez")]
    assert heard(page) == [first]
    look_again(page, 15)
    clock.advance(minutes=5)
    look_again(page, 15)
    assert heard(page) == [first], "a poll that brings the same says nothing"
    clock.advance(minutes=5)
    let_in(database, clinic, booked, booked.visit_id, clock)
    come(booked.stranger, ahead)
    look_again(page, 15)
    second = ["status", words.format(name="Sam Other")]
    assert heard(page) == [first, second], "as many wait as before, and it is somebody else"
    let_in(database, clinic, booked, ahead, clock)
    look_again(page, 15)
    assert len(heard(page)) == 3 and heard(page)[2][1].startswith("0 patients")


def test_a_line_that_stays_lost_is_told_once(sit_down: SitDown, morning: None, booked: BookedVisit) -> None:
    page = sit_down("staff/", booked.desk).page
    listen(page)
    page.route("**/staff/?version=*", lambda route: route.abort())
    for _ in range(3):
        with page.expect_event("requestfailed"):
            page.clock.fast_forward(15_000)
    expect(page.locator("[data-connection]")).to_contain_text("No connection.")
    assert [said for said, _ in heard(page)] == ["polite"]
