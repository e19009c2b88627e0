"""The parts of one record are tabs: those that the reader may open, and no others."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.budgets.measured import statements
from tests.factories.charting import Encounter, make_encounter
from tests.factories.identity import staff_member
from tests.factories.patients import open_to
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

Staff = Callable[..., UUID]
DESK = ["Patient record", "Coverage", "Who can see this record"]
CARE = ["History", "Vital signs"]
ALL = ["Patient record", *CARE, "Coverage", "Who can see this record"]


@pytest.fixture
def encounter(worker_database: Database, clinic: Clinic, clock: Clock) -> Encounter:
    return make_encounter(worker_database, clinic, now=clock.now)


@pytest.fixture
def staff(worker_database: Database, clinic: Clinic, clock: Clock) -> Staff:
    def make(*roles: Role) -> UUID:
        return staff_member(worker_database, clinic, *roles, now=clock.now)

    return make


@pytest.fixture
def path(clinic: Clinic, encounter: Encounter) -> str:
    return clinic.path(f"staff/patients/{encounter.patient_id}")


def tabs(page: Page) -> dict[str, str]:
    """Words → address."""
    return {" ".join(one.text().split()): str(one.attributes["href"]) for one in page._css("nav.tabs a")}


def marked(page: Page) -> list[str]:
    return [" ".join(one.text().split()) for one in page._css("nav.tabs [aria-current=page]")]


def all_lead_on(client: PolicedClient, page: Page, words: list[str]) -> None:
    """Each tab opens, has the same tabs, and is marked on its own page."""
    assert list(tabs(page)) == words
    for word, address in tabs(page).items():
        opened = client.get(address)
        assert opened.status == 200, address
        assert (list(tabs(opened)), marked(opened)) == (words, [word])


def test_the_desk_has_the_parts_that_are_the_desks(client: PolicedClient, staff: Staff, path: str) -> None:
    desk = client.sign_in(staff(Role.FRONT_DESK))
    all_lead_on(desk, desk.get(path), DESK)


def test_a_clinician_has_the_parts_that_are_about_health(
    client: PolicedClient, encounter: Encounter, path: str
) -> None:
    clinician = client.sign_in(encounter.clinician)
    all_lead_on(clinician, clinician.get(f"{path}/history"), CARE)


def test_who_is_both_has_all_parts_of_the_records_that_are_open_to_them(
    client: PolicedClient, staff: Staff, worker_database: Database, clinic: Clinic, encounter: Encounter, path: str,
    clock: Clock,
) -> None:  # fmt: skip
    both = staff(Role.FRONT_DESK, Role.CLINICIAN)
    client.sign_in(both)
    all_lead_on(client, client.get(path), DESK)
    day = clock.now + timedelta(days=1)
    open_to(worker_database, clinic, patient_id=encounter.patient_id, account_id=both, now=clock.now, until=day)
    all_lead_on(client, client.get(path), ALL)


def test_who_may_open_one_part_has_no_tabs(client: PolicedClient, staff: Staff, path: str) -> None:
    officer = client.sign_in(staff(Role.PRIVACY_OFFICER))
    page = officer.get(f"{path}/access")
    assert page.status == 200
    assert tabs(page) == {}


def test_a_form_that_is_refused_is_on_its_tab(client: PolicedClient, encounter: Encounter, path: str) -> None:
    clinician = client.sign_in(encounter.clinician)
    refused = clinician.submit(clinician.get(f"{path}/history"), {"condition": ""})
    assert (refused.status, marked(refused)) == (422, ["History"])


def test_the_way_back_to_the_visit_goes_along_from_tab_to_tab(
    client: PolicedClient, clinic: Clinic, encounter: Encounter, path: str
) -> None:
    clinician = client.sign_in(encounter.clinician)
    visit = clinic.path(f"staff/visits/{encounter.visit_id}")
    page = clinician.get(f"{path}/history?next={visit}")
    for word in ("Vital signs", "History"):
        page = clinician.get(tabs(page)[word])
        assert page.links()["Back to the visit"] == visit


@pytest.mark.parametrize(("roles", "asked"), [((Role.FRONT_DESK,), 0), ((Role.FRONT_DESK, Role.CLINICIAN), 1)])
def test_only_of_who_might_read_more_it_is_asked_whose_record_it_is(
    client: PolicedClient, staff: Staff, database: Database, path: str, roles: tuple[Role, ...], asked: int
) -> None:
    client.sign_in(staff(*roles)).get(path)
    with statements(database) as seen:
        assert client.get(path).status == 200
    assert len([one for one in seen if one.startswith("SELECT patients.has_grant")]) == asked
    assert len(seen) <= 12
