"""Alerts: seen, explained, and told in the menu."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.audit import thresholds
from portal.audit.models import Alert, Leaf
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from tests.factories.audit import make_alert
from tests.factories.identity import staff_member
from tests.factories.patients import make_record
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.workspaces.support import counted


@pytest.fixture
def account(clinic: Clinic, clock: Clock, worker_database: Database) -> UUID:
    return staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ada Min")


@pytest.fixture
def admin(client: PolicedClient, account: UUID) -> PolicedClient:
    return client.sign_in(account)


@pytest.fixture
def doctor(clinic: Clinic, clock: Clock, worker_database: Database) -> UUID:
    return staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, name="Dr. Omar Haddad")


def _menu(admin: PolicedClient, clinic: Clinic) -> str:
    page = admin.get(clinic.path("staff/operations"))
    assert page.tree is not None
    return " ".join(page.tree.css_first("nav.navigation").text(separator=" ").split())


def test_an_alert_is_listed_counted_and_explained(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, doctor: UUID, account: UUID
) -> None:
    patient = make_record(worker_database, clinic, now=clock.now)
    alert = make_alert(worker_database, clinic, person=doctor, patient=patient, now=clock.now, kind="same-surname")
    assert "Alerts 1 " in _menu(admin, clinic)
    page = admin.get(clinic.path("staff/audit/alerts"))
    for words in ("1 alert", "same family name", "Dr. Omar Haddad", "Maria Gomez", "3 looks", "Not looked at yet"):
        assert words in page.text, words
    one = admin.get(clinic.path(f"staff/audit/alerts/{alert}"))
    assert f"person={doctor}" in one.links()["See the entries"]
    assert f"patient={patient}" in one.links()["See the entries"]
    after = admin.submit(one, {"note": "Treats the whole family."}, follow=True)
    assert "Your note is kept" in after.text
    assert "No alert waits" in after.text
    assert "Alerts Clinic" in _menu(admin, clinic)
    seen = admin.get(clinic.path("staff/audit/alerts?show=seen"))
    assert "Ada Min" in seen.text
    assert "Treats the whole family." in seen.text


def test_the_way_to_the_entries_shows_them(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, doctor: UUID
) -> None:
    alert = make_alert(worker_database, clinic, person=doctor, now=clock.now)
    one = admin.get(clinic.path(f"staff/audit/alerts/{alert}"))
    entries = admin.get(one.links()["See the entries"])
    assert entries.status == 200
    assert "Dr. Omar Haddad" in entries.html


@pytest.mark.parametrize("note", ["", "   \n ", "x" * 1001])
def test_without_a_note_it_waits_on(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, doctor: UUID, note: str
) -> None:
    alert = make_alert(worker_database, clinic, person=doctor, now=clock.now)
    one = admin.get(clinic.path(f"staff/audit/alerts/{alert}"))
    back = admin.submit(one, {"note": note})
    assert back.status == 422
    assert back.errors
    assert "Alerts 1 " in _menu(admin, clinic)


def test_the_note_is_sealed_and_who_wrote_it_is_recorded(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, doctor: UUID, account: UUID
) -> None:
    patient = make_record(worker_database, clinic, now=clock.now)
    alert = make_alert(worker_database, clinic, person=doctor, patient=patient, now=clock.now)
    admin.post(clinic.path(f"staff/audit/alerts/{alert}"), {"note": "Treats Maria."})
    with worker_database.transaction(clinic.system("audit-watch")) as session:
        row = session.scalars(select(Alert)).one()
        assert b"Maria" not in (row.note_sealed or b"")
        assert (row.note, row.seen_by, row.seen_at) == ("Treats Maria.", account, clock.now)
    with worker_database.transaction(clinic.system("audit")) as session:
        wanted = select(Leaf).where(Leaf.user_id == account, Leaf.action == "write")
        written = [(leaf.patient_id, leaf.resources) for leaf in session.scalars(wanted)]
        assert written == [(patient, [f"Alert/{alert}"])]


def test_a_further_note_is_the_last_word(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, doctor: UUID
) -> None:
    alert = make_alert(worker_database, clinic, person=doctor, now=clock.now)
    path = clinic.path(f"staff/audit/alerts/{alert}")
    for note in ("First.", "Second."):
        page = admin.get(path)
        admin.submit(page, {"note": note})
    assert "Second." in admin.get(path).html
    assert "First." not in admin.get(path).html


def test_a_long_list_has_pages(
    admin: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, doctor: UUID
) -> None:
    for number in range(30):
        patient = make_record(worker_database, clinic, now=clock.now, given_name=f"Ana {number}")
        last = clock.now - timedelta(minutes=number % 3)
        make_alert(
            worker_database, clinic, person=doctor, patient=patient, now=clock.now, last_at=last, kind="own-record"
        )
    with counted(worker_database):
        page = admin.get(clinic.path("staff/audit/alerts"))
    older = admin.get(page.links()["Next page"])
    assert "30 alerts" in older.text
    assert older.links()["First page"] == clinic.path("staff/audit/alerts?show=open")
    names = {f"Ana {number} Gomez" for number in range(30)}
    shown = [{name for name in names if name in one.text} for one in (page, older)]
    assert shown[0] | shown[1] == names
    assert not shown[0] & shown[1]


def test_the_list_asks_the_database_little(
    admin: PolicedClient, clinic: Clinic, clock: Clock, database: Database, worker_database: Database, doctor: UUID
) -> None:
    for number in range(5):
        patient = make_record(worker_database, clinic, now=clock.now, given_name=f"Ana {number}")
        make_alert(worker_database, clinic, person=doctor, patient=patient, now=clock.now)
    with counted(database) as seen:
        admin.get(clinic.path("staff/audit/alerts"))
    assert len(seen) <= 9, "\n".join(seen)


def test_what_is_unusual_is_the_clinics_to_say(admin: PolicedClient, clinic: Clinic, worker_database: Database) -> None:
    path = clinic.path("staff/audit/alerts/settings")
    page = admin.get(path)
    assert 'value="100"' in page.html
    after = admin.submit(page, {"mass_patients": "30", "night_from": "20", "same_surname": ""}, follow=True)
    assert "Saved." in after.text
    with worker_database.transaction(clinic.system("audit-watch")) as session:
        says = thresholds(session)
    assert (says.mass_patients, says.mass_minutes, says.night_from, says.night_until) == (30, 60, 20, 6)
    assert says.mass_reads
    assert 'value="30"' in admin.get(path).html


@pytest.mark.parametrize(
    "values", [{"mass_patients": "1"}, {"mass_patients": "many"}, {"mass_minutes": "0"}, {"night_until": "22"}]
)
def test_a_wrong_setting_comes_back(admin: PolicedClient, clinic: Clinic, values: dict[str, str]) -> None:
    page = admin.get(clinic.path("staff/audit/alerts/settings"))
    back = admin.submit(page, values)
    assert back.status == 422
    assert back.errors
    for name, value in values.items():
        assert name in back.html
        assert f'value="{value}"' in back.html


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN])
def test_those_who_are_watched_see_no_alert(
    client: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database, role: Role, doctor: UUID
) -> None:
    alert = make_alert(worker_database, clinic, person=doctor, now=clock.now)
    client.sign_in(staff_member(worker_database, clinic, role, now=clock.now))
    for path in ("", f"/{alert}", "/settings"):
        assert client.get(clinic.path(f"staff/audit/alerts{path}")).status == 403
        if path:
            assert client.post(clinic.path(f"staff/audit/alerts{path}"), {"note": "x"}).status == 403


def test_another_clinics_alert_is_not_there(
    admin: PolicedClient, clinic: Clinic, other_clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    foreign = make_alert(worker_database, other_clinic, person=new_id(), now=clock.now)
    assert admin.get(clinic.path(f"staff/audit/alerts/{foreign}")).status == 404
    assert admin.post(clinic.path(f"staff/audit/alerts/{foreign}"), {"note": "x"}).status == 404
    assert "0 alerts" in admin.get(clinic.path("staff/audit/alerts?show=all")).text
