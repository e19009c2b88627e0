"""Every list that may grow long: how many there are, pages of bounded length, and no row lost or shown twice."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.billing.models import Invoice
from portal.kernel.db import Database
from portal.kernel.events import Task
from portal.kernel.permissions import Role
from portal.web.components import COMPONENTS
from tests.budgets.measured import statements
from tests.conftest import SystemSession
from tests.factories.identity import staff_member
from tests.factories.visits import BookedVisit
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.workspaces.lists import LISTS, OTHER_ROWS, LongList, Place, bill, given_up_task

ROWS = 60
ROWS_OF = re.compile(r'ui\.table\(|class="cards"')
EACH = pytest.mark.parametrize("one", LISTS, ids=lambda one: one.name.replace(" ", "-"))


@pytest.fixture
def place(worker_database: Database, database: Database, clinic: Clinic, booked: BookedVisit, clock: Clock) -> Place:
    return Place(worker=worker_database, web=database, clinic=clinic, booked=booked, now=clock.now)


@pytest.fixture
def sit(client: PolicedClient, place: Place) -> Callable[[LongList], str]:
    """The list's reader signs in; the list's address."""

    def down(one: LongList) -> str:
        officer = one.reader == "officer"
        client.sign_in(_officer(place) if officer else getattr(place.booked, one.reader))
        return place.clinic.path(one.path.format(patient=place.booked.patient_id))

    return down


def _officer(place: Place) -> UUID:
    return staff_member(place.worker, place.clinic, Role.PRIVACY_OFFICER, now=place.now)


def test_every_page_with_rows_is_a_long_list_or_says_why_it_is_none() -> None:
    templates = COMPONENTS.parent
    with_rows = {
        str(path.relative_to(templates))
        for path in templates.rglob("*.html")
        if COMPONENTS not in path.parents and ROWS_OF.search(path.read_text("utf-8"))
    }
    long_ones = {one.template for one in LISTS}
    assert not long_ones & OTHER_ROWS.keys()
    assert with_rows == long_ones | OTHER_ROWS.keys()


def marks(one: LongList, page: Page) -> list[str]:
    """What tells the page's rows, each once and in order."""
    assert page.tree is not None
    main = page.tree.css_first("main")
    assert main is not None
    return list(dict.fromkeys(re.findall(one.mark, main.html or "")))


@EACH
def test_a_long_list_leads_to_all_of_it_whatever_comes_meanwhile(
    one: LongList, client: PolicedClient, place: Place, sit: Callable[[LongList], str], database: Database
) -> None:
    there = {one.add(place, number) for number in range(ROWS)}
    address: str | None = sit(one)
    shown: list[str] = []
    late = set()
    while address:
        with statements(database) as asked:
            page = client.get(address)
        assert len(asked) <= 12, one.name
        found = marks(one, page)
        assert 0 < len(found) <= one.size, one.name
        shown += found
        if not late:
            assert one.counted in page.text
            # One at either end of the list: it neither shifts what follows nor stands on a page twice.
            late = {one.add(place, ROWS), one.add(place, ROWS + 500)}
        address = page.links().get("Next page")
    assert len(shown) == len(set(shown)), "none twice"
    assert there <= set(shown) <= there | late, "none lost"
    assert len(shown) > one.size, "there was a next page"
    assert marks(one, client.get(page.links()["First page"]))


@EACH
def test_an_empty_list_says_so(one: LongList, client: PolicedClient, sit: Callable[[LongList], str]) -> None:
    page = client.get(sit(one))
    assert one.empty in page.text
    assert marks(one, page) == []
    assert "Next page" not in page.links()


@EACH
@pytest.mark.parametrize("after", ["x", "-", "9" * 40, "fffffffffffffff-" + "0" * 32, "0-" + "g" * 32, "5000"])
def test_a_spoilt_address_shows_the_first_page(
    one: LongList, client: PolicedClient, place: Place, sit: Callable[[LongList], str], after: str
) -> None:
    mark = one.add(place, 0)
    page = client.get(f"{sit(one)}?after={after}")
    assert page.status == 200
    assert marks(one, page) == [mark]


def test_a_patient_sees_the_bills_that_are_left_to_pay(
    client: PolicedClient, place: Place, system: SystemSession
) -> None:
    for number in range(6):
        bill(place, number)
    address = place.clinic.path(f"p/{place.booked.patient_id}/invoices")
    client.sign_in(place.booked.account)
    with system("billing") as session:
        paid = session.scalars(select(Invoice).order_by(Invoice.number).limit(1)).one()
        paid.status, paid.paid_at = "paid", place.now
    both = client.get(address)
    assert "6 bills" in both.text and "Not paid yet" in both.text
    left = client.get(f"{address}?show=open")
    assert "5 bills" in left.text and f"Bill {paid.number}" not in left.text
    with system("billing") as session:
        for one in session.scalars(select(Invoice).where(Invoice.status == "open")):
            one.status, one.paid_at = "paid", place.now
    none = client.get(f"{address}?show=open")
    assert "Nothing is left to pay" in none.text
    assert none.links()["All bills"] == address
    assert "6 bills" in client.get(address).text


def test_trying_again_means_the_page_that_is_shown(client: PolicedClient, place: Place, system: SystemSession) -> None:
    for number in range(30):
        given_up_task(place, number)
    client.sign_in(place.booked.admin)
    page = client.get(place.clinic.path("staff/operations"))
    second = client.get(page.links()["Next page"])
    client.submit(second, button="Try all of these again")
    with system("tasks") as session:
        states = select(Task.key, Task.state).where(Task.kind == "visits.confirm", Task.key.in_(map(str, range(30))))
        found = {int(key): state for key, state in session.execute(states)}
    assert {number for number, state in found.items() if state == "pending"} == set(range(5)), "the oldest five"
    assert {state for number, state in found.items() if number >= 5} == {"dead"}
