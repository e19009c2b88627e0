"""Who saw what: the investigator's screen."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from portal.audit.models import Leaf
from portal.kernel.clock import utc_now
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.audit.conftest import leaf_of
from tests.factories.identity import staff_member
from tests.factories.patients import make_patient, make_record
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.workspaces.support import counted


@pytest.fixture
def admin(client: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database) -> PolicedClient:
    account = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ada Min")
    return client.sign_in(account)


@pytest.fixture
def doctor(clinic: Clinic, clock: Clock, worker_database: Database) -> UUID:
    return staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Dr. Omar Haddad")


def _record(web: Database, clinic: Clinic, count: int = 1, **values: object) -> None:
    leaves = [leaf_of(clinic, at=utc_now()) | values for _ in range(count)]
    with web.transaction(clinic.system("tests")) as session:
        session.execute(insert(Leaf), leaves)


def _see(admin: PolicedClient, clinic: Clinic, **asked: object) -> Page:
    return admin.get(clinic.path("staff/audit?" + urlencode(asked)))


def test_an_entry_says_who_did_what_to_whom_why_and_from_where(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database, doctor: UUID
) -> None:
    patient = make_record(worker_database, clinic, now=clock.now)
    _record(database, clinic, user_id=doctor, patient_id=patient, grant_basis="care-team", purpose="care")
    page = _see(admin, clinic, person=doctor)
    assert "1 entry" in page.text
    for words in (
        "Dr. Omar Haddad",
        "Clinician",
        "Read: Notes",
        "Maria Gomez",
        "Care",
        "treats the patient",
        "192.0.2.7",
    ):
        assert words in page.text, words


def test_the_patient_who_looked_has_a_name_too(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database
) -> None:
    account, patient = make_patient(worker_database, clinic, now=clock.now)
    _record(database, clinic, user_id=account, patient_id=patient, roles=["patient"], purpose="home")
    page = _see(admin, clinic, person=account)
    assert page.text.count("Maria Gomez") >= 2
    assert '" selected>Maria Gomez' in page.html


def test_each_part_of_the_filter_narrows_what_is_shown(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database, doctor: UUID
) -> None:
    patient = make_record(worker_database, clinic, now=clock.now)
    last_year = utc_now() - timedelta(days=400)
    _record(database, clinic, 2, user_id=doctor, patient_id=patient)
    _record(database, clinic, 3, user_id=doctor, purpose="board")
    _record(database, clinic, 4, user_id=doctor, action="denied", patient_id=None)
    _record(database, clinic, 5, user_id=doctor, at=last_year)
    day = last_year.date().isoformat()
    shown = {
        "14 entries": {},
        "2 entries": {"patient": patient},
        "3 entries": {"purpose": "board"},
        "4 entries": {"action": "denied"},
        "5 entries": {"first": (last_year - timedelta(days=2)).date(), "last": last_year.date() + timedelta(days=2)},
    }
    for words, asked in shown.items():
        assert words in _see(admin, clinic, person=doctor, **asked).text, asked
    assert "No entry found" in _see(admin, clinic, person=doctor, purpose="payment").text
    assert day not in _see(admin, clinic, person=doctor).text


def test_a_day_is_the_clinics_own(admin: PolicedClient, clinic: Clinic, database: Database, doctor: UUID) -> None:
    just_before_midnight = utc_now().replace(year=2026, month=3, day=11, hour=3, minute=59)  # 23:59 in New York
    _record(database, clinic, user_id=doctor, at=just_before_midnight)
    assert "1 entry" in _see(admin, clinic, person=doctor, first="2026-03-10", last="2026-03-10").text
    assert "0 entries" in _see(admin, clinic, person=doctor, first="2026-03-11", last="2026-03-11").text


def test_pages_follow_each_other_without_gap_or_repetition(
    admin: PolicedClient, clinic: Clinic, database: Database, doctor: UUID
) -> None:
    at = utc_now() - timedelta(minutes=1)  # one instant: the order is that of the ids then
    for number in range(60):
        _record(database, clinic, user_id=doctor, at=at, address=f"198.51.100.{number}")
    page, seen, count = _see(admin, clinic, person=doctor), [], 0
    while True:
        count += 1
        seen += [word for word in page.text.split() if word.startswith("198.51.100.")]
        older = page.links().get("Older entries")
        if older is None:
            break
        _record(database, clinic, user_id=doctor)  # what comes in the meantime moves nothing
        page = admin.get(older)
    assert count == 3
    assert sorted(seen) == sorted(f"198.51.100.{number}" for number in range(60))
    assert "62 entries" in page.text


def test_many_entries_are_not_counted_to_the_end(
    admin: PolicedClient, clinic: Clinic, database: Database, doctor: UUID
) -> None:
    _record(database, clinic, 1_001, user_id=doctor)
    assert "More than 1,000 entries" in _see(admin, clinic, person=doctor).text


def test_looking_is_recorded_and_does_not_fill_what_it_shows(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database, doctor: UUID
) -> None:
    patient = make_record(worker_database, clinic, now=clock.now)
    _record(database, clinic, user_id=doctor, patient_id=patient)
    before = len(_looks(worker_database, clinic))
    _see(admin, clinic)
    _see(admin, clinic, patient=patient)
    looks = _looks(worker_database, clinic)[before:]
    assert {(leaf.purpose, leaf.permission) for leaf in looks} == {("audit", "audit:investigate")}
    assert [(leaf.patient_id, leaf.resources) for leaf in looks if "Leaf" in leaf.resources] == [
        (None, ["Leaf"]),
        (patient, ["Leaf", "Patient"]),
    ]
    assert "audit:investigate" not in _see(admin, clinic).text
    assert "audit:investigate" in _see(admin, clinic, purpose="audit").text


def _looks(worker: Database, clinic: Clinic) -> list[Leaf]:
    with worker.transaction(clinic.system("audit")) as session:
        return list(session.scalars(select(Leaf).where(Leaf.purpose == "audit").order_by(Leaf.id)))


def test_a_patient_is_searched_for_without_a_name_in_an_address(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database, doctor: UUID
) -> None:
    patient = make_record(worker_database, clinic, now=clock.now)
    _record(database, clinic, user_id=doctor, patient_id=patient)
    page = _see(admin, clinic, person=doctor)
    search = admin.get(page.links()["Choose a patient"])
    hits = admin.submit(search, {"q": "gomez"})
    assert "gomez" not in hits.links()["Maria Gomez"].casefold()
    record = admin.get(hits.links()["Maria Gomez"])
    assert "Only what concerns Maria Gomez." in record.text
    assert "Dr. Omar Haddad" in record.text
    assert "No patient found" in admin.submit(search, {"q": "nobody at all"}).text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"first": "yesterday"}, "year-month-day"),
        ({"last": "2026-02-30"}, "year-month-day"),
        ({"first": "2026-03-02", "last": "2026-03-01"}, "before the first"),
    ],
)
def test_a_day_that_is_none_is_told_and_comes_back(
    admin: PolicedClient, clinic: Clinic, asked: dict[str, str], words: str
) -> None:
    page = _see(admin, clinic, **asked)
    assert page.status == 422
    assert words in page.errors
    for text in asked.values():
        assert f'value="{text[:10]}"' in page.html


def test_what_is_no_filter_is_passed_over(admin: PolicedClient, clinic: Clinic) -> None:
    assert _see(admin, clinic, person="x", purpose="<b>", action="'", after="1").status == 200


def test_another_clinics_entries_and_people_are_not_there(
    admin: PolicedClient,
    clinic: Clinic,
    other_clinic: Clinic,
    clock: Clock,
    database: Database,
    worker_database: Database,
) -> None:
    stranger = staff_member(worker_database, other_clinic, Role.CLINICIAN, now=clock.now, name="Dr. Else Where")
    foreign = make_record(worker_database, other_clinic, now=clock.now)
    _record(database, other_clinic, user_id=stranger, patient_id=foreign)
    page = _see(admin, clinic, person=stranger)
    assert "0 entries" in page.text
    assert "Else Where" not in page.html
    assert _see(admin, clinic, patient=foreign).status == 404


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN])
def test_the_record_is_closed_to_those_whom_it_watches(
    client: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, role: Role
) -> None:
    client.sign_in(staff_member(worker_database, clinic, role, now=clock.now))
    for path in ("staff/audit", "staff/audit/patients"):
        assert client.get(clinic.path(path)).status == 403


def test_a_full_page_asks_the_database_little(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database, doctor: UUID
) -> None:
    for number in range(26):
        account, patient = make_patient(worker_database, clinic, now=clock.now, given_name=f"Ana {number}")
        _record(database, clinic, user_id=doctor if number % 2 else account, patient_id=patient)
    with counted(database) as seen:
        page = _see(admin, clinic)
    assert page.links().get("Older entries")
    # The page's own leaves are one statement more.
    assert len(seen) <= 13, "\n".join(seen)


def test_the_menu_leads_there(admin: PolicedClient, clinic: Clinic) -> None:
    page = admin.get(clinic.path("staff/operations"))
    assert clinic.path("staff/audit") in page.html
