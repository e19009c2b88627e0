"""Searches with hundreds of hits: what is counted, what is said, and how far one can page."""

from datetime import date

import pytest

from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import search_patients
from portal.patients.models import Patient
from portal.patients.queries import COUNTED, PAGE
from tests.factories.identity import staff_member
from tests.factories.patients import make_record
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


def desk(clinic: Clinic) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=new_id(), roles=[Role.FRONT_DESK]).acting(purpose="administration")


def many(worker_database: Database, clinic: Clinic, clock: Clock, *, count: int) -> None:
    """So many people of one family."""
    with worker_database.transaction(clinic.system("demo")) as session:
        session.add_all(
            Patient(
                given_name=f"Ann {number:03}",
                family_name="Okafor",
                given_key=f"ann {number:03}",
                family_key="okafor",
                birth_date=date(1980, 2, 29),
                language="en",
                zone="America/New_York",
                jurisdiction="US-MA",
                origin="desk",
                created_at=clock.now,
            )
            for number in range(count)
        )


NAMES = [
    ("Ana", "Garcia"), ("Garcia", "Ana"), ("Ana", "Anaya"), ("Ana Maria", "Gar"), ("Gara", "Garland"), ("Bo", "Ana"),
    ("Olga", "Lima Garcia"), ("Zoe", "Garcia"), ("Zoe", "Zar"),
]  # fmt: skip


@pytest.mark.parametrize("text", ["ana", "gar", "ana gar", "gar ana", "ana ana", "gar gar", "zoe", "a", "ana gar z"])
def test_each_word_begins_one_of_the_names_and_everybody_comes_once_and_in_order(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock, text: str
) -> None:
    for given_name, family_name in NAMES:
        make_record(worker_database, clinic, now=clock.now, given_name=given_name, family_name=family_name)
    expected = sorted(
        (family, given)
        for given, family in NAMES
        if all(family.lower().startswith(word) or given.lower().startswith(word) for word in text.split())
    )
    with database.transaction(desk(clinic)) as session:
        found = [search_patients(session, text=text, limit=2, offset=offset) for offset in range(0, 10, 2)]
        everybody = [(one.family_name, one.given_name) for page in found for one in page.patients]
        assert everybody == expected
        assert {page.total for page in found[1:]} == {len(expected)}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["More than 500 patients", "To find one person, write both names", "1 to 25 of more than 500"]),
        ("es", ["Más de 500 pacientes", "escriba el nombre y el apellido", "1 a 25 de más de 500"]),
        ("ar", ["أكثر من", "للعثور على شخص معيّن", "والمجموع أكثر من"]),
    ],
)
def test_thousands_of_hits_are_not_counted_and_the_desk_is_told_how_to_find_one(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, language: str, words: list[str]
) -> None:
    many(worker_database, clinic, clock, count=COUNTED + 1)
    client.sign_in(staff_member(worker_database, clinic, now=clock.now))
    client.get(clinic.path(f"?lang={language}"), follow=True)
    page = client.get(clinic.path("staff/patients"))
    for text in words:
        assert text in page.text


def test_exactly_as_many_as_are_counted_is_a_number(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    many(worker_database, clinic, clock, count=COUNTED)
    with database.transaction(desk(clinic)) as session:
        last = search_patients(session, text="oka", offset=COUNTED - PAGE)
        assert (last.total, last.is_more, last.has_next, len(last.patients)) == (COUNTED, False, False, PAGE)


def test_who_comes_after_the_counted_can_still_be_paged_to(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    many(worker_database, clinic, clock, count=COUNTED + 1)
    with database.transaction(desk(clinic)) as session:
        before = search_patients(session, text="oka", offset=COUNTED - PAGE)
        assert (before.total, before.is_more, before.has_next) == (COUNTED, True, True)
        (last,) = search_patients(session, text="oka", offset=COUNTED).patients
        assert last.given_name == f"Ann {COUNTED:03}"


ASIAN = [("小明", "王", "zh"), ("王明", "王", "zh"), ("雪", "歐陽", "zh"), ("민수", "김", "en"), ("小", "王小", "zh")]


@pytest.mark.parametrize("given_name, family_name, language", ASIAN)
def test_a_name_without_a_space_is_found_as_it_is_shown_and_by_its_beginning(
    database: Database,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    given_name: str,
    family_name: str,
    language: str,
) -> None:
    for given, family, reads in ASIAN:
        make_record(worker_database, clinic, now=clock.now, given_name=given, family_name=family, language=reads)
    with database.transaction(desk(clinic)) as session:
        for text in (family_name + given_name, family_name + given_name[:1], family_name, given_name):
            found = [one.display_name for one in search_patients(session, text=text).patients]
            assert found.count(family_name + given_name) == 1
            assert len(found) == len(set(found))


def test_a_part_that_begins_like_the_whole_name_is_found_once(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    make_record(worker_database, clinic, now=clock.now, given_name="王王", family_name="王", language="zh")
    with database.transaction(desk(clinic)) as session:
        for text in ("王", "王王", "王王王"):
            assert search_patients(session, text=text).total == 1


def test_a_vietnamese_name_is_found_as_it_is_shown(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    make_record(worker_database, clinic, now=clock.now, given_name="Minh", family_name="Nguyễn", language="vi")
    with database.transaction(desk(clinic)) as session:
        (person,) = search_patients(session, text="nguyen minh").patients
        assert person.display_name == "Nguyễn Minh"
        assert search_patients(session, text=person.display_name).total == 1
