"""An administrator says how the clinic looks, and every page of it does."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from portal.audit.models import Leaf
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.tenancy.models import LookVersion, Organisation
from portal.tenancy.operations import LookChangedMeanwhile, UnreadableColour, change_look
from portal.tenancy.rules import Look
from tests.factories.identity import staff_member
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once

GOOD = {"name": "Harbour Clinic North", "colour": "#5b2a86", "dark": "", "corner": "round"}


@pytest.fixture
def admin(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ada Min")


@pytest.fixture
def desk(client: PolicedClient, admin: UUID) -> PolicedClient:
    return client.sign_in(admin)


def who(clinic: Clinic, admin: UUID) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=admin, roles=[Role.CLINIC_ADMIN]).acting(purpose="look")


def said(database: Database, clinic: Clinic, admin: UUID) -> list[tuple[int, str, str]]:
    with database.transaction(who(clinic, admin)) as session:
        rows = session.scalars(select(LookVersion).order_by(LookVersion.version))
        return [(one.version, one.name, one.colour) for one in rows]


def test_what_was_said_is_on_every_page_a_minute_later(
    desk: PolicedClient, client: PolicedClient, clinic: Clinic, clock: Clock
) -> None:
    answer = desk.submit(desk.get(clinic.path("staff/look")), GOOD, button="Save")
    assert answer.status == 303
    clock.now += timedelta(seconds=31)
    page = client.get(clinic.path()).html
    assert "Harbour Clinic North" in page
    assert "--brand:#5b2a86" in page and "--corner:14px" in page
    assert '<meta name="theme-color" content="#5b2a86">' in page


def test_each_change_is_a_version_and_leaves_a_trace(
    desk: PolicedClient, clinic: Clinic, admin: UUID, database: Database, worker_database: Database
) -> None:
    desk.submit(desk.get(clinic.path("staff/look")), GOOD, button="Save")
    desk.submit(desk.get(clinic.path("staff/look")), GOOD | {"colour": "0b5d66"}, button="Save")
    assert said(database, clinic, admin) == [
        (1, "Harbour Clinic North", "#5b2a86"),
        (2, "Harbour Clinic North", "#0b5d66"),
    ]
    with worker_database.transaction(clinic.system("audit")) as session:
        leaves = session.scalars(select(Leaf).where(Leaf.user_id == admin, Leaf.action == "event")).all()
    assert [leaf.resources for leaf in leaves] == [["look-changed"], ["look-changed"]]


def test_a_colour_that_cannot_be_read_is_refused_with_the_nearest_one_that_can(
    desk: PolicedClient, clinic: Clinic, admin: UUID, database: Database
) -> None:
    answer = desk.submit(desk.get(clinic.path("staff/look")), GOOD | {"colour": "#ffd24d"}, button="Save")
    assert answer.status == 422
    assert "Take a darker colour." in answer.errors
    assert "#856300" in answer.text
    assert said(database, clinic, admin) == []
    taken = desk.submit(answer, button="Save with these colours")
    assert taken.status == 303
    assert said(database, clinic, admin) == [(1, "Harbour Clinic North", "#856300")]


def test_a_colour_for_dark_pages_has_to_be_light(desk: PolicedClient, clinic: Clinic) -> None:
    answer = desk.submit(desk.get(clinic.path("staff/look")), GOOD | {"dark": "#5b2a86"}, button="Save")
    assert answer.status == 422
    assert "Take a lighter colour." in answer.errors
    assert desk.submit(answer, button="Save with these colours").status == 303


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"colour": "red"}, "Write a colour as #"),
        ({"colour": ""}, "Write a colour as #"),
        ({"dark": "#12"}, "Write a colour as #"),
        ({"name": " "}, "Write the clinic’s name."),
        ({"name": "x" * 61}, "Write at most 60"),
        ({"corner": "star"}, "Choose"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_written_is_kept(
    desk: PolicedClient, clinic: Clinic, wrong: dict[str, str], words: str
) -> None:
    page = desk.get(clinic.path("staff/look"))
    answer = desk.submit(page, GOOD | wrong, button="Save") if "corner" not in wrong else desk.post(
        clinic.path("staff/look"), data=GOOD | wrong | {"version": "0"}
    )  # fmt: skip
    assert answer.status == 422
    assert words in answer.errors
    assert all(f'value="{value}"' in answer.html for name, value in wrong.items() if value.strip() and name != "corner")


def test_a_name_is_one_line_of_signs_that_can_be_seen(
    desk: PolicedClient, clinic: Clinic, admin: UUID, database: Database
) -> None:
    name = "Klinik\r\nBcc: a@example.org \u202e Nord"
    assert desk.submit(desk.get(clinic.path("staff/look")), GOOD | {"name": name}, button="Save").status == 303
    assert said(database, clinic, admin)[0][1] == "Klinik Bcc: a@example.org Nord"


def test_a_picked_colour_counts_where_the_text_was_left_alone(
    desk: PolicedClient, clinic: Clinic, admin: UUID, database: Database
) -> None:
    page = desk.get(clinic.path("staff/look"))
    desk.submit(page, {"name": "A", "colour-picker": "#5b2a86", "dark-picker": "#b286d9"}, button="Save")
    with database.transaction(who(clinic, admin)) as session:
        row = session.scalars(select(LookVersion)).one()
        assert (row.colour, row.dark) == ("#5b2a86", "#b286d9")
    page = desk.get(clinic.path("staff/look"))
    desk.submit(page, {"name": "A", "colour": "#0b5d66", "colour-picker": "#111111", "dark": ""}, button="Save")
    assert said(database, clinic, admin)[-1] == (2, "A", "#0b5d66")


def test_a_preview_keeps_nothing(desk: PolicedClient, clinic: Clinic, admin: UUID, database: Database) -> None:
    page = desk.submit(desk.get(clinic.path("staff/look")), GOOD, button="Preview")
    assert page.status == 200
    assert "Harbour Clinic North" in page.text and "--brand:#5b2a86" in page.html
    assert said(database, clinic, admin) == []


def test_the_same_form_twice_acts_once(desk: PolicedClient, clinic: Clinic, admin: UUID, database: Database) -> None:
    page = desk.get(clinic.path("staff/look"))
    assert [desk.submit(page, GOOD, button="Save").status for _ in range(2)] == [303, 303]
    assert len(said(database, clinic, admin)) == 1


def test_who_saw_an_older_version_overwrites_nothing(
    desk: PolicedClient, clinic: Clinic, admin: UUID, database: Database
) -> None:
    old = desk.get(clinic.path("staff/look"))
    desk.submit(desk.get(clinic.path("staff/look")), GOOD, button="Save")
    answer = desk.submit(old, GOOD | {"colour": "#0b5d66"}, button="Save")
    assert answer.status == 409
    assert "Somebody else has changed" in answer.errors
    assert len(said(database, clinic, admin)) == 1


def test_of_two_at_the_same_moment_one_is_told(clinic: Clinic, admin: UUID, database: Database, clock: Clock) -> None:
    colours = ["#5b2a86", "#0b5d66"]

    def change(colour: str) -> None:
        with database.transaction(who(clinic, admin)) as session:
            change_look(session, seen=0, look=Look(name="A", colour=colour), now=clock.now)

    answers = at_once(change, colours, told=LookChangedMeanwhile)
    (colour,) = [colour for colour, answer in zip(colours, answers, strict=True) if answer is None]
    with database.transaction(who(clinic, admin)) as session:
        assert session.get_one(Organisation, clinic.id).brand["colour"] == colour


def test_the_operation_itself_refuses_what_cannot_be_read(
    clinic: Clinic, admin: UUID, database: Database, clock: Clock
) -> None:
    with pytest.raises(UnreadableColour), database.transaction(who(clinic, admin)) as session:
        change_look(session, seen=0, look=Look(name="A", colour="#ffd24d"), now=clock.now)


def test_no_version_is_ever_changed(desk: PolicedClient, clinic: Clinic, admin: UUID, database: Database) -> None:
    desk.submit(desk.get(clinic.path("staff/look")), GOOD, button="Save")
    with pytest.raises(DBAPIError), database.transaction(who(clinic, admin)) as session:
        session.execute(update(LookVersion).values(colour="#000000"))
    assert said(database, clinic, admin)[0][2] == "#5b2a86"


def test_a_clinic_that_said_nothing_has_no_style_of_its_own(client: PolicedClient, clinic: Clinic) -> None:
    assert "--corner:" not in client.get(clinic.path()).html.partition("</style>")[2]
