"""What lies beside the main journeys, by the keyboard alone: settings, papers, who looked, the board's filter."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.scheduling.operations import settle_interpreter
from tests.factories.visits import BookedVisit
from tests.keyboard.conftest import BOTH_WAYS, SitDown
from tests.support.browser import PHONE
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.keyboard import Keyboard
from tests.workspaces.support import fill_day

pytestmark = pytest.mark.browser


def download(one: Keyboard, name: str) -> str:
    """Enter on a link to a paper; its file's name."""
    one.to("link", name)
    with one.page.expect_download() as found:
        one.page.keyboard.press("Enter")
    return found.value.suggested_filename


@pytest.mark.parametrize(
    ("language", "other", "name"),
    [("en", "ar", "العربية"), pytest.param("ar", "en", "English", marks=pytest.mark.verify)],
)
def test_a_reader_takes_another_language_and_reads_on_from_the_beginning(
    sit_down: SitDown, booked: BookedVisit, other: str, name: str
) -> None:
    one = sit_down("sign-in", size=PHONE)
    one.to_node(one.page.locator("nav.languages summary"))
    one.page.keyboard.press("Enter")
    one.follow(name)
    expect(one.page.locator("html")).to_have_attribute("lang", other)
    expect(one.page.locator("html")).to_have_attribute("dir", {"ar": "rtl", "en": "ltr"}[other])
    reader = Keyboard(one.page, other)
    reader.to("link", "Skip to main content")
    reader.page.keyboard.press("Enter")
    reader.tab()
    assert one.page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.verify
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_reader_chooses_high_contrast_and_is_back_where_they_were(sit_down: SitDown, booked: BookedVisit) -> None:
    one = sit_down(f"p/{booked.patient_id}/", booked.account, size=PHONE)
    one.follow("Light, dark or high contrast")
    one.choose("High contrast")
    one.press("Save")
    one.heading("Hello, %(name)s", name="Maria")
    one.follow("Light, dark or high contrast")
    expect(one.page.get_by_role("radio", name=one.words("High contrast"))).to_be_checked()


@pytest.mark.verify
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_patient_gets_the_signed_consent_and_reads_who_looked(
    sit_down: SitDown, booked: BookedVisit, outside: object, run_tasks: Callable[..., int]
) -> None:
    run_tasks()
    one = sit_down(f"p/{booked.patient_id}/", booked.account, size=PHONE)
    one.follow("The consent that you signed")
    assert download(one, "Download your signed copy (PDF)").endswith(".pdf")
    one.follow("Continue")
    one.follow("Who can see this record, and who looked")
    one.reads("Nobody else has looked yet.")
    one.choose("Everybody", first=one.like("All but me"))
    one.press("Show")
    one.heading("Who can see this record")
    expect(one.page.get_by_role("table")).to_be_visible()
    one.follow("Back")
    one.heading("Hello, %(name)s", name="Maria")


@pytest.mark.verify
@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_administrator_reads_who_looked_at_a_record(sit_down: SitDown, booked: BookedVisit) -> None:
    sit_down(f"p/{booked.patient_id}/", booked.account)
    one = sit_down(f"staff/patients/{booked.patient_id}/access", booked.admin)
    one.heading("Who can see this record")
    one.choose("Everybody", first=one.like("All but me"))
    one.press("Show")
    expect(one.page.get_by_role("radio", name=one.words("Everybody"), exact=True)).to_be_checked()
    expect(one.page.get_by_role("table")).to_contain_text(one.words("The patient"))


@BOTH_WAYS
def test_the_desk_shows_only_the_visits_at_which_nobody_interprets(
    sit_down: SitDown,
    morning: None,
    booked: BookedVisit,
    clinic: Clinic,
    clock: Clock,
    database: Database,
    worker_database: Database,
) -> None:
    desk = Principal.of(tenant_id=clinic.id, user_id=booked.desk, roles=[Role.FRONT_DESK])
    with database.transaction(desk.acting(purpose="scheduling")) as session:
        settle_interpreter(session, appointment_id=booked.visit_id, spoken="sw", state="needed", note="", now=clock.now)
    fill_day(worker_database, clinic, booked, count=3, now=clock.now)
    one = sit_down("staff/", booked.desk)
    board = one.page.locator("#board")
    expect(board).to_contain_text("Ana 0 Ruiz")
    one.follow("Show only these")
    expect(board).to_contain_text("Maria Gomez")
    expect(board).not_to_contain_text("Ana 0 Ruiz")
    one.page.keyboard.press("Control+Alt+J")
    expect(one.page.get_by_role("link", name="Maria Gomez", exact=True)).to_be_focused()
    one.follow("Show all visits", back=True)
    expect(board).to_contain_text("Ana 0 Ruiz")
